// Drawing and changing shapes: a small state chart. It knows image pixels and nothing of the page, Cornerstone3D or the studio.
//
//   idle → dragging (box, ellipse, freehand: pointer down, move, up) → idle
//   idle → placing (polygon, line, length, angle: a point at each click, Enter or a second click on the last one ends) → idle
//   idle → changing (on a shape or one of its handles, or by keys) → idle
//
// Exactly one draft exists at a time. Starting something else completes what is going on, so nothing is lost; Escape cancels it.
import { createStore } from "zustand/vanilla";
import { clampPoint, type ImagePx, type ImageSize, imagePx } from "../coordinates.ts";
import {
  boundsOf,
  type Drawn,
  type DrawnKind,
  handlesOf,
  moved,
  pulled,
  sameShape,
  simplified,
  spanned,
} from "./geometry.ts";

/** What a reader can draw with; a freehand line becomes a polygon. */
export type DrawingKind = DrawnKind | "freehand";

/** A shape that is on the screen but not kept yet. id null: a new one. */
export interface Draft {
  readonly id: string | null;
  readonly geometry: Drawn;
}

export type ShapeState =
  | { readonly name: "idle"; readonly draft: null }
  | {
      readonly name: "dragging";
      readonly kind: DrawingKind;
      readonly trail: readonly ImagePx[];
      readonly draft: Draft | null;
    }
  | {
      readonly name: "placing";
      readonly kind: "polygon" | "polyline" | "length" | "angle";
      readonly placed: readonly ImagePx[];
      readonly draft: Draft | null;
    }
  | {
      readonly name: "changing";
      /** how the shape was on entering; null for a new one by keys, which is kept even where it started */
      readonly mark: Drawn | null;
      /** the handle in hand, or null for the whole shape */
      readonly handle: number | null;
      readonly from: ImagePx | null;
      readonly draft: Draft;
    };

export interface ShapeToolHost {
  imageSize(): ImageSize;
  geometryOf(id: string): Drawn | null;
  /** Keeps a shape; returns its id. */
  save(draft: Draft): string;
  remove(id: string): void;
}

export interface ShapeToolSnapshot {
  readonly state: ShapeState;
  readonly selected: string | null;
}

const IDLE: ShapeState = { name: "idle", draft: null };
/** A key press moves or resizes by this part of the longer side, at least one pixel. */
const KEY_STEP = 1 / 100;
/** How far a hand-drawn outline may be simplified, in image pixels. */
const FREEHAND_TOLERANCE = 0.5;
/** Points that the kinds with a fixed number of them need. */
const POINTS: Partial<Record<DrawnKind, number>> = { length: 2, angle: 3 };
const LEAST_POINTS = { polygon: 3, polyline: 2, length: 2, angle: 3 } as const;

export class ShapeTool {
  readonly store = createStore<ShapeToolSnapshot>(() => ({ state: IDLE, selected: null }));
  private readonly host: ShapeToolHost;

  constructor(host: ShapeToolHost) {
    this.host = host;
  }

  get state(): ShapeState {
    return this.store.getState().state;
  }

  get selected(): string | null {
    return this.store.getState().selected;
  }

  get isIdle(): boolean {
    return this.state.name === "idle";
  }

  select(id: string | null): void {
    this.complete();
    this.store.setState({ selected: id });
  }

  /** The pointer went down on the picture with a drawing tool. `within`: how near counts as the same place, in image pixels. */
  press(kind: DrawingKind, at: ImagePx, within: number): void {
    const point = clampPoint(this.host.imageSize(), at);
    if (kind === "point") {
      this.select(null);
      this.keep({ id: null, geometry: { kind, x: point.x, y: point.y } });
      return;
    }
    if (kind === "box" || kind === "ellipse" || kind === "freehand") {
      this.select(null);
      this.enter({ name: "dragging", kind, trail: [point], draft: null });
      return;
    }
    const { state } = this;
    if (state.name !== "placing" || state.kind !== kind) {
      this.select(null);
      this.enter({ name: "placing", kind, placed: [point], draft: null });
      return;
    }
    const near = (other: ImagePx | undefined) => other && Math.hypot(other.x - point.x, other.y - point.y) <= within;
    const { placed } = state;
    const closes = kind === "polygon" && placed.length >= 3 && near(placed[0]);
    if (closes || near(placed.at(-1))) {
      this.complete();
      return;
    }
    this.place(state, [...placed, point], null);
    if (POINTS[kind] === placed.length + 1) this.complete();
  }

  /** The pointer moved; with nothing in hand it has no say. */
  move(to: ImagePx): void {
    const { state } = this;
    const size = this.host.imageSize();
    const point = clampPoint(size, to);
    if (state.name === "dragging") {
      const { kind, trail } = state;
      if (kind === "box" || kind === "ellipse") {
        const geometry = spanned(size, kind, trail[0], point);
        this.enter({ ...state, draft: geometry && { id: null, geometry } });
      } else {
        const longer = [...trail, point];
        this.enter({ ...state, trail: longer, draft: outline("polygon", longer) });
      }
    } else if (state.name === "placing") {
      this.place(state, state.placed, point);
    } else if (state.name === "changing" && state.from && state.mark) {
      const { mark, handle, from, draft } = state;
      const geometry =
        handle === null ? moved(size, mark, to.x - from.x, to.y - from.y) : pulled(size, mark, handle, point);
      if (geometry) this.enter({ ...state, draft: { ...draft, geometry } });
    }
  }

