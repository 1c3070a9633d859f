// The box tool: a small state chart. It knows image pixels and nothing of the page, Cornerstone3D or the studio.
//
//   idle → drawing (pointer down on the picture) → idle
//   idle → moving (on a box), resizing (on a handle) → idle
//   idle → keyboard (B, or an arrow on the selected box) → idle
//
// Exactly one draft exists at a time. Starting something else completes what is going on, so nothing is lost; Escape cancels it.
import { createStore } from "zustand/vanilla";
import type { ImagePx, ImageRect, ImageSize } from "../coordinates.ts";
import { drawing } from "./drawing.ts";
import { idle } from "./idle.ts";
import { isKeyboard, keyboard, keyboardStart } from "./keyboard.ts";
import { moving } from "./moving.ts";
import { type Handle, resizing } from "./resizing.ts";
import type { BoxState, Draft } from "./state.ts";

export interface BoxToolHost {
  imageSize(): ImageSize;
  rectOf(id: string): ImageRect | null;
  /** Keeps a rectangle; returns the id by which the box is known. */
  save(draft: Draft): string;
  remove(id: string): void;
}

export interface BoxToolSnapshot {
  state: BoxState;
  selected: string | null;
}

/** A key press moves or resizes by this part of the longer side, at least one pixel. */
const KEY_STEP = 1 / 100;

export class BoxTool {
  readonly store = createStore<BoxToolSnapshot>(() => ({ state: idle, selected: null }));
  private readonly host: BoxToolHost;

  constructor(host: BoxToolHost) {
    this.host = host;
  }

  get state(): BoxState {
    return this.store.getState().state;
  }

  get selected(): string | null {
    return this.store.getState().selected;
  }

  select(id: string | null): void {
    this.complete();
    this.store.setState({ selected: id });
  }

  startDrawing(point: ImagePx): void {
    this.select(null);
    this.enter(drawing(this.host.imageSize(), point));
  }

  startMoving(id: string, point: ImagePx): void {
    this.select(id);
    const mark = this.host.rectOf(id);
    if (mark) this.enter(moving(this.host.imageSize(), id, mark, point));
  }

  startResizing(id: string, handle: Handle): void {
    this.select(id);
    const mark = this.host.rectOf(id);
    if (mark) this.enter(resizing(this.host.imageSize(), id, mark, handle));
  }

  /** A new box in the middle, for the keyboard. */
  startKeyboard(): void {
    this.select(null);
    const size = this.host.imageSize();
    this.enter(keyboard(size, null, null, keyboardStart(size)));
  }

  /** dx, dy: steps to the right and down. */
  nudge(dx: number, dy: number): void {
    this.withKeyboard((state, step) => state.nudge(dx * step, dy * step));
  }

  grow(dwidth: number, dheight: number): void {
    this.withKeyboard((state, step) => state.grow(dwidth * step, dheight * step));
  }

  pointerMove(point: ImagePx): void {
    if (this.state !== idle) this.enter(this.state.move(point));
  }

  /** Keeps what the present state has to keep. */
  complete(): void {
    const { state } = this;
    if (state === idle) return;
    this.enter(idle);
    const draft = state.complete();
    if (draft) this.store.setState({ selected: this.host.save(draft) });
  }

  /** The keys of a selected box were let go: what they did becomes one change. A new box waits for Enter. */
  keysReleased(): void {
    if (isKeyboard(this.state) && this.state.draft?.id !== null) this.complete();
  }

  /** Back to the mark; a second time deselects. */
  cancel(): void {
    if (this.state !== idle) this.enter(idle);
    else this.store.setState({ selected: null });
  }

  removeSelected(): void {
    const { selected } = this;
    if (selected === null) return;
    this.enter(idle);
    this.store.setState({ selected: null });
    this.host.remove(selected);
  }

  private withKeyboard(change: (state: ReturnType<typeof keyboard>, step: number) => BoxState): void {
    const size = this.host.imageSize();
    const step = Math.max(1, Math.round(Math.max(size.columns, size.rows) * KEY_STEP));
    if (!isKeyboard(this.state)) {
      const { selected } = this;
      const mark = selected === null ? null : this.host.rectOf(selected);
      if (!mark) return;
      this.complete();
      this.enter(keyboard(size, selected, mark, mark));
    }
    if (isKeyboard(this.state)) this.enter(change(this.state, step));
  }

  private enter(state: BoxState): void {
    this.store.setState({ state });
  }
}
