// NIfTI-1 files of class numbers (nifti1.h): bytes of a volume, and volumes laid over the frames of images.
//
// Our geometry is DICOM's, LPS; NIfTI counts in RAS, so x and y change their sign. The affine goes into sform, and as a quaternion into qform, for
// programs that look there. Reading is imaging's; here a mask whose axes run otherwise is turned, by whole voxels and never resampled.

import { gunzipSync, gzipSync } from "node:zlib";
import { AppError } from "../../../preload/contract/errors.ts";
import type { FrameGeometry } from "../../../preload/contract/index.ts";
import { nifti } from "../../imaging/formats/nifti.ts";
import { MAX_DECODED_BYTES } from "../../imaging/limits.ts";
import { fromBytes } from "../../imaging/samples.ts";
import { invalid } from "./format.ts";

type Vector = readonly [number, number, number];
/** mm in LPS for a step along i (columns), j (rows), k (slices), and where voxel (0, 0, 0) has its centre. */
export interface Grid {
  readonly steps: readonly [Vector, Vector, Vector];
  readonly origin: Vector;
}

const HEADER = 348;
const SAMPLES_AT = 352;
const UINT16 = 512;
const MILLIMETRES = 2;
/** Part of a voxel that places may differ by from whole ones. */
const OFF = 0.1;

const vector = (values: readonly number[]): Vector => [values[0], values[1], values[2]];
const scaled = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const length = (a: Vector) => Math.hypot(...a);
const unit = (a: Vector): Vector => scaled(a, 1 / length(a));

/** The grid of slices in their order; null where they do not all say where they are. */
export function gridOf(slices: readonly (FrameGeometry | undefined)[]): Grid | null {
  const [first] = slices;
  const last = slices.at(-1);
  if (!first?.position || !first.orientation || !first.spacing || !last?.position) return null;
  const [row, column] = [vector(first.orientation), vector(first.orientation.slice(3))];
  const [between, along] = first.spacing;
  const normal = cross(row, column);
  const way = minus(vector(last.position), vector(first.position));
  const step =
    slices.length > 1 && length(way) > 0
      ? scaled(way, 1 / (slices.length - 1))
      : scaled(normal, first.thickness ?? along);
  return { steps: [scaled(row, along), scaled(column, between), step], origin: vector(first.position) };
}

export interface Volume {
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  /** slice by slice, row by row */
  readonly values: Uint16Array;
  readonly grid: Grid | null;
}

/** A whole .nii.gz. Without a grid the file names no space, and voxels of 1 mm. */
export function encodeNifti({ rows, columns, slices, values, grid }: Volume): Uint8Array {
  const bytes = new Uint8Array(SAMPLES_AT + values.length * 2);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, HEADER, true);
  for (const [i, size] of [3, columns, rows, slices, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * i, size, true);
  view.setInt16(70, UINT16, true);
  view.setInt16(72, 16, true);
  view.setFloat32(108, SAMPLES_AT, true);
  view.setFloat32(112, 1, true);
  bytes[123] = MILLIMETRES;
  view.setInt16(68, 1002, true); // NIFTI_INTENT_LABEL
  view.setFloat32(76, 1, true);
  for (const i of [0, 1, 2]) view.setFloat32(80 + 4 * i, grid === null ? 1 : length(grid.steps[i]), true);
  if (grid !== null) writeSpace(view, grid);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  const samples = new DataView(bytes.buffer, SAMPLES_AT);
  for (let i = 0; i < values.length; i++) samples.setUint16(2 * i, values[i], true);
  return new Uint8Array(gzipSync(bytes, { level: 6 }));
}

function writeSpace(view: DataView, { steps, origin }: Grid): void {
  const ras = (a: Vector): Vector => [-a[0], -a[1], a[2]];
  const columns = [...steps.map(ras), ras(origin)];
  view.setInt16(254, 1, true); // sform: scanner coordinates
  for (const row of [0, 1, 2]) {
    for (const [i, column] of columns.entries()) view.setFloat32(280 + 16 * row + 4 * i, column[row], true);
  }
  // qform holds a rotation and sizes alone: slices that lie askew have none.
  const [i, j, k] = steps.map((step) => unit(ras(step)));
  const upright = dot(cross(i, j), k);
  if (Math.abs(Math.abs(upright) - 1) > 1e-4) return;
  const hand = upright < 0 ? -1 : 1;
  const [b, c, d] = quaternion(i, j, scaled(k, hand));
  view.setInt16(252, 1, true);
  view.setFloat32(76, hand, true);
  for (const [n, value] of [b, c, d, ...ras(origin)].entries()) view.setFloat32(256 + 4 * n, value, true);
}

