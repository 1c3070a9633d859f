// Where each frame lies in the patient (PS3.3 C.7.6.2, C.7.6.16.2.3 and .4; for dose grids C.8.8.3.2).

import type { FrameGeometry, PixelDescription } from "../../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../../preload/contract/index.ts";
import type { Attributes } from "./attributes.ts";
import { FunctionalGroups } from "./functional-groups.ts";

/** One record for each frame. */
export function readGeometry(attributes: Attributes, pixels: PixelDescription): FrameGeometry[] {
  const groups = new FunctionalGroups(attributes);
  const offsets = attributes.numbers("GridFrameOffsetVector");
  const frameOfReference = attributes.string("FrameOfReferenceUID") || null;
  return Array.from({ length: pixels.frames }, (_, frame) => {
    const given = (length: number, group: string, keyword: string): number[] | null => {
      const numbers = groups.numbers(frame, group, keyword);
      return numbers.length === length ? numbers : null;
    };
    const orientation = given(6, "PlaneOrientationSequence", "ImageOrientationPatient");
    const position = given(3, "PlanePositionSequence", "ImagePositionPatient");
    const [thickness] = groups.numbers(frame, "PixelMeasuresSequence", "SliceThickness");
    return {
      position: frame === 0 || groups.perFrame ? position : shifted(position, orientation, offsets, frame),
      orientation,
      spacing: pixelsOfFrame(pixels, frame).spacing,
      thickness: thickness > 0 ? thickness : null,
      frameOfReference,
    };
  });
}

/** A frame of an object with one position: by its offset along the normal where there is one, else nobody says where. */
function shifted(
  position: number[] | null,
  orientation: number[] | null,
  offsets: readonly number[],
  frame: number,
): number[] | null {
  if (!position || !orientation || offsets[frame] === undefined) return null;
  // Offsets that do not begin with 0 are coordinates of a transverse grid.
  if (offsets[0] !== 0) return [position[0], position[1], offsets[frame]];
  const [a, b, c, d, e, f] = orientation;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  return position.map((coordinate, axis) => coordinate + normal[axis] * offsets[frame]);
}
