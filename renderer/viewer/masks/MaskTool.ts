// Painting masks: a stroke, a seed, an outline or a box changes the bitmap at once and becomes one change when it ends.
//
// It knows image pixels and nothing of the page or the studio. There is one mask for each class on each frame; painting goes on
// with that mask, or begins one. Listeners hear which rectangle changed, so that a stroke draws only what it touches.
import type { MaskGeometry } from "../../../preload/contract/index.ts";
import type { ImagePx, ImageRect, ImageSize } from "../coordinates.ts";
import { Bitmap, NOTHING, type Touched } from "./bitmap.ts";
import { maskAt, maskInBox } from "./random-walker.ts";

export const MASK_TOOLS = ["brush", "eraser", "grow", "fill", "scissors", "smart"] as const;
export type MaskToolKind = (typeof MASK_TOOLS)[number];

export interface BrushSettings {
  /** diameter in image pixels */
  readonly size: number;
  /** the brush paints only values like the one where the stroke began; growing takes values this near: modality values, null: all */
  readonly tolerance: number | null;
}

export interface MaskToolHost {
  imageSize(): ImageSize;
  /** the mask that is painted on, or null where there is none yet */
  current(): MaskGeometry | null;
  settings(): BrushSettings;
  /** modality values of the frame in sight, row by row; null for colour */
  values(): ((index: number) => number) | null;
  /** null: nothing is left of the mask */
  save(mask: MaskGeometry | null): void;
}

/** null: painting ended, the kept mask holds again */
export type MaskToolListener = (bitmap: Bitmap | null, touched: Touched) => void;

interface Stroke {
  readonly kind: MaskToolKind;
  readonly bitmap: Bitmap;
  readonly before: Bitmap;
  readonly trail: ImagePx[];
  readonly allows: ((index: number) => boolean) | undefined;
}

/** A click with the smart tool looks this far around, as part of the longer side. */
const SMART_REACH = 1 / 6;
/** A drag of fewer image pixels is a click. */
const CLICK = 3;

export class MaskTool {
  private readonly host: MaskToolHost;
  private readonly listeners = new Set<MaskToolListener>();
  private stroke: Stroke | null = null;

  constructor(host: MaskToolHost) {
    this.host = host;
  }

  get isIdle(): boolean {
    return this.stroke === null;
  }

  /** The outline or box in hand, for the page to draw; null for brushes. */
  get outline(): readonly ImagePx[] | null {
    const { stroke } = this;
    if (stroke === null || stroke.kind === "brush" || stroke.kind === "eraser") return null;
    if (stroke.kind !== "smart") return [...stroke.trail];
    const [a, b] = [stroke.trail[0], stroke.trail[stroke.trail.length - 1]];
    return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  }

  subscribe(listener: MaskToolListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  press(kind: MaskToolKind, point: ImagePx): void {
    this.complete();
    const current = this.host.current();
    const before = current ? Bitmap.of(current) : new Bitmap(this.host.imageSize());
    const bitmap = new Bitmap(before, before.pixels.slice());
    this.stroke = { kind, bitmap, before, trail: [point], allows: this.allowed(kind, point) };
    if (kind === "brush" || kind === "eraser") this.paint(point, point);
    else if (kind === "grow") this.grow(point);
    else if (kind === "fill") this.tell(bitmap.fillHole(point));
    else this.tell(NOTHING);
  }

  move(point: ImagePx): void {
    const { stroke } = this;
    if (stroke === null) return;
    const last = stroke.trail[stroke.trail.length - 1];
    stroke.trail.push(point);
    if (stroke.kind === "brush" || stroke.kind === "eraser") this.paint(last, point);
    else if (stroke.kind === "scissors" || stroke.kind === "smart") this.tell(NOTHING);
  }

  /** Ends a stroke and keeps what it did. `add`: scissors fill instead of cutting. */
  release(options?: { add?: boolean }): void {
    const { stroke } = this;
    if (stroke === null) return;
    if (stroke.kind === "scissors" && stroke.trail.length >= 3) {
      const points = stroke.trail.flatMap(({ x, y }) => [x, y]);
      stroke.bitmap.fillPolygon(points, options?.add ? 1 : 0);
    } else if (stroke.kind === "smart") {
      this.smart(stroke);
    }
    this.complete();
  }

  complete(): void {
    const { stroke } = this;
    if (stroke === null) return;
    this.stroke = null;
    const { bitmap, before } = stroke;
    const changed = bitmap.pixels.some((pixel, index) => pixel !== before.pixels[index]);
    if (changed) this.host.save(bitmap.isEmpty ? null : bitmap.geometry());
    for (const listener of this.listeners) listener(null, NOTHING);
  }

  /** Nothing of the stroke is kept. */
  cancel(): void {
    if (this.stroke === null) return;
    this.stroke = null;
    for (const listener of this.listeners) listener(null, NOTHING);
  }

  private paint(from: ImagePx, to: ImagePx): void {
    const { stroke } = this;
    if (stroke === null) return;
    const value = stroke.kind === "eraser" ? 0 : 1;
    this.tell(stroke.bitmap.stroke(from, to, this.host.settings().size / 2, value, stroke.allows));
  }

  private grow(point: ImagePx): void {
    const { stroke } = this;
    const { columns } = this.host.imageSize();
    const values = this.host.values();
    if (stroke === null || values === null) return;
    const start = values(Math.floor(point.y) * columns + Math.floor(point.x));
    const within = this.host.settings().tolerance ?? 0;
    this.tell(stroke.bitmap.grow(point, (index) => Math.abs(values(index) - start) <= within));
  }

  private smart({ bitmap, trail }: Stroke): void {
    const size = this.host.imageSize();
    const of = this.host.values();
    if (of === null) return;
    const values = Float64Array.from({ length: size.rows * size.columns }, (_, index) => of(index));
    const [from, to] = [trail[0], trail[trail.length - 1]];
    const box: ImageRect = {
      x: Math.min(from.x, to.x),
      y: Math.min(from.y, to.y),
      width: Math.abs(to.x - from.x),
      height: Math.abs(to.y - from.y),
    };
    const isClick = box.width < CLICK || box.height < CLICK;
    const reach = Math.max(size.columns, size.rows) * SMART_REACH;
    const found = isClick ? maskAt(values, size, from, reach) : maskInBox(values, size, box);
    found.pixels.forEach((pixel, index) => {
      if (pixel === 1) bitmap.pixels[index] = 1;
    });
  }

  /** A brush with a tolerance keeps to values like the one where it was put down. */
  private allowed(kind: MaskToolKind, point: ImagePx): ((index: number) => boolean) | undefined {
    const { tolerance } = this.host.settings();
    const values = this.host.values();
    if (kind !== "brush" || tolerance === null || values === null) return undefined;
    const { columns } = this.host.imageSize();
    const start = values(Math.floor(point.y) * columns + Math.floor(point.x));
    return (index) => Math.abs(values(index) - start) <= tolerance;
  }

  private tell(touched: Touched): void {
    const { stroke } = this;
    if (stroke === null) return;
    for (const listener of this.listeners) listener(stroke.bitmap, touched);
  }
}
