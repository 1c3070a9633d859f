// Masks of the slices of a stack, seen in a plane through it. A slice's mask is as thick as the slice: nothing is interpolated.
import type { MaskGeometry } from "../../../preload/contract/index.ts";
import { Bitmap } from "../masks/bitmap.ts";
import type { VolumeGeometry } from "./geometry.ts";
import { nearestSlice, type Plane, rangeOf } from "./planes.ts";

/** Starts of the runs of a mask; the odd ones are foreground. */
const starts = new WeakMap<MaskGeometry, Float64Array>();

function startsOf(mask: MaskGeometry): Float64Array {
  const known = starts.get(mask);
  if (known) return known;
  const made = new Float64Array(mask.runs.length + 1);
  mask.runs.forEach((length, index) => {
    made[index + 1] = made[index] + length;
  });
  starts.set(mask, made);
  return made;
}

/** 1 where the mask covers the pixels of a row or column of its slice. */
export function maskLine(mask: MaskGeometry, axis: "column" | "row", index: number): Uint8Array {
  const ends = startsOf(mask);
  const [first, stride, length] =
    axis === "column" ? [index, mask.columns, mask.rows] : [index * mask.columns, 1, mask.columns];
  const line = new Uint8Array(length);
  let run = 0;
  for (let i = 0; i < length; i++) {
    const at = first + i * stride;
    while (run < mask.runs.length && ends[run + 1] <= at) run++;
    line[i] = run < mask.runs.length ? run & 1 : 0;
  }
  return line;
}

/**
 * The mask of one class in a virtual slice of a reformatted plane. `masks`: by slice of the stack; several on one slice are
 * joined, and one of another size is left out. null: the plane does not meet them.
 */
export function planeMask(
  geometry: VolumeGeometry,
  plane: Plane,
  index: number,
  masks: ReadonlyMap<number, readonly MaskGeometry[]>,
): MaskGeometry | null {
  const { across, down, through, size } = plane;
  if (through === "along") return null;
  const lines = new Map<number, Uint8Array>();
  for (const [slice, own] of masks) {
    const fitting = own.filter((mask) => mask.rows === geometry.rows && mask.columns === geometry.columns);
    const drawn = fitting.map((mask) => maskLine(mask, through, index)).filter((line) => line.includes(1));
    if (drawn.length === 0) continue;
    lines.set(
      slice,
      drawn.reduce((one, other) => one.map((bit, i) => bit | other[i])),
    );
  }
  if (lines.size === 0) return null;
  const isAlongDown = down.axis === "along";
  const [line, alongSide] = isAlongDown ? [across, down] : [down, across];
  const samples = isAlongDown ? size.rows : size.columns;
  const length = isAlongDown ? size.columns : size.rows;
  const { from, to } = rangeOf(geometry, "along");
  const bitmap = new Bitmap(size);
  for (let sample = 0; sample < samples; sample++) {
    const along = from + ((sample + 0.5) / samples) * (to - from);
    const slice = nearestSlice(geometry.positions, along);
    const bits = Math.abs(geometry.positions[slice] - along) <= geometry.step / 2 + 1e-6 ? lines.get(slice) : undefined;
    if (!bits) continue;
    const place = alongSide.reversed ? samples - 1 - sample : sample;
    for (let i = 0; i < length; i++) {
      if (bits[i] === 0) continue;
      const on = line.reversed ? length - 1 - i : i;
      bitmap.pixels[isAlongDown ? place * size.columns + on : on * size.columns + place] = 1;
    }
  }
  return bitmap.geometry();
}
