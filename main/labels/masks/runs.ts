// Masks as runs: checking them, their pixels, and set operations that never unpack them.
//
// Runs are lengths of alternating background and foreground, row by row, background first (`geometrySchema` in the contract). Every answer
// here is in shortest form: only the first run may be 0. What comes in may hold runs of 0 anywhere, as long as it covers its frame.

import { AppError } from "../../../preload/contract/errors.ts";

/** A mask over a frame of `rows` x `columns` pixels. */
export interface Mask {
  readonly rows: number;
  readonly columns: number;
  readonly runs: readonly number[];
}

/** First row and column inside, first row and column beyond. */
export interface PixelBounds {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Throws labels/geometry-invalid unless the runs are whole lengths that cover the frame exactly. */
export function assertMask({ rows, columns, runs }: Mask): void {
  let covered = 0;
  for (const run of runs) covered += Number.isSafeInteger(run) && run >= 0 ? run : Number.NaN;
  if (!(Number.isInteger(rows) && Number.isInteger(columns) && rows > 0 && columns > 0 && covered === rows * columns)) {
    throw new AppError("labels/geometry-invalid", `The mask does not cover its frame of ${columns} × ${rows} pixels.`);
  }
}

function assertSameFrame(a: Mask, b: Mask): void {
  assertMask(a);
  assertMask(b);
  if (a.rows !== b.rows || a.columns !== b.columns) {
    throw new AppError(
      "labels/geometry-invalid",
      `Expected masks of one size, found ${a.columns} × ${a.rows} and ${b.columns} × ${b.rows} pixels.`,
    );
  }
}

/** Collects stretches of pixels in order, in shortest form. */
export class RunWriter {
  readonly runs: number[] = [0];

  add(length: number, foreground: boolean): void {
    if (length <= 0) return;
    const last = this.runs.length - 1;
    if ((last % 2 === 1) === foreground) this.runs[last] += length;
    else this.runs.push(length);
  }
}

/** Pixels [rows x columns], row by row; anything but 0 is foreground. */
export function maskOfBytes(bytes: Uint8Array, rows: number, columns: number): Mask {
  if (bytes.length !== rows * columns) {
    throw new AppError(
      "labels/geometry-invalid",
      `Expected ${rows * columns} pixels in a mask, found ${bytes.length}.`,
    );
  }
  const writer = new RunWriter();
  for (let start = 0; start < bytes.length; ) {
    const foreground = bytes[start] !== 0;
    let end = start + 1;
    while (end < bytes.length && (bytes[end] !== 0) === foreground) end++;
    writer.add(end - start, foreground);
    start = end;
  }
  return { rows, columns, runs: writer.runs };
}

/** Pixels [rows x columns], row by row, 0 or 1. Throws labels/geometry-invalid. */
export function bytesOfMask(mask: Mask): Uint8Array {
  assertMask(mask);
  const bytes = new Uint8Array(mask.rows * mask.columns);
  eachStretch(mask, (start, end) => bytes.fill(1, start, end));
  return bytes;
}

/** Calls with every foreground stretch [start, end) of the frame read as one line; runs of 0 are passed over. */
export function eachStretch({ runs }: Mask, visit: (start: number, end: number) => void): void {
  let start = 0;
  for (let i = 0; i < runs.length; i++) {
    const end = start + runs[i];
    if (i % 2 === 1 && end > start) visit(start, end);
    start = end;
  }
}

/** Calls with every foreground stretch of every row: its row, first column, first column beyond. */
export function eachRowStretch(mask: Mask, visit: (row: number, from: number, to: number) => void): void {
  const { columns } = mask;
  eachStretch(mask, (start, end) => {
    for (let at = start; at < end; ) {
      const row = Math.floor(at / columns);
      const stop = Math.min(end, (row + 1) * columns);
      visit(row, at - row * columns, stop - row * columns);
      at = stop;
    }
  });
}

/** Foreground pixels. */
export function maskArea({ runs }: Mask): number {
  let area = 0;
  for (let i = 1; i < runs.length; i += 2) area += runs[i];
  return area;
}

/** The smallest rectangle around the foreground; null for a mask without any. */
export function maskBounds(mask: Mask): PixelBounds | null {
  const { rows, columns } = mask;
  let [top, left, bottom, right] = [rows, columns, 0, 0];
  eachStretch(mask, (start, end) => {
    const [first, last] = [Math.floor(start / columns), Math.floor((end - 1) / columns)];
    top = Math.min(top, first);
    bottom = last + 1;
    left = first === last ? Math.min(left, start % columns) : 0;
    right = first === last ? Math.max(right, ((end - 1) % columns) + 1) : columns;
  });
  return bottom === 0 ? null : { top, left, bottom, right };
}

/** Walks two masks together; `visit` gets stretches in which neither changes. */
function together(a: Mask, b: Mask, visit: (length: number, inA: boolean, inB: boolean) => void): void {
  assertSameFrame(a, b);
  let [i, j] = [0, 0];
  let [restA, restB] = [a.runs[0], b.runs[0]];
  for (let left = a.rows * a.columns; left > 0; ) {
    while (restA === 0) restA = a.runs[++i];
    while (restB === 0) restB = b.runs[++j];
    const length = Math.min(restA, restB);
    visit(length, i % 2 === 1, j % 2 === 1);
    restA -= length;
    restB -= length;
    left -= length;
  }
}

function combined(a: Mask, b: Mask, keep: (inA: boolean, inB: boolean) => boolean): Mask {
  const writer = new RunWriter();
  together(a, b, (length, inA, inB) => writer.add(length, keep(inA, inB)));
  return { rows: a.rows, columns: a.columns, runs: writer.runs };
}

/** Pixels of either. All four throw labels/geometry-invalid for masks of different frames. */
export const union = (a: Mask, b: Mask): Mask => combined(a, b, (inA, inB) => inA || inB);
/** Pixels of both. */
export const intersection = (a: Mask, b: Mask): Mask => combined(a, b, (inA, inB) => inA && inB);
/** Pixels of the first that the second has not. */
export const difference = (a: Mask, b: Mask): Mask => combined(a, b, (inA, inB) => inA && !inB);

/** How many pixels both have, without making a mask of them. */
export function sharedArea(a: Mask, b: Mask): number {
  let shared = 0;
  together(a, b, (length, inA, inB) => {
    if (inA && inB) shared += length;
  });
  return shared;
}

/** Background and foreground exchanged. */
export function complement(mask: Mask): Mask {
  assertMask(mask);
  const writer = new RunWriter();
  mask.runs.forEach((run, i) => {
    writer.add(run, i % 2 === 0);
  });
  return { ...mask, runs: writer.runs };
}