/** b, c, d of the rotation whose columns are given; a is not negative (nifti1.h, METHOD 2). */
function quaternion(i: Vector, j: Vector, k: Vector): Vector {
  const trace = 1 + i[0] + j[1] + k[2];
  if (trace > 0.5) {
    const a = Math.sqrt(trace) / 2;
    return [(j[2] - k[1]) / (4 * a), (k[0] - i[2]) / (4 * a), (i[1] - j[0]) / (4 * a)];
  }
  const [xd, yd, zd] = [1 + i[0] - (j[1] + k[2]), 1 + j[1] - (i[0] + k[2]), 1 + k[2] - (i[0] + j[1])];
  if (xd > 1) {
    const b = Math.sqrt(xd) / 2;
    const sign = j[2] - k[1] < 0 ? -1 : 1;
    return [sign * b, (sign * (j[0] + i[1])) / (4 * b), (sign * (k[0] + i[2])) / (4 * b)];
  }
  if (yd > 1) {
    const c = Math.sqrt(yd) / 2;
    const sign = k[0] - i[2] < 0 ? -1 : 1;
    return [(sign * (j[0] + i[1])) / (4 * c), sign * c, (sign * (k[1] + j[2])) / (4 * c)];
  }
  const d = Math.sqrt(zd) / 2;
  const sign = i[1] - j[0] < 0 ? -1 : 1;
  return [(sign * (k[0] + i[2])) / (4 * d), (sign * (k[1] + j[2])) / (4 * d), sign * d];
}

/** Reads a .nii or .nii.gz of whole numbers. Throws labels/file-invalid. */
export function decodeNifti(file: string, bytes: Uint8Array): Volume {
  try {
    const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(bytes) : bytes;
    if (!nifti.match({ name: file, bytes: plain })) throw new AppError("imaging/unreadable", "The file is no NIfTI.");
    const [image, ...others] = nifti.open({ name: file, bytes: plain }, MAX_DECODED_BYTES);
    if (image === undefined || others.length > 0 || image.pixels.samples !== 1) {
      throw new AppError("imaging/unreadable", "Expected one volume of numbers.");
    }
    const { rows, columns, frames, type, slope, intercept } = image.pixels;
    const values = new Uint16Array(rows * columns * frames);
    for (const [k, frame] of image.frames.entries()) {
      const stored = fromBytes(frame.bytes, type);
      for (let i = 0; i < stored.length; i++) {
        const value = stored[i] * slope + intercept;
        if (!Number.isInteger(value) || value < 0 || value > 65535) {
          throw new AppError("imaging/unreadable", "Expected whole numbers from 0 to 65535.");
        }
        values[k * rows * columns + i] = value;
      }
    }
    return { rows, columns, slices: frames, values, grid: gridOf(image.geometry) };
  } catch (cause) {
    if (cause instanceof AppError) throw invalid(file, cause.message, cause);
    throw invalid(file, "The file is damaged or cut off.", cause);
  }
}

function unzip(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = gunzipSync(bytes, { maxOutputLength: MAX_DECODED_BYTES });
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export interface Frame {
  readonly rows: number;
  readonly columns: number;
  readonly geometry: FrameGeometry | undefined;
}

/**
 * What the volume holds at a frame's pixels; `slice` is used where one of the two does not say where it lies. null where the frame lies outside of it
 * or between its voxels.
 */
export function sliceAt(volume: Volume, frame: Frame, slice: number): Uint16Array | null {
  const { rows, columns, slices, values, grid } = volume;
  const own = gridOf([frame.geometry]);
  if (grid === null || own === null) {
    if (frame.rows !== rows || frame.columns !== columns || slice >= slices) return null;
    return values.slice(slice * rows * columns, (slice + 1) * rows * columns);
  }
  const inverse = inverted(grid.steps);
  if (inverse === null) return null;
  const index = (way: Vector) => whole(inverse.map((row) => dot(row, way)));
  // Over the whole length of a row and a column, so that small differences do not add up.
  const start = index(minus(own.origin, grid.origin));
  const along = index(scaled(own.steps[0], Math.max(1, frame.columns - 1)));
  const down = index(scaled(own.steps[1], Math.max(1, frame.rows - 1)));
  if (start === null || along === null || down === null) return null;
  const [di, dj] = [
    along.map((n) => n / Math.max(1, frame.columns - 1)),
    down.map((n) => n / Math.max(1, frame.rows - 1)),
  ];
  if (![...di, ...dj].every(Number.isInteger)) return null;
  const out = new Uint16Array(frame.rows * frame.columns);
  const sizes = [columns, rows, slices];
  for (const [r, c] of [
    [0, 0],
    [0, frame.columns - 1],
    [frame.rows - 1, 0],
    [frame.rows - 1, frame.columns - 1],
  ]) {
    if (sizes.some((size, axis) => !(at(axis, r, c) >= 0 && at(axis, r, c) < size))) return null;
  }
  for (let r = 0; r < frame.rows; r++) {
    for (let c = 0; c < frame.columns; c++) {
      out[r * frame.columns + c] = values[(at(2, r, c) * rows + at(1, r, c)) * columns + at(0, r, c)];
    }
  }
  return out;

  function at(axis: number, r: number, c: number): number {
    return start![axis] + dj[axis] * r + di[axis] * c;
  }
}

/** The nearest whole numbers, or null where one is not near. */
function whole(values: readonly number[]): number[] | null {
  const near = values.map(Math.round);
  return values.every((value, i) => Math.abs(value - near[i]) < OFF) ? near : null;
}

/** Rows of the inverse of the matrix whose columns are given. */
function inverted([a, b, c]: Grid["steps"]): [Vector, Vector, Vector] | null {
  const bc = cross(b, c);
  const determinant = dot(a, bc);
  if (!(Math.abs(determinant) > 1e-12)) return null;
  return [scaled(bc, 1 / determinant), scaled(cross(c, a), 1 / determinant), scaled(cross(a, b), 1 / determinant)];
}
