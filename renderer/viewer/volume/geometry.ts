// Where a stack of parallel slices lies in the patient, and the three planes through it.
//
// Coordinates are DICOM's (PS3.3 C.7.6.2.1.1): LPS, mm; the position of a slice is the centre of its first pixel. A stack has three
// axes: "column" (ImagePx x of a slice), "row" (ImagePx y) and "along" (mm on the normal, as the stack's positions count it).
// A plane goes through one axis and spans the other two. Only stacks whose slices lie exactly behind each other make a volume:
// the rest is refused with a reason, never straightened silently.
import type { FrameGeometry, ImageStack } from "../../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../../preload/contract/pixels.ts";
import { type ImagePx, type ImageSize, imagePx, type ViewTransform } from "../coordinates.ts";

export type Vector = readonly [x: number, y: number, z: number];
export type Axis = "column" | "row" | "along";
export type PlaneName = "axial" | "sagittal" | "coronal";

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** One slice in the patient. Vectors are of length 1. */
export interface SlicePlane {
  /** centre of the first pixel */
  readonly position: Vector;
  /** along a row, and along a column */
  readonly across: Vector;
  readonly down: Vector;
  readonly normal: Vector;
  readonly spacing: readonly [betweenRows: number, betweenColumns: number];
  readonly size: ImageSize;
  readonly frameOfReference: string | null;
}

/** null where the file does not say where it lies, or how large its pixels are. */
export function slicePlane(geometry: FrameGeometry | null, size: ImageSize): SlicePlane | null {
  const { position, orientation, spacing } = geometry ?? {};
  if (!position || !orientation || !spacing) return null;
  const across = unit([orientation[0], orientation[1], orientation[2]]);
  const down = unit([orientation[3], orientation[4], orientation[5]]);
  const normal = across && down && unit(cross(across, down));
  if (!normal) return null;
  const at: Vector = [position[0], position[1], position[2]];
  const frameOfReference = geometry?.frameOfReference ?? null;
  return { position: at, across, down, normal, spacing, size, frameOfReference };
}

function unit(a: Vector): Vector | null {
  const length = Math.hypot(...a);
  return length > 1e-6 ? [a[0] / length, a[1] / length, a[2] / length] : null;
}

/** A point of a slice in the patient, in mm. Pixel centres lie at halves of ImagePx. */
export function toPatient({ position, across, down, spacing }: SlicePlane, { x, y }: ImagePx): Vector {
  const [right, below] = [(x - 0.5) * spacing[1], (y - 0.5) * spacing[0]];
  const at = (i: 0 | 1 | 2) => position[i] + across[i] * right + down[i] * below;
  return [at(0), at(1), at(2)];
}

/** The foot of a point of the patient on a slice, and its distance in mm along the normal. */
export function ontoSlice(plane: SlicePlane, point: Vector): { at: ImagePx; distance: number } {
  const { position, across, down, normal, spacing } = plane;
  const from: Vector = [point[0] - position[0], point[1] - position[1], point[2] - position[2]];
  return {
    at: imagePx(dot(from, across) / spacing[1] + 0.5, dot(from, down) / spacing[0] + 0.5),
    distance: dot(from, normal),
  };
}

/** Components smaller than this part of the direction get no letter: 15 degrees. */
const LETTER_FROM = Math.sin(Math.PI / 12);
const LETTERS = [
  ["L", "R"],
  ["P", "A"],
  ["S", "I"],
] as const;

/** Where a direction points to in the patient: L or R, P or A, S (towards the head) or I; the strongest first ("LA"). */
export function lettersOf(direction: Vector): string {
  return direction
    .map((part, axis) => ({ size: Math.abs(part), letter: LETTERS[axis][part > 0 ? 0 : 1] }))
    .filter(({ size }) => size > LETTER_FROM)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join("");
}

interface EdgeLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** Letters at the edges of the page, for a picture that may be turned or mirrored and whose pixels have any aspect. */
export function edgeLetters(
  across: Vector,
  down: Vector,
  spacing: readonly [number, number],
  view: ViewTransform,
): EdgeLetters {
  // A step on the page in mm of the picture: the inverse of the transform's matrix, but for a positive factor.
  const { across: a, down: d } = view;
  const sign = Math.sign(a.x * d.y - d.x * a.y);
  const towards = (x: number, y: number): string => {
    const [along, below] = [sign * (x * d.y - y * d.x) * spacing[1], sign * (y * a.x - x * a.y) * spacing[0]];
    const length = Math.hypot(along, below);
    const part = (i: 0 | 1 | 2) => (across[i] * along + down[i] * below) / length;
    return lettersOf([part(0), part(1), part(2)]);
  };
  return { left: towards(-1, 0), right: towards(1, 0), top: towards(0, -1), bottom: towards(0, 1) };
}

/** Why planes cannot be shown. */
export type VolumeRefusal = "order" | "colour" | "size" | "spacing" | "repeated" | "shifted" | "large";

export interface VolumeGeometry {
  readonly columns: number;
  readonly rows: number;
  readonly spacing: readonly [betweenRows: number, betweenColumns: number];
  /** of each slice in mm along the normal, growing */
  readonly positions: readonly number[];
  readonly step: number;
  /** directions in the patient of the three axes */
  readonly directions: Readonly<Record<Axis, Vector>>;
}

/** Spacings and positions are written with few digits. */
const SAME = 1e-3;

/** The volume that a stack makes, or why it makes none. */
export function volumeGeometry(stack: ImageStack): VolumeGeometry | VolumeRefusal {
  const { slices, step } = stack;
  if (stack.order !== "geometry" || step === null || slices.length < 2) return "order";
  const images = new Map(stack.images.map((image) => [image.id, image]));
  const planes: SlicePlane[] = [];
  for (const { imageId, frame, geometry } of slices) {
    const image = images.get(imageId);
    if (!image) return "order";
    const pixels = pixelsOfFrame(image.pixels, frame);
    if (pixels.samples !== 1) return "colour";
    // Shapes and windows measure with the pixels' own spacing; both say the same where the file says both.
    const spacing = geometry?.spacing ?? pixels.spacing;
    if (!geometry || !spacing) return "spacing";
    const plane = slicePlane({ ...geometry, spacing }, { columns: pixels.columns, rows: pixels.rows });
    if (!plane) return "order";
    planes.push(plane);
  }
  const [first] = planes;
  const { columns, rows } = first.size;
  if (planes.some(({ size }) => size.columns !== columns || size.rows !== rows)) return "size";
  const differs = (a: number, b: number) => Math.abs(a - b) > SAME * b;
  if (planes.some(({ spacing: [y, x] }) => differs(y, first.spacing[0]) || differs(x, first.spacing[1])))
    return "spacing";
  if (stack.repeated > 0) return "repeated";
  // A tilted gantry shifts each slice against the one before; half a pixel over the whole stack is as good as none.
  const shifted = planes.some((plane) => {
    const { at } = ontoSlice(first, plane.position);
    return Math.abs(at.x - 0.5) > 0.5 || Math.abs(at.y - 0.5) > 0.5;
  });
  if (shifted) return "shifted";
  return {
    columns,
    rows,
    spacing: first.spacing,
    positions: slices.map(({ position }) => position ?? 0),
    step,
    directions: { column: first.across, row: first.down, along: first.normal },
  };
}