  /** The pointer went up: a drag ends. Points that are being placed go on. */
  release(): void {
    if (this.state.name !== "placing") this.complete();
  }

  startMoving(id: string, from: ImagePx): void {
    this.startChanging(id, null, from);
  }

  startPulling(id: string, handle: number): void {
    const mark = this.host.geometryOf(id);
    if (mark) this.startChanging(id, handle, handlesOf(mark)[handle]);
  }

  /** A new box or ellipse in the middle, for the keyboard; it waits for Enter. */
  startByKeys(kind: "box" | "ellipse"): void {
    this.select(null);
    const { columns, rows } = this.host.imageSize();
    const [width, height] = [Math.max(1, Math.round(columns / 4)), Math.max(1, Math.round(rows / 4))];
    const corner = imagePx(Math.round((columns - width) / 2), Math.round((rows - height) / 2));
    const geometry = spanned({ columns, rows }, kind, corner, imagePx(corner.x + width, corner.y + height));
    if (geometry) this.enter({ name: "changing", mark: null, handle: null, from: null, draft: { id: null, geometry } });
  }

  /** Steps to the right and down. */
  nudge(dx: number, dy: number): void {
    this.byKeys((geometry, step) => moved(this.host.imageSize(), geometry, dx * step, dy * step));
  }

  /** Boxes and ellipses grow from their top left corner. */
  grow(dwidth: number, dheight: number): void {
    this.byKeys((geometry, step) => {
      if (geometry.kind !== "box" && geometry.kind !== "ellipse") return geometry;
      const { x, y, width, height } = boundsOf(geometry);
      const size = this.host.imageSize();
      const to = imagePx(x + Math.max(1, width + dwidth * step), y + Math.max(1, height + dheight * step));
      return spanned(size, geometry.kind, imagePx(x, y), to) ?? geometry;
    });
  }

  /** The last point that was placed goes; without one the drawing is over. */
  stepBack(): void {
    const { state } = this;
    if (state.name !== "placing") return;
    if (state.placed.length <= 1) this.enter(IDLE);
    else this.place(state, state.placed.slice(0, -1), null);
  }

  /** Keeps what the present state has to keep. */
  complete(): void {
    const { state } = this;
    if (state.name === "idle") return;
    this.enter(IDLE);
    if (state.name === "placing") {
      const enough = state.placed.length >= LEAST_POINTS[state.kind];
      if (enough) this.keep(outline(state.kind, state.placed));
    } else if (state.name === "dragging" && state.kind === "freehand") {
      const points = simplified(state.trail, FREEHAND_TOLERANCE);
      if (points.length >= 3) this.keep(outline("polygon", points));
    } else if (state.name === "changing") {
      const { mark, draft } = state;
      if (mark === null || !sameShape(mark, draft.geometry)) this.keep(draft);
    } else this.keep(state.draft);
  }

  /** The keys of a selected shape were let go: what they did becomes one change. A new shape waits for Enter. */
  keysReleased(): void {
    const { state } = this;
    if (state.name === "changing" && state.from === null && state.draft.id !== null) this.complete();
  }

  /** Back to how it was; a second time deselects. */
  cancel(): void {
    if (this.isIdle) this.store.setState({ selected: null });
    else this.enter(IDLE);
  }

  removeSelected(): void {
    const { selected } = this;
    if (selected === null) return;
    this.store.setState({ state: IDLE, selected: null });
    this.host.remove(selected);
  }

  private startChanging(id: string, handle: number | null, from: ImagePx): void {
    this.select(id);
    const mark = this.host.geometryOf(id);
    if (mark) this.enter({ name: "changing", mark, handle, from, draft: { id, geometry: mark } });
  }

  private byKeys(change: (geometry: Drawn, step: number) => Drawn): void {
    const { columns, rows } = this.host.imageSize();
    const step = Math.max(1, Math.round(Math.max(columns, rows) * KEY_STEP));
    if (this.state.name !== "changing" || this.state.from !== null) {
      const { selected } = this;
      const mark = selected === null ? null : this.host.geometryOf(selected);
      if (!mark) return;
      this.complete();
      this.enter({ name: "changing", mark, handle: null, from: null, draft: { id: selected, geometry: mark } });
    }
    const { state } = this;
    if (state.name !== "changing") return;
    this.enter({ ...state, draft: { ...state.draft, geometry: change(state.draft.geometry, step) } });
  }

  /** `hover`: where the pointer is; the line follows it. */
  private place(
    state: Extract<ShapeState, { name: "placing" }>,
    placed: readonly ImagePx[],
    hover: ImagePx | null,
  ): void {
    this.enter({ ...state, placed, draft: outline(state.kind, hover ? [...placed, hover] : placed) });
  }

  private keep(draft: Draft | null): void {
    if (draft) this.store.setState({ selected: this.host.save(draft) || null });
  }

  private enter(state: ShapeState): void {
    this.store.setState({ state });
  }
}

/** A draft through points; a polygon or angle that is not one yet is drawn as a line. Null for a single point. */
function outline(kind: "polygon" | "polyline" | "length" | "angle", through: readonly ImagePx[]): Draft | null {
  if (through.length < 2) return null;
  const points = through.flatMap(({ x, y }) => [x, y]);
  return { id: null, geometry: { kind: through.length >= LEAST_POINTS[kind] ? kind : "polyline", points } };
}
