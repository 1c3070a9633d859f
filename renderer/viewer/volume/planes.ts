// The three planes of a volume as stacks of virtual slices, and the point where they cross.
//
// The first plane is the acquired one, as it was acquired. The other two are turned the way readers expect: head up, and the
// patient's right on the left (coronal) or the front on the left (sagittal). An oblique plane has the name of the nearest one.
import { type ImagePx, type ImageSize, imagePx } from "../coordinates.ts";
import type { Axis, PlaneName, Vector, VolumeGeometry } from "./geometry.ts";

/** A place in a volume: ImagePx of its slices, and mm along their normal. */
export type VolumePoint = Readonly<Record<Axis, number>>;

/** An axis as a plane shows it. */
interface Side {
  readonly axis: Axis;
  /** from the axis' end to its beginning */
  readonly reversed: boolean;
}

export interface Plane {
  readonly name: PlaneName;
  readonly across: Side;
  readonly down: Side;
  readonly through: Axis;
  readonly size: ImageSize;
  readonly spacing: [betweenRows: number, betweenColumns: number];
  /** how many virtual slices there are, one for each column, row or slice of the stack */
  readonly slices: number;
  readonly directions: { readonly across: Vector; readonly down: Vector };
}

const AXES: readonly Axis[] = ["column", "row", "along"];
/** Of a plane along the normal: a very fine scan of a long way is drawn coarser. */
const MOST_SAMPLES = 4096;
const NAMES: readonly PlaneName[] = ["sagittal", "coronal", "axial"];
/** What a plane shows to the right and downwards, as [patient axis, sign]: L, P and S are positive. */
const USUAL: Readonly<Record<PlaneName, { right: readonly [0 | 1 | 2, 1 | -1]; down: readonly [0 | 1 | 2, 1 | -1] }>> =
  {
    axial: { right: [0, 1], down: [1, 1] },
    coronal: { right: [0, 1], down: [2, -1] },
    sagittal: { right: [1, 1], down: [2, -1] },
  };
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** The acquired plane first. */
export function planesOf(volume: VolumeGeometry): readonly [Plane, Plane, Plane] {
  const patientAxis = nearestAxes(volume);
  const nameThrough = (axis: Axis) => NAMES[patientAxis[axis]];
  const reformatted = (through: Axis): Plane => {
    const name = nameThrough(through);
    const { right, down } = USUAL[name];
    const side = ([wanted, sign]: readonly [0 | 1 | 2, 1 | -1]): Side => {
      const axis = AXES.find((one) => patientAxis[one] === wanted) ?? "along";
      return { axis, reversed: volume.directions[axis][wanted] * sign < 0 };
    };
    return planeOf(volume, name, through, side(right), side(down));
  };
  const acquired = planeOf(
    volume,
    nameThrough("along"),
    "along",
    { axis: "column", reversed: false },
    { axis: "row", reversed: false },
  );
  const order: Record<PlaneName, number> = { axial: 0, sagittal: 1, coronal: 2 };
  const [a, b] = [reformatted("column"), reformatted("row")].sort((one, other) => order[one.name] - order[other.name]);
  return [acquired, a, b];
}

/** For each axis of the stack the axis of the patient that it runs along: each is used once. */
function nearestAxes({ directions }: VolumeGeometry): Readonly<Record<Axis, 0 | 1 | 2>> {
  const closeness = (order: readonly (0 | 1 | 2)[]) =>
    AXES.reduce((sum, axis, i) => sum + Math.abs(directions[axis][order[i]]), 0);
  const [column, row, along] = ORDERS.reduce((best, order) =>
    closeness(order) > closeness(best) + 1e-9 ? order : best,
  );
  return { column, row, along };
}

