// How large an image may be, asked before memory is taken for it.

import { AppError } from "../../preload/contract/errors.ts";

/** Rows and columns are 16-bit numbers in DICOM, JPEG and JPEG-LS. */
const MAX_SIDE = 65535;
/** All frames of one image together, decoded, unless the caller of readImages wants less. */
export const MAX_DECODED_BYTES = 2 ** 30;
const MAX_FRAMES = 100_000;

/** Throws imaging/empty without pixels, imaging/too-large above the limits. */
export function checkSize(
  rows: number,
  columns: number,
  frames: number,
  bytesPerPixel: number,
  maxBytes: number,
): void {
  const whole = [rows, columns, frames].every(Number.isInteger);
  if (!whole || rows < 1 || columns < 1 || frames < 1) {
    throw new AppError("imaging/empty", `Expected pixels, found ${rows} rows, ${columns} columns, ${frames} frames.`);
  }
  const bytes = rows * columns * frames * bytesPerPixel;
  if (rows > MAX_SIDE || columns > MAX_SIDE || frames > MAX_FRAMES || bytes > maxBytes) {
    throw new AppError(
      "imaging/too-large",
      `Expected at most ${MAX_SIDE} × ${MAX_SIDE} pixels and ${maxBytes} bytes, found ${columns} × ${rows} pixels in ${frames} frames.`,
    );
  }
}
