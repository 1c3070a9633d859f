// NIfTI files (version 1 and 2): every slice along the third axis a frame, every volume of a longer file an image.
//
// Stored values stay as they are and nothing is turned: the first voxel of a slice is the first pixel, and the geometry says where that is. It is
// the same record as DICOM's, in LPS (NIfTI counts in RAS, so x and y change their sign). Compressed files are opened by archive.ts.

import { AppError } from "../../../preload/contract/errors.ts";
import type { FrameGeometry, PixelDescription, PixelType } from "../../../preload/contract/index.ts";
import { checkSize } from "../limits.ts";
import { BYTES_PER_SAMPLE, doublesToFloats, dropAlpha, fromBytes } from "../samples.ts";
import type { Format, OpenedImage, SampleArray } from "../types.ts";
import { type NiftiHeader, niftiKind, readNiftiHeader } from "./nifti-header.ts";
import { plainImage } from "./plain.ts";

interface Voxel {
  readonly type: PixelType;
  /** of one voxel in the file */
  readonly bytes: number;
  readonly samples: 1 | 3;
}

/** Codes of nifti1.h. Refused: bits, complex numbers, 64-bit integers, 128-bit floats. */
const VOXELS: Record<number, Voxel> = {
  2: { type: "uint8", bytes: 1, samples: 1 },
  4: { type: "int16", bytes: 2, samples: 1 },
  8: { type: "int32", bytes: 4, samples: 1 },
  16: { type: "float32", bytes: 4, samples: 1 },
  64: { type: "float32", bytes: 8, samples: 1 },
  128: { type: "uint8", bytes: 3, samples: 3 },
  256: { type: "int8", bytes: 1, samples: 1 },
  512: { type: "uint16", bytes: 2, samples: 1 },
  768: { type: "uint32", bytes: 4, samples: 1 },
  2304: { type: "uint8", bytes: 4, samples: 3 },
};

/** Volumes of one file; a functional series has some hundreds. */
const MAX_VOLUMES = 10_000;

export const nifti: Format = {
  id: "nifti",
  match: ({ bytes }) => niftiKind(bytes) !== null,
  open({ name, bytes }, maxBytes) {
    const kind = niftiKind(bytes);
    if (kind === null || kind === "pair") {
      throw new AppError(
        "imaging/codec-missing",
        "The samples of this NIfTI header lie in a second file; expected one .nii file.",
      );
    }
    const header = readNiftiHeader(bytes, kind);
    const voxel = VOXELS[header.datatype];
    if (!voxel) throw new AppError("imaging/codec-missing", `NIfTI data of type ${header.datatype} are not supported.`);
    const [columns, rows = 1, frames = 1, ...others] = header.dimensions;
    const volumes = others.reduce((product, n) => product * n, 1);
    checkSize(rows, columns, frames, voxel.samples * BYTES_PER_SAMPLE[voxel.type], maxBytes);
    if (volumes > MAX_VOLUMES) {
      throw new AppError("imaging/too-large", `Expected at most ${MAX_VOLUMES} volumes in a file, found ${volumes}.`);
    }
    const frameBytes = rows * columns * voxel.bytes;
    const expected = frameBytes * frames * volumes;
    // Samples follow the header and its extensions; an offset that points into the header means "at once" (nifti1.h, vox_offset).
    const start = Math.max(header.offset, kind === "1" ? 352 : 544);
    if (!(start + expected <= bytes.length)) {
      const found = Math.max(0, bytes.length - start) || 0;
      throw new AppError("imaging/frame-truncated", `Expected ${expected} bytes of NIfTI samples, found ${found}.`);
    }
    const geometry = geometryOf(header, frames);
    return Array.from({ length: volumes }, (_, volume) =>
      openVolume(
        volumes === 1 ? { name, member: "" } : { name: `${name} (volume ${volume + 1})`, member: `volume/${volume}` },
        bytes.subarray(start + volume * frames * frameBytes, start + (volume + 1) * frames * frameBytes),
        { header, voxel, rows, columns, frames },
        geometry,
      ),
    );
  },
};

interface Layout {
  readonly header: NiftiHeader;
  readonly voxel: Voxel;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
}

function openVolume(
  { name, member }: { name: string; member: string },
  bytes: Uint8Array,
  { header, voxel, rows, columns, frames }: Layout,
  geometry: FrameGeometry[],
): OpenedImage {
  const frameBytes = rows * columns * voxel.bytes;
  const values = Array.from({ length: frames }, (_, k) =>
    samplesOf(bytes.subarray(k * frameBytes, (k + 1) * frameBytes), voxel, header.littleEndian),
  );
  const stored = values.map((frame) => ({
    transferSyntax: "raw",
    bytes: new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength),
  }));
  const bits = 8 * BYTES_PER_SAMPLE[voxel.type];
  const image = plainImage(name, { rows, columns, samples: voxel.samples, values: values[0] }, bits, stored, {
    member,
  });
  const colour = voxel.samples === 3;
  const [low, high] = header.shown;
  const chosen = !colour && Number.isFinite(low) && high > low && Number.isFinite(high);
  const [along, between] = header.spacing;
  const spacing: PixelDescription["spacing"] = along > 0 && between > 0 ? [between, along] : null;
  const pixels: PixelDescription = {
    ...image.pixels,
    ...(!colour && { slope: header.slope, intercept: header.intercept }),
    // Ends are ends: the linear function of DICOM is half a value off for real numbers.
    ...(chosen && {
      window: { center: (low + high) / 2, width: high - low },
      windows: [{ center: (low + high) / 2, width: high - low, name: "", function: "linear-exact" as const }],
    }),
    spacing,
    ...(spacing && { spacingSource: "patient" as const }),
  };
  const plain = voxel.type === "uint8" && header.slope === 1 && header.intercept === 0;
  return { ...image, pixels, geometry, window: chosen || plain ? "given" : "auto" };
}

/** A copy: little endian, and nothing of the file is held. */
function samplesOf(bytes: Uint8Array, voxel: Voxel, littleEndian: boolean): SampleArray {
  if (voxel.bytes === 8) return doublesToFloats(bytes, littleEndian);
  if (voxel.samples === 3) return voxel.bytes === 4 ? dropAlpha(bytes, 4) : bytes.slice();
  return fromBytes(bytes, voxel.type, littleEndian);
}

/** One record for each slice; empty where the file knows no space or its axes are no directions. */
function geometryOf({ affine, spacing }: NiftiHeader, frames: number): FrameGeometry[] {
  if (!affine) return [];
  // To LPS.
  const rows = affine.map((row, axis) => (axis < 2 ? row.map((part) => -part) : [...row]));
  const axis = (i: number) => rows.map((row) => row[i]);
  const direction = (i: number) => {
    const length = Math.hypot(...axis(i));
    return length > 0 ? axis(i).map((part) => part / length) : null;
  };
  const [row, column] = [direction(0), direction(1)];
  if (!row || !column) return [];
  const thickness = Math.hypot(...axis(2));
  return Array.from({ length: frames }, (_, k) => ({
    position: rows.map(([, , step, origin]) => origin + step * k),
    orientation: [...row, ...column],
    spacing: spacing[0] > 0 && spacing[1] > 0 ? [spacing[1], spacing[0]] : null,
    thickness: thickness > 0 ? thickness : null,
    frameOfReference: null,
  }));
}
