// What the command "Fill the slices between" asks for: the selected shape and its track, else masks of the class that is drawn.
import type { Studio } from "../../../preload/contract/index.ts";
import type { InSight } from "./useTools.ts";

/** null where nothing may be drawn now. */
export function fillInput(
  { imageId, frame, layer, drawClass, inSight }: InSight,
  selected: string | null,
): Parameters<Studio["labels"]["interpolate"]>[0] | null {
  if (!inSight) return null;
  if (selected !== null) return { layer, imageId, frame, of: { shapeId: selected } };
  return drawClass && { layer, imageId, frame, of: { classId: drawClass.id } };
}
