import { clampPoint, type ImagePx, type ImageSize, rectBetween } from "../coordinates.ts";
import { type BoxState, SMALLEST_SIDE } from "./state.ts";

/** A new box between where the pointer went down and where it is. */
export function drawing(size: ImageSize, anchor: ImagePx, current: ImagePx = anchor): BoxState {
  const rect = rectBetween(clampPoint(size, anchor), clampPoint(size, current));
  const isBox = rect.width >= SMALLEST_SIDE && rect.height >= SMALLEST_SIDE;
  const draft = isBox ? { id: null, rect } : null;
  return { name: "drawing", draft, move: (point) => drawing(size, anchor, point), complete: () => draft };
}
