import { type ImagePx, type ImageRect, type ImageSize, moveRect } from "../coordinates.ts";
import { type BoxState, sameRect } from "./state.ts";

/** A box under the pointer, shifted as the pointer was since `from`; it stops at the edge of the picture. */
export function moving(size: ImageSize, id: string, mark: ImageRect, from: ImagePx, to: ImagePx = from): BoxState {
  const draft = { id, rect: moveRect(size, mark, to.x - from.x, to.y - from.y) };
  return {
    name: "moving",
    draft,
    move: (point) => moving(size, id, mark, from, point),
    complete: () => (sameRect(draft.rect, mark) ? null : draft),
  };
}
