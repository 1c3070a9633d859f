// What every state of the box tool is: it was entered with a mark, moves, and ends by complete or cancel.
//
// complete says what is to be kept; cancel gives back the mark taken on entering, so nothing is kept. States never change:
// move returns the next one.
import type { ImagePx, ImageRect } from "../coordinates.ts";

/** A rectangle that is on the screen but not kept yet. id null: a new box. */
export interface Draft {
  id: string | null;
  rect: ImageRect;
}

export interface BoxState {
  readonly name: "idle" | "drawing" | "moving" | "resizing" | "keyboard";
  readonly draft: Draft | null;
  move(point: ImagePx): BoxState;
  /** What to keep; null when it came to nothing (a click without a drag, a box put back where it was). */
  complete(): Draft | null;
}

/** Smaller than this on either side is a click, not a box. ImagePx. */
export const SMALLEST_SIDE = 1;

export const sameRect = (a: ImageRect, b: ImageRect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