function planeOf(volume: VolumeGeometry, name: PlaneName, through: Axis, across: Side, down: Side): Plane {
  const counts = { column: volume.columns, row: volume.rows, along: volume.positions.length };
  const { from, to } = rangeOf(volume, "along");
  // Along the normal there are as many pixels as make them square; elsewhere those that were acquired.
  const beside = mmPerUnit(volume, across.axis === "along" ? down.axis : across.axis);
  const samples = Math.min(MOST_SAMPLES, Math.max(1, Math.round((to - from) / beside)));
  const pixels = (axis: Axis) => (axis === "along" ? samples : counts[axis]);
  const mm = (axis: Axis) => (axis === "along" ? (to - from) / samples : mmPerUnit(volume, axis));
  const direction = ({ axis, reversed }: Side): Vector => {
    const [x, y, z] = volume.directions[axis];
    return reversed ? [-x, -y, -z] : [x, y, z];
  };
  return {
    name,
    across,
    down,
    through,
    size: { columns: pixels(across.axis), rows: pixels(down.axis) },
    spacing: [mm(down.axis), mm(across.axis)],
    slices: counts[through],
    directions: { across: direction(across), down: direction(down) },
  };
}

/** The unit of the axes within a slice is a pixel, that along the normal a mm. */
function mmPerUnit({ spacing }: VolumeGeometry, axis: Axis): number {
  if (axis === "column") return spacing[1];
  return axis === "row" ? spacing[0] : 1;
}

/** Where an axis begins and ends, in its own unit: slices are as thick as their step. */
export function rangeOf({ columns, rows, positions, step }: VolumeGeometry, axis: Axis): { from: number; to: number } {
  if (axis === "column") return { from: 0, to: columns };
  if (axis === "row") return { from: 0, to: rows };
  return { from: positions[0] - step / 2, to: positions[positions.length - 1] + step / 2 };
}

/** The slice of the stack that is nearest to a place on the normal. */
export function nearestSlice(positions: readonly number[], along: number): number {
  let [low, high] = [0, positions.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (positions[middle] <= along) low = middle;
    else high = middle;
  }
  return along - positions[low] <= positions[high] - along ? low : high;
}

/** Which virtual slice of a plane a point lies in. */
export function sliceAt(volume: VolumeGeometry, { through, slices }: Plane, point: VolumePoint): number {
  if (through === "along") return nearestSlice(volume.positions, point.along);
  return Math.max(0, Math.min(slices - 1, Math.floor(point[through])));
}

/** The point in the middle of a virtual slice that lies where `point` does otherwise. */
export function throughSlice(
  volume: VolumeGeometry,
  { through }: Plane,
  index: number,
  point: VolumePoint,
): VolumePoint {
  return { ...point, [through]: through === "along" ? volume.positions[index] : index + 0.5 };
}

export function toPlane(volume: VolumeGeometry, { across, down, size }: Plane, point: VolumePoint): ImagePx {
  const place = ({ axis, reversed }: Side, pixels: number) => {
    const { from, to } = rangeOf(volume, axis);
    const at = ((point[axis] - from) / (to - from)) * pixels;
    return reversed ? pixels - at : at;
  };
  return imagePx(place(across, size.columns), place(down, size.rows));
}

/** `point` moved to a place of the plane; what the plane does not span stays. The place is kept within the volume. */
export function fromPlane(volume: VolumeGeometry, plane: Plane, at: ImagePx, point: VolumePoint): VolumePoint {
  const value = ({ axis, reversed }: Side, pixel: number, pixels: number) => {
    const { from, to } = rangeOf(volume, axis);
    const inside = Math.max(0, Math.min(pixels, pixel));
    return from + ((reversed ? pixels - inside : inside) / pixels) * (to - from);
  };
  const { across, down, size } = plane;
  return {
    ...point,
    [across.axis]: value(across, at.x, size.columns),
    [down.axis]: value(down, at.y, size.rows),
  };
}

/** The middle of the volume, on a slice of the stack. */
export function middleOf({ columns, rows, positions }: VolumeGeometry, index: number): VolumePoint {
  return { column: columns / 2, row: rows / 2, along: positions[index] };
}
