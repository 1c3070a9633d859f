// Image pixels to the patient and where slices lie, for DICOM objects.
//
// Our (0, 0) is the outer corner of the first pixel; ImagePositionPatient is the centre of that pixel (PS3.3 C.7.6.2.1.1), half a pixel further in.

import type { FrameGeometry } from "../../../preload/contract/index.ts";
import type { ExportImage, LabelledImage } from "./format.ts";

export interface PlacedGeometry {
  readonly position: readonly number[];
  readonly orientation: readonly number[];
  readonly spacing: readonly [rows: number, columns: number];
  readonly thickness: number | null;
  readonly frameOfReference: string;
}

/** null where something is missing that places the frame in the patient. */
export function placed(geometry: FrameGeometry | undefined): PlacedGeometry | null {
  if (!geometry?.position || !geometry.orientation || !geometry.spacing || !geometry.frameOfReference) return null;
  const { position, orientation, spacing, thickness, frameOfReference } = geometry;
  return { position, orientation, spacing, thickness, frameOfReference };
}

/** mm in LPS of a point in image pixels. */
export function toPatient({ position, orientation, spacing }: PlacedGeometry, x: number, y: number): number[] {
  const [along, down] = [(x - 0.5) * spacing[1], (y - 0.5) * spacing[0]];
  return [0, 1, 2].map((axis) => position[axis] + orientation[axis] * along + orientation[axis + 3] * down);
}

/** mm along the normal of the slices (PS3.3 C.7.6.2.1.1). */
export function depthOf({ position, orientation: [a, b, c, d, e, f] }: PlacedGeometry): number {
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  return normal.reduce((sum, part, axis) => sum + part * position[axis], 0);
}

/** One frame of one image of a group. */
export interface GroupFrame {
  readonly labelled: LabelledImage;
  readonly image: ExportImage;
  /** from 0 */
  readonly frame: number;
  readonly place: PlacedGeometry | null;
}

/** Every frame of the group's images that has a shape. */
export function framesOf(group: readonly LabelledImage[]): GroupFrame[] {
  return group.flatMap((labelled) => {
    const { image, shapes } = labelled;
    const frames = [...new Set(shapes.map(({ frame }) => frame))].sort((a, b) => a - b);
    const { geometry } = image.header();
    return frames.map((frame) => ({ labelled, image, frame, place: placed(geometry[frame]) }));
  });
}

/** Frames that one object can hold: of one size, in one space or all of them in none. */
export function objectsOf(frames: readonly GroupFrame[]): GroupFrame[][] {
  const objects = new Map<string, GroupFrame[]>();
  for (const frame of frames) {
    const { rows, columns, series } = frame.image;
    const key = JSON.stringify([series, rows, columns, frame.place?.frameOfReference ?? null]);
    objects.set(key, [...(objects.get(key) ?? []), frame]);
  }
  return [...objects.values()];
}
