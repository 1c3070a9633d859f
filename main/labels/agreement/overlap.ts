// How far two readers' masks agree in area: Dice, Jaccard, volumes.
//
// Dice = 2 |A∩B| / (|A| + |B|) (Dice 1945), IoU = |A∩B| / |A∪B| (Jaccard 1912), volumetric similarity = 1 - ||A| - |B|| / (|A| + |B|)
// (Taha and Hanbury, BMC Medical Imaging 15, 2015). Two masks without foreground agree fully: 1. One without: 0.

import { AppError } from "../../../preload/contract/errors.ts";
import type { Extent, Spacing } from "../masks/distance-transform.ts";
import { bytesOfMask, type Mask, maskArea, sharedArea } from "../masks/runs.ts";

/** Pixels or voxels of each reader, and of both. */
export interface OverlapCounts {
  readonly first: number;
  readonly second: number;
  readonly both: number;
}

/** What a reader drew on a frame, or on the slices of a stack: `bytes` [slices x rows x columns], anything but 0 is foreground. */
export interface Region {
  readonly extent: Extent;
  readonly bytes: Uint8Array;
}

/** A stack of masks as a region. Throws labels/geometry-invalid for none, or for slices of different sizes. */
export function regionOfMasks(slices: readonly Mask[]): Region {
  const [first] = slices;
  if (first === undefined) throw new AppError("labels/geometry-invalid", "Expected at least one slice, found none.");
  const { rows, columns } = first;
  const bytes = new Uint8Array(slices.length * rows * columns);
  slices.forEach((mask, slice) => {
    if (mask.rows !== rows || mask.columns !== columns) {
      throw new AppError(
        "labels/geometry-invalid",
        `Slice ${slice + 1} is not ${columns} × ${rows} pixels as the first.`,
      );
    }
    bytes.set(bytesOfMask(mask), slice * rows * columns);
  });
  return { extent: [slices.length, rows, columns], bytes };
}

/** Throws labels/geometry-invalid unless both regions have the same extent and all of its pixels. */
export function assertSameExtent(a: Region, b: Region): void {
  const pixels = a.extent[0] * a.extent[1] * a.extent[2];
  const same = a.extent.every((length, axis) => length === b.extent[axis]);
  if (!same || a.bytes.length !== pixels || b.bytes.length !== pixels) {
    throw new AppError(
      "labels/geometry-invalid",
      `Expected regions of one size, found ${a.extent.join(" × ")} and ${b.extent.join(" × ")} pixels.`,
    );
  }
}

/** Throws labels/geometry-invalid for regions of different sizes. */
export function regionOverlap(a: Region, b: Region): OverlapCounts {
  assertSameExtent(a, b);
  let [first, second, both] = [0, 0, 0];
  for (let i = 0; i < a.bytes.length; i++) {
    const [inA, inB] = [a.bytes[i] !== 0 ? 1 : 0, b.bytes[i] !== 0 ? 1 : 0];
    first += inA;
    second += inB;
    both += inA & inB;
  }
  return { first, second, both };
}

/** The same from runs, in time proportional to their number. */
export function maskOverlap(a: Mask, b: Mask): OverlapCounts {
  return { first: maskArea(a), second: maskArea(b), both: sharedArea(a, b) };
}

export function dice({ first, second, both }: OverlapCounts): number {
  return first + second === 0 ? 1 : (2 * both) / (first + second);
}

export function intersectionOverUnion({ first, second, both }: OverlapCounts): number {
  const either = first + second - both;
  return either === 0 ? 1 : both / either;
}

/** From 0 to 1, 1 for equal volumes wherever they lie. */
export function volumetricSimilarity({ first, second }: OverlapCounts): number {
  return first + second === 0 ? 1 : 1 - Math.abs(first - second) / (first + second);
}

/** Second less first, in mm³ (of one slice: times its spacing, so give 1 mm there for mm²). */
export function volumeDifference({ first, second }: OverlapCounts, spacing: Spacing): number {
  return (second - first) * spacing[0] * spacing[1] * spacing[2];
}
