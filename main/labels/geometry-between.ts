// A shape on the way from one place to another: what a reader drew on two slices, for a slice in between.
//
// Linear, number by number. Outlines with other corners are first given equally many, at equal steps along their length, and turned so that corners
// that belong together lie near each other. Ellipses turn the shorter way. Masks have a file of their own (masks/interpolation.ts).

import { AppError } from "../../preload/contract/errors.ts";
import type { Geometry } from "../../preload/contract/index.ts";

type Outline = Exclude<Geometry, { kind: "mask" }>;

/** `fraction` of the way, between 0 and 1. Throws labels/nothing-between for shapes of two kinds. */
export function geometryBetween(a: Outline, b: Outline, fraction: number): Outline {
  const mix = (from: number, to: number) => from + fraction * (to - from);
  const at = (p: { x: number; y: number }, q: { x: number; y: number }) => ({ x: mix(p.x, q.x), y: mix(p.y, q.y) });
  if (a.kind === "box" && b.kind === "box") {
    return { ...a, ...at(a, b), width: mix(a.width, b.width), height: mix(a.height, b.height) };
  }
  if (a.kind === "ellipse" && b.kind === "ellipse") {
    const angle = mix(a.angle, a.angle + turn(a.angle, b.angle));
    return { ...a, ...at(a, b), radiusX: mix(a.radiusX, b.radiusX), radiusY: mix(a.radiusY, b.radiusY), angle };
  }
  if (a.kind === "point" && b.kind === "point") return { ...a, ...at(a, b) };
  if ("points" in a && "points" in b && a.kind === b.kind) {
    const [from, to] = alike(a.points, b.points, a.kind);
    return { ...a, points: from.map((value, i) => mix(value, to[i])) };
  }
  throw new AppError(
    "labels/nothing-between",
    "There is no way between shapes of two kinds: draw the same on both slices.",
  );
}

/** Degrees from one to the other, at most a quarter turn: an ellipse looks the same after half a turn. */
function turn(from: number, to: number): number {
  const way = (((to - from) % 180) + 180) % 180;
  return way > 90 ? way - 180 : way;
}

type Points = readonly number[];

/** Two outlines with equally many corners, corner by corner near each other. Lengths and angles always have as many: their order means something. */
function alike(a: Points, b: Points, kind: "polygon" | "polyline" | "length" | "angle"): [Points, Points] {
  const closed = kind === "polygon";
  if (kind === "length" || kind === "angle") return [a, b];
  const count = Math.max(a.length, b.length) / 2;
  const [from, to] = [a, b].map((points) => (points.length / 2 === count ? points : resampled(points, count, closed)));
  return [from, nearestOrder(from, to, closed)];
}

/** `count` corners at equal steps along an outline, from its first; an open one keeps its last too. */
function resampled(points: Points, count: number, closed: boolean): number[] {
  const path = closed ? [...points, points[0], points[1]] : points;
  const lengths = [0];
  for (let i = 2; i < path.length; i += 2) {
    lengths.push(lengths.at(-1)! + Math.hypot(path[i] - path[i - 2], path[i + 1] - path[i - 1]));
  }
  const step = lengths.at(-1)! / (closed ? count : count - 1);
  const placed: number[] = [];
  let side = 0;
  for (let n = 0; n < count; n++) {
    while (side < lengths.length - 2 && lengths[side + 1] < n * step) side++;
    const long = lengths[side + 1] - lengths[side];
    const part = long > 0 ? Math.min(1, (n * step - lengths[side]) / long) : 0;
    for (const axis of [0, 1]) {
      const [here, next] = [path[2 * side + axis], path[2 * side + 2 + axis]];
      placed.push(here + part * (next - here));
    }
  }
  return placed;
}

/** `to` in the direction, and of a closed outline from the corner, that lies nearest to `from`, apart from where both lie. */
function nearestOrder(from: Points, to: Points, closed: boolean): Points {
  const [a, b] = [centred(from), centred(to)];
  const count = to.length / 2;
  let best: { order: number[]; distance: number } | null = null;
  for (const step of [1, -1]) {
    for (let start = 0; start < (closed ? count : 1); start++) {
      const first = step === -1 && !closed ? count - 1 : start;
      const order = Array.from({ length: count }, (_, i) => (((first + step * i) % count) + count) % count);
      const distance = order.reduce(
        (sum, j, i) => sum + (a[2 * i] - b[2 * j]) ** 2 + (a[2 * i + 1] - b[2 * j + 1]) ** 2,
        0,
      );
      if (best === null || distance < best.distance) best = { order, distance };
    }
  }
  return best!.order.flatMap((j) => [to[2 * j], to[2 * j + 1]]);
}

function centred(points: Points): number[] {
  const mean = [0, 1].map(
    (axis) => points.reduce((sum, v, i) => (i % 2 === axis ? sum + v : sum), 0) / (points.length / 2),
  );
  return points.map((value, i) => value - mean[i % 2]);
}
