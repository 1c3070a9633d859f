// Reference lines: where a slice cuts another one of the same frame of reference.
import { type ImagePx, imagePx } from "../coordinates.ts";
import { dot, ontoSlice, type SlicePlane, toPatient } from "../volume/geometry.ts";
import { sameFrame } from "./link.ts";

/** Cosine of the smallest angle between slices whose crossing is a line worth drawing: 3 degrees. */
const TOO_FLAT = Math.cos(Math.PI / 60);

/** The line of `slice` on the picture of `on`, within both pictures; null where they do not cross or cannot be compared. */
export function referenceLine(
  slice: SlicePlane | null,
  on: SlicePlane | null,
): { readonly from: ImagePx; readonly to: ImagePx } | null {
  if (!slice || !on || !sameFrame(slice, on) || Math.abs(dot(slice.normal, on.normal)) > TOO_FLAT) return null;
  // The distance from the slice, and the place on it, grow linearly over the picture: three corners say everything.
  const at = (x: number, y: number) => {
    const { at: place, distance } = ontoSlice(slice, toPatient(on, imagePx(x, y)));
    return { distance, x: place.x, y: place.y };
  };
  const [zero, right, below] = [at(0, 0), at(1, 0), at(0, 1)];
  const [a, b] = [right.distance - zero.distance, below.distance - zero.distance];
  const steepness = a * a + b * b;
  const start = imagePx((-zero.distance * a) / steepness, (-zero.distance * b) / steepness);
  const length = Math.sqrt(steepness);
  const along = { x: -b / length, y: a / length };

  // Clipped to both rectangles: each side leaves a half of the line (Liang and Barsky).
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const keep = (value: number, slope: number, upTo: number) => {
    for (const [offset, grows] of [
      [value, slope],
      [upTo - value, -slope],
    ]) {
      // offset + t * grows >= 0
      if (Math.abs(grows) < 1e-12) {
        if (offset < -1e-9) most = Number.NEGATIVE_INFINITY;
      } else if (grows > 0) least = Math.max(least, -offset / grows);
      else most = Math.min(most, -offset / grows);
    }
  };
  const onSlice = (axis: "x" | "y") => {
    const [byX, byY] = [right[axis] - zero[axis], below[axis] - zero[axis]];
    return { value: zero[axis] + byX * start.x + byY * start.y, slope: byX * along.x + byY * along.y };
  };
  keep(start.x, along.x, on.size.columns);
  keep(start.y, along.y, on.size.rows);
  const [u, v] = [onSlice("x"), onSlice("y")];
  keep(u.value, u.slope, slice.size.columns);
  keep(v.value, v.slope, slice.size.rows);
  if (!(most - least > 1e-6)) return null;
  const point = (t: number) => imagePx(start.x + along.x * t, start.y + along.y * t);
  return { from: point(least), to: point(most) };
}
