import { clampPoint, type ImagePx, type ImageRect, type ImageSize, imagePx, rectBetween } from "../coordinates.ts";
import { type BoxState, SMALLEST_SIDE, sameRect } from "./state.ts";

/** The handle in hand: -1 the left or top edge, 1 the right or bottom one, 0 neither. */
export interface Handle {
  dx: -1 | 0 | 1;
  dy: -1 | 0 | 1;
}

export const HANDLES: readonly Handle[] = [
  { dx: -1, dy: -1 },
  { dx: 0, dy: -1 },
  { dx: 1, dy: -1 },
  { dx: 1, dy: 0 },
  { dx: 1, dy: 1 },
  { dx: 0, dy: 1 },
  { dx: -1, dy: 1 },
  { dx: -1, dy: 0 },
];

/** The opposite corner or edge stays; pulling a handle over it turns the box round. */
export function resizing(size: ImageSize, id: string, mark: ImageRect, handle: Handle, to?: ImagePx): BoxState {
  const rect = to ? pulled(mark, handle, clampPoint(size, to)) : mark;
  const draft = { id, rect };
  const isBox = rect.width >= SMALLEST_SIDE && rect.height >= SMALLEST_SIDE;
  return {
    name: "resizing",
    draft,
    move: (point) => resizing(size, id, mark, handle, point),
    complete: () => (!isBox || sameRect(rect, mark) ? null : draft),
  };
}

function pulled(mark: ImageRect, { dx, dy }: Handle, to: ImagePx): ImageRect {
  const fixed = imagePx(dx === -1 ? mark.x + mark.width : mark.x, dy === -1 ? mark.y + mark.height : mark.y);
  const free = imagePx(dx === 0 ? mark.x + mark.width : to.x, dy === 0 ? mark.y + mark.height : to.y);
  return rectBetween(fixed, free);
}
