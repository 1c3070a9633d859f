// COCO's run-length encoding of masks, plain and compressed, from and to our runs.
//
// COCO counts down the columns, ours run along the rows; both begin with background. Compressed counts (cocoapi, maskApi.c): from the third run on
// the difference to the run before the last, in groups of five bits, lowest first, bit 5 set where another group follows, the last group's
// bit 4 the sign, each group as a character from "0" on.

import { eachRowStretch, type Mask, maskBounds, RunWriter } from "../masks/runs.ts";

const MORE = 0x20;
const SIGN = 0x10;
const FIRST_CHARACTER = 48;
/** 7 groups hold 32 bits and a sign. */
const MOST_GROUPS = 7;

/** Runs down the columns. Only the window around the foreground is unpacked. */
export function columnRuns(mask: Mask): number[] {
  const { rows, columns } = mask;
  const bounds = maskBounds(mask);
  const writer = new RunWriter();
  if (bounds === null) {
    writer.add(rows * columns, false);
    return writer.runs;
  }
  // The window, one column after the other.
  const { top, left } = bounds;
  const height = bounds.bottom - top;
  const bytes = new Uint8Array(height * (bounds.right - left));
  eachRowStretch(mask, (row, from, to) => {
    for (let column = from; column < to; column++) bytes[(column - left) * height + row - top] = 1;
  });
  let done = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    const column = Math.floor(at / height);
    const end = (column + 1) * height;
    let to = at;
    while (to < end && bytes[to] === 1) to++;
    const start = (left + column) * rows + top + at - column * height;
    writer.add(start - done, false);
    writer.add(to - at, true);
    done = start + to - at;
    at = to;
  }
  writer.add(rows * columns - done, false);
  return writer.runs;
}

/** null where the counts are no lengths that cover the frame. */
export function maskOfColumnRuns(counts: readonly number[], rows: number, columns: number): Mask | null {
  let covered = 0;
  for (const count of counts) {
    if (!Number.isSafeInteger(count) || count < 0) return null;
    covered += count;
    if (covered > rows * columns) return null;
  }
  if (covered !== rows * columns) return null;
  // Stretches within one column, and the window around all of them.
  const stretches: (readonly [column: number, from: number, to: number])[] = [];
  let [top, bottom] = [rows, 0];
  let at = 0;
  counts.forEach((count, i) => {
    for (let left = i % 2 === 1 ? count : 0, start = at; left > 0; ) {
      const column = Math.floor(start / rows);
      const from = start - column * rows;
      const to = Math.min(rows, from + left);
      stretches.push([column, from, to]);
      top = Math.min(top, from);
      bottom = Math.max(bottom, to);
      start += to - from;
      left -= to - from;
    }
    at += count;
  });
  const left = stretches[0]?.[0] ?? 0;
  const width = (stretches.at(-1)?.[0] ?? -1) + 1 - left;
  const bytes = new Uint8Array(Math.max(0, bottom - top) * width);
  for (const [column, from, to] of stretches) {
    for (let row = from; row < to; row++) bytes[(row - top) * width + column - left] = 1;
  }
  const writer = new RunWriter();
  let done = 0;
  for (let row = top; row < bottom; row++) {
    const line = (row - top) * width;
    for (let column = 0; column < width; ) {
      if (bytes[line + column] === 0) {
        column++;
        continue;
      }
      let end = column;
      while (end < width && bytes[line + end] === 1) end++;
      const start = row * columns + left + column;
      writer.add(start - done, false);
      writer.add(end - column, true);
      done = start + end - column;
      column = end;
    }
  }
  writer.add(rows * columns - done, false);
  return { rows, columns, runs: writer.runs };
}

export function compressCounts(counts: readonly number[]): string {
  let text = "";
  for (let i = 0; i < counts.length; i++) {
    let rest = i > 2 ? counts[i] - counts[i - 2] : counts[i];
    for (let more = true; more; ) {
      const group = rest & 0x1f;
      rest >>= 5;
      more = (group & SIGN) !== 0 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode((more ? group | MORE : group) + FIRST_CHARACTER);
    }
  }
  return text;
}

/** null for text that is no such encoding. */
export function expandCounts(text: string): number[] | null {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let groups = 0;
    for (let more = true; more; groups++) {
      const code = text.charCodeAt(at++) - FIRST_CHARACTER;
      if (!(code >= 0 && code < 64) || groups >= MOST_GROUPS) return null;
      value += (code & 0x1f) * 32 ** groups;
      more = (code & MORE) !== 0;
      if (!more && (code & SIGN) !== 0) value -= 32 ** (groups + 1);
    }
    if (counts.length > 2) value += counts[counts.length - 2];
    counts.push(value);
  }
  return counts;
}
