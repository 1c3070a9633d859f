// The header of a NIfTI file, version 1 and 2, in either byte order (nifti1.h and nifti2.h of the NIfTI Data Format Working Group).
//
// Both versions give one record. Nothing is read before its place is known to be inside the bytes.

import { AppError } from "../../../preload/contract/errors.ts";

export interface NiftiHeader {
  readonly littleEndian: boolean;
  /** sizes along x, y, z and then along everything else: time, channels */
  readonly dimensions: readonly number[];
  readonly datatype: number;
  /** where the samples begin */
  readonly offset: number;
  /** value = stored * slope + intercept; a slope of 0 means that there is none */
  readonly slope: number;
  readonly intercept: number;
  /** values to show from black to white; equal where nobody chose any */
  readonly shown: readonly [low: number, high: number];
  /** rows x, y, z of voxel indices (i, j, k, 1) to mm in RAS+; null where the file knows no space */
  readonly affine: readonly (readonly number[])[] | null;
  /** mm along i, j, k: of the affine where there is one, for a file whose sform and pixdim disagree has one space */
  readonly spacing: readonly [number, number, number];
}

const BYTES_1 = 348;
const BYTES_2 = 540;
const MOST_DIMENSIONS = 7;
/** xyzt_units, its lower three bits: metres, millimetres, micrometres; unknown is taken for millimetres. */
const MILLIMETRES: Record<number, number> = { 1: 1000, 3: 0.001 };

const ascii = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** "pair": a header whose samples lie in a file of their own. null for bytes that are no NIfTI. */
export function niftiKind(bytes: Uint8Array): "1" | "2" | "pair" | null {
  if (bytes.length >= BYTES_2 && ["n+2\0\r\n\x1a\n"].includes(ascii(bytes, 4, 8))) return "2";
  if (bytes.length >= BYTES_2 && ascii(bytes, 4, 8) === "ni2\0\r\n\x1a\n") return "pair";
  if (bytes.length < BYTES_1) return null;
  if (ascii(bytes, 344, 4) === "n+1\0") return "1";
  return ascii(bytes, 344, 4) === "ni1\0" ? "pair" : null;
}

/** Throws imaging/header-invalid for sizes that are none. */
export function readNiftiHeader(bytes: Uint8Array, kind: "1" | "2"): NiftiHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = kind === "1" ? BYTES_1 : BYTES_2;
  const littleEndian = view.getInt32(0, true) === size;
  if (!littleEndian && view.getInt32(0, false) !== size) {
    throw new AppError("imaging/header-invalid", `Expected a NIfTI header of ${size} bytes, found another size.`);
  }
  const one = kind === "1";
  const float = (first: number, second: number, index = 0) =>
    one ? view.getFloat32(first + 4 * index, littleEndian) : view.getFloat64(second + 8 * index, littleEndian);
  const code = (first: number, second: number) =>
    one ? view.getInt16(first, littleEndian) : view.getInt32(second, littleEndian);
  const dimension = (index: number) =>
    one ? view.getInt16(40 + 2 * index, littleEndian) : Number(view.getBigInt64(16 + 8 * index, littleEndian));
  const count = dimension(0);
  const dimensions = Array.from({ length: Math.max(0, Math.min(count, MOST_DIMENSIONS)) }, (_, i) => dimension(i + 1));
  if (count < 1 || count > MOST_DIMENSIONS || dimensions.some((n) => !Number.isSafeInteger(n) || n < 1)) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected 1 to ${MOST_DIMENSIONS} sizes of 1 and more in the NIfTI header.`,
    );
  }
  const units = (one ? view.getUint8(123) : view.getInt32(500, littleEndian)) & 7;
  const scale = MILLIMETRES[units] ?? 1;
  const size3 = [1, 2, 3].map((i) => Math.abs(float(76, 104, i)) * scale);
  const [slope, intercept] = [float(112, 176), float(116, 184)];
  const scaled = slope !== 0 && Number.isFinite(slope) && Number.isFinite(intercept);
  const affine = readAffine(float, code, size3, scale);
  const steps = affine ? [0, 1, 2].map((i) => Math.hypot(...affine.map((row) => row[i]))) : size3;
  return {
    littleEndian,
    dimensions,
    datatype: view.getInt16(one ? 70 : 12, littleEndian),
    offset: one ? Math.floor(view.getFloat32(108, littleEndian)) : Number(view.getBigInt64(168, littleEndian)),
    slope: scaled ? slope : 1,
    intercept: scaled ? intercept : 0,
    shown: [float(128, 200), float(124, 192)],
    affine,
    spacing: [steps[0], steps[1], steps[2]],
  };
}

/** The sform where there is one, else the qform (method 3 before method 2 of nifti1.h). */
function readAffine(
  float: (first: number, second: number, index?: number) => number,
  code: (first: number, second: number) => number,
  spacing: readonly number[],
  scale: number,
): number[][] | null {
  const finite = (rows: number[][]) => (rows.flat().every(Number.isFinite) ? rows : null);
  if (code(254, 348) > 0) {
    return finite([0, 1, 2].map((row) => [0, 1, 2, 3].map((i) => float(280, 400, 4 * row + i) * scale)));
  }
  if (code(252, 344) <= 0) return null;
  const [b, c, d] = [0, 1, 2].map((i) => float(256, 352, i));
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  // pixdim[0] tells whether the third axis runs the other way.
  const handed = float(76, 104) < 0 ? -1 : 1;
  const steps = [spacing[0], spacing[1], spacing[2] * handed];
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  return finite(rotation.map((row, axis) => [...row.map((part, i) => part * steps[i]), float(268, 376, axis) * scale]));
}
