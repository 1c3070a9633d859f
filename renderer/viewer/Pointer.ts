// One pointer for all tools that draw, moved by the mouse or by keys: what it does depends on the tool in hand.
//
// With keys: arrows move it, Enter is a click, the space bar holds the button down until it is pressed again. So everything that a
// mouse can draw, a keyboard can too.
import { createStore } from "zustand/vanilla";
import { clampPoint, type ImagePx, type ImageSize, imagePx } from "./coordinates.ts";
import { MASK_TOOLS, type MaskTool, type MaskToolKind } from "./masks/MaskTool.ts";
import type { DrawingKind, ShapeTool } from "./shapes/ShapeTool.ts";

const DRAWING_KINDS: readonly DrawingKind[] = [
  "box",
  "ellipse",
  "polygon",
  "freehand",
  "polyline",
  "point",
  "length",
  "angle",
];

export const isMaskTool = (tool: string): tool is MaskToolKind => MASK_TOOLS.some((kind) => kind === tool);
export const isDrawingTool = (tool: string): tool is DrawingKind => DRAWING_KINDS.some((kind) => kind === tool);

export interface PointerHost {
  tool(): string;
  imageSize(): ImageSize;
  /** something may be drawn: the picture is in sight and there is a class for it */
  mayDraw(): boolean;
  /** the shape under a point, as the overlay draws them */
  shapeAt(point: ImagePx, within: number): string | null;
  /** the handle of the selected shape under a point */
  handleAt(point: ImagePx, within: number): number | null;
}

export interface PointerSnapshot {
  /** where the keys have put it; null: the mouse has it */
  readonly cursor: ImagePx | null;
  readonly held: boolean;
}

export class Pointer {
  readonly store = createStore<PointerSnapshot>(() => ({ cursor: null, held: false }));
  private readonly host: PointerHost;
  private readonly shapes: ShapeTool;
  private readonly masks: MaskTool;
  /** a press of the mouse that belongs to our tools and is not over yet */
  private pressed = false;

  constructor(host: PointerHost, shapes: ShapeTool, masks: MaskTool) {
    this.host = host;
    this.shapes = shapes;
    this.masks = masks;
  }

  /** `within`: how near is near, in image pixels. True where the press belongs to our tools and nobody else may have it. */
  press(point: ImagePx, within: number): boolean {
    const tool = this.host.tool();
    this.store.setState({ cursor: null });
    const handle = this.host.handleAt(point, within);
    const { selected } = this.shapes;
    const placing = this.shapes.state.name === "placing";
    if (handle !== null && selected !== null && !placing) {
      this.shapes.startPulling(selected, handle);
      this.pressed = true;
    } else if (isMaskTool(tool) || isDrawingTool(tool)) {
      this.pressed = this.host.mayDraw();
      if (this.pressed) this.down(tool, point, within);
    } else {
      const under = this.host.shapeAt(point, within);
      if (under !== null) this.shapes.startMoving(under, point);
      else if (selected !== null) this.shapes.select(null);
      this.pressed = under !== null;
    }
    return this.pressed;
  }

  move(point: ImagePx): void {
    if (this.pressed || this.shapes.state.name === "placing") this.shapes.move(point);
    if (this.pressed) this.masks.move(point);
  }

  /** `add`: Shift was held. */
  release(add: boolean): void {
    if (!this.pressed) return;
    this.pressed = false;
    this.shapes.release();
    this.masks.release({ add });
  }

  /** The keyboard takes the pointer, or gives it back. */
  toggleCursor(): void {
    const { cursor } = this.store.getState();
    this.settle();
    const { columns, rows } = this.host.imageSize();
    this.store.setState({ cursor: cursor ? null : imagePx(columns / 2, rows / 2) });
  }

  get hasCursor(): boolean {
    return this.store.getState().cursor !== null;
  }

  /** dx, dy: steps; `fine` steps are of one pixel. */
  moveCursor(dx: number, dy: number, fine: boolean): void {
    const { cursor, held } = this.store.getState();
    if (!cursor) return;
    const size = this.host.imageSize();
    const step = fine ? 1 : Math.max(1, Math.round(Math.max(size.columns, size.rows) / 50));
    const to = clampPoint(size, imagePx(cursor.x + dx * step, cursor.y + dy * step));
    this.store.setState({ cursor: to });
    if (held || this.shapes.state.name === "placing") this.shapes.move(to);
    if (held) this.masks.move(to);
  }

  /** A click where the keys have put the pointer. */
  click(add: boolean): void {
    const { cursor, held } = this.store.getState();
    if (!cursor) return;
    if (!held) this.hold();
    this.lift(add);
  }

  /** The button goes down, or up again. */
  toggleHold(): void {
    if (this.store.getState().held) this.lift(false);
    else this.hold();
  }

  /** Ends what is going on and keeps it. */
  settle(): void {
    this.pressed = false;
    this.store.setState({ held: false });
    this.masks.complete();
    this.shapes.complete();
  }

  private hold(): void {
    const { cursor } = this.store.getState();
    const tool = this.host.tool();
    if (!cursor || !this.host.mayDraw()) return;
    if (!isMaskTool(tool) && !isDrawingTool(tool)) {
      this.shapes.select(this.host.shapeAt(cursor, 3));
      return;
    }
    this.store.setState({ held: true });
    this.down(tool, cursor, 0.5);
  }

  private lift(add: boolean): void {
    this.store.setState({ held: false });
    this.shapes.release();
    this.masks.release({ add });
  }

  private down(tool: MaskToolKind | DrawingKind, point: ImagePx, within: number): void {
    if (isMaskTool(tool)) {
      // What is painted is what the next command is about, not the shape that was chosen before.
      this.shapes.select(null);
      this.masks.press(tool, point);
    } else this.shapes.press(tool, point, within);
  }
}
