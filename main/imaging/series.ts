// The frames of a series in the order of their places in the patient, and what is wrong with that order.
//
// Places count, not file names: a frame's position is its distance along the common normal (PS3.3 C.7.6.2.1.1). Where frames do not say where
// they are, or look in different directions, the instance number orders them, and that is said. Pure; nothing is dropped, nothing invented.

import type { FrameGeometry } from "../../preload/contract/index.ts";

/** What the order is made of. Any record that has both can be sorted: an image of one frame, a frame of an image. */
export interface Slice {
  readonly geometry: FrameGeometry | null;
  readonly instanceNumber: number | null;
}

export type SeriesProblem =
  /** some frames do not say where they are */
  | "geometry-missing"
  /** planes are not parallel, or their rows run in different directions */
  | "orientations-mixed"
  /** coordinates of different frames of reference cannot be compared (C.7.4.1) */
  | "frames-of-reference-mixed";

export interface SortedSeries<T> {
  readonly slices: readonly T[];
  readonly orderedBy: "position" | "instance-number";
  /** why it is not ordered by position; null where it is */
  readonly problem: SeriesProblem | null;
  /** mm along the normal between one place and the next: the median; null where there is one place, or none is known */
  readonly step: number | null;
  /** `after`: index in `slices` of the last frame before the gap; `distance` in mm; `missing`: frames that would fill it */
  readonly gaps: readonly { readonly after: number; readonly distance: number; readonly missing: number }[];
  /** indices in `slices` of frames that lie where the one before lies: phases, echoes, or the same thing twice */
  readonly duplicates: readonly number[];
}

/** Frames nearer than this, in mm, lie in one place: positions are written with few digits. */
const SAME_PLACE = 0.01;
/** Steps above this part of the median are gaps. */
const GAP = 1.5;
/** Cosine of the largest angle between normals, and between rows, that still counts as parallel: a quarter of a degree. */
const PARALLEL = Math.cos(Math.PI / 720);

type Vector = readonly [number, number, number];

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Vector): Vector | null => {
  const length = Math.hypot(...a);
  return length > 1e-6 ? [a[0] / length, a[1] / length, a[2] / length] : null;
};

interface Plane {
  readonly row: Vector;
  readonly normal: Vector;
  readonly position: Vector;
}

export function sortByGeometry<T extends Slice>(slices: readonly T[]): SortedSeries<T> {
  const planes = slices.map(({ geometry }) => planeOf(geometry));
  const problem = problemOf(slices, planes);
  const [first] = planes;
  if (problem || !first) {
    return {
      slices: [...slices].sort(byInstanceNumber),
      orderedBy: "instance-number",
      problem,
      step: null,
      gaps: [],
      duplicates: [],
    };
  }
  const placed = groupTies(
    slices
      .map((slice, i) => ({ slice, place: dot(first.normal, planes[i]?.position ?? first.position) }))
      .sort((a, b) => a.place - b.place),
  );
  return { slices: placed.map(({ slice }) => slice), orderedBy: "position", problem, ...stepsOf(placed) };
}

/** Frames in one place follow each other by their numbers, whatever the last digits of their positions. */
function groupTies<T extends Slice>(sorted: readonly { slice: T; place: number }[]) {
  const groups: { slice: T; place: number }[][] = [];
  for (const entry of sorted) {
    const group = groups.at(-1);
    if (group && entry.place - group[0].place <= SAME_PLACE) group.push(entry);
    else groups.push([entry]);
  }
  return groups.flatMap((group) => group.sort((a, b) => byInstanceNumber(a.slice, b.slice)));
}

function planeOf(geometry: FrameGeometry | null): Plane | null {
  if (!geometry?.position || !geometry.orientation) return null;
  const [a, b, c, d, e, f] = geometry.orientation;
  const row = unit([a, b, c]);
  const column = unit([d, e, f]);
  const normal = row && column && unit(cross(row, column));
  const [x, y, z] = geometry.position;
  return row && normal ? { row, normal, position: [x, y, z] } : null;
}

function problemOf(slices: readonly Slice[], planes: readonly (Plane | null)[]): SeriesProblem | null {
  const [first] = planes;
  if (!first || planes.includes(null)) return "geometry-missing";
  const references = new Set(slices.map(({ geometry }) => geometry?.frameOfReference ?? null));
  if (references.size > 1) return "frames-of-reference-mixed";
  const parallel = planes.every(
    (plane) => plane && dot(plane.normal, first.normal) > PARALLEL && dot(plane.row, first.row) > PARALLEL,
  );
  return parallel ? null : "orientations-mixed";
}

/** Frames without a number come last, in the order in which they came. */
function byInstanceNumber(a: Slice, b: Slice): number {
  if (a.instanceNumber === b.instanceNumber) return 0;
  return (a.instanceNumber ?? Number.POSITIVE_INFINITY) - (b.instanceNumber ?? Number.POSITIVE_INFINITY);
}

function stepsOf(placed: readonly { place: number }[]): Pick<SortedSeries<unknown>, "step" | "gaps" | "duplicates"> {
  const distances = placed.slice(1).map(({ place }, i) => place - placed[i].place);
  const duplicates = distances.flatMap((distance, i) => (distance <= SAME_PLACE ? [i + 1] : []));
  const steps = distances.filter((distance) => distance > SAME_PLACE).sort((a, b) => a - b);
  if (steps.length === 0) return { step: null, gaps: [], duplicates };
  const step = steps[(steps.length - 1) >> 1];
  const gaps = distances.flatMap((distance, after) =>
    distance > GAP * step ? [{ after, distance, missing: Math.round(distance / step) - 1 }] : [],
  );
  return { step, gaps, duplicates };
}
