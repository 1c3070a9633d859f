import { type ImageRect, type ImageSize, moveRect } from "../coordinates.ts";
import { type BoxState, SMALLEST_SIDE, sameRect } from "./state.ts";

/** A box that the keyboard moves and resizes: a new one from the middle (id null), or the selected one. */
export interface KeyboardState extends BoxState {
  readonly name: "keyboard";
  nudge(dx: number, dy: number): KeyboardState;
  /** The top left corner stays. */
  grow(dwidth: number, dheight: number): KeyboardState;
}

/** A quarter of the picture, in its middle. */
export function keyboardStart({ columns, rows }: ImageSize): ImageRect {
  const width = Math.max(SMALLEST_SIDE, Math.round(columns / 4));
  const height = Math.max(SMALLEST_SIDE, Math.round(rows / 4));
  return { x: Math.round((columns - width) / 2), y: Math.round((rows - height) / 2), width, height };
}

/** mark: where the box was on entering; null for a new one, which is kept even where it started. */
export function keyboard(size: ImageSize, id: string | null, mark: ImageRect | null, rect: ImageRect): KeyboardState {
  const draft = { id, rect };
  const next = (to: ImageRect) => keyboard(size, id, mark, to);
  const state: KeyboardState = {
    name: "keyboard",
    draft,
    move: () => state, // the pointer has no say here
    complete: () => (mark && sameRect(mark, rect) ? null : draft),
    nudge: (dx, dy) => next(moveRect(size, rect, dx, dy)),
    grow: (dwidth, dheight) =>
      next({
        ...rect,
        width: Math.min(size.columns - rect.x, Math.max(SMALLEST_SIDE, rect.width + dwidth)),
        height: Math.min(size.rows - rect.y, Math.max(SMALLEST_SIDE, rect.height + dheight)),
      }),
  };
  return state;
}

export const isKeyboard = (state: BoxState): state is KeyboardState => state.name === "keyboard";
