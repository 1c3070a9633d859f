// Pieces of a mask, and its holes, from the foreground stretches of its rows.
//
// Stretches that touch between neighbouring rows belong together (union-find): time and memory go with the number of stretches, not of pixels.
// Where foreground joins across corners (8 neighbours) background does not (4), and the other way about: else a diagonal line would let its
// inside out through its own steps.

import { assertMask, complement, eachRowStretch, type Mask, RunWriter, union } from "./runs.ts";

/** Whether pixels that meet at a corner only are one piece (8) or two (4). */
export type Connectivity = 4 | 8;

/** Foreground of one row: columns [from, to). */
export interface Stretch {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

export interface Labelled {
  /** Row by row, left to right. */
  readonly stretches: readonly Stretch[];
  /** Which piece each stretch is of; pieces are counted from 0 in the order of their first pixels. */
  readonly pieces: Int32Array;
  readonly count: number;
}

export function labelPieces(mask: Mask, connectivity: Connectivity): Labelled {
  const stretches: Stretch[] = [];
  eachRowStretch(mask, (row, from, to) => stretches.push({ row, from, to }));
  const parents = Int32Array.from(stretches, (_, i) => i);
  const rootOf = (i: number): number => {
    let at = i;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]];
    return at;
  };
  const reach = connectivity === 8 ? 1 : 0;
  // `above` follows `i` through the row before: neither ever goes back.
  for (let i = 0, above = 0; i < stretches.length; i++) {
    const { row, from, to } = stretches[i];
    while (
      stretches[above].row < row - 1 ||
      (stretches[above].row === row - 1 && stretches[above].to + reach <= from)
    ) {
      above++;
    }
    for (let j = above; stretches[j].row === row - 1 && stretches[j].from < to + reach; j++) {
      // The earlier root stays, so that a piece's root is its first stretch.
      const [a, b] = [rootOf(i), rootOf(j)];
      parents[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const pieces = new Int32Array(stretches.length);
  let count = 0;
  for (let i = 0; i < stretches.length; i++) pieces[i] = rootOf(i) === i ? count++ : pieces[rootOf(i)];
  return { stretches, pieces, count };
}

/** The pieces of a mask, each a mask of the same frame, in the order of their first pixels. Throws labels/geometry-invalid. */
export function components(mask: Mask, connectivity: Connectivity = 8): Mask[] {
  assertMask(mask);
  const { rows, columns } = mask;
  const { stretches, pieces, count } = labelPieces(mask, connectivity);
  const writers = Array.from({ length: count }, () => ({ writer: new RunWriter(), end: 0 }));
  for (const [i, { row, from, to }] of stretches.entries()) {
    const piece = writers[pieces[i]];
    const start = row * columns + from;
    piece.writer.add(start - piece.end, false);
    piece.writer.add(to - from, true);
    piece.end = start + to - from;
  }
  return writers.map(({ writer, end }) => {
    writer.add(rows * columns - end, false);
    return { rows, columns, runs: writer.runs };
  });
}

/** Fills background that no path leads out of to the edge of the frame. `connectivity` is the foreground's; 8 fills as scipy's binary_fill_holes does. */
export function fillHoles(mask: Mask, connectivity: Connectivity = 8): Mask {
  const { rows, columns } = mask;
  const background = complement(mask);
  const { stretches, pieces, count } = labelPieces(background, connectivity === 8 ? 4 : 8);
  const open = new Uint8Array(count);
  for (const [i, { row, from, to }] of stretches.entries()) {
    if (row === 0 || row === rows - 1 || from === 0 || to === columns) open[pieces[i]] = 1;
  }
  const writer = new RunWriter();
  let end = 0;
  for (const [i, { row, from, to }] of stretches.entries()) {
    if (open[pieces[i]]) continue;
    const start = row * columns + from;
    writer.add(start - end, false);
    writer.add(to - from, true);
    end = start + to - from;
  }
  writer.add(rows * columns - end, false);
  return union(mask, { rows, columns, runs: writer.runs });
}
