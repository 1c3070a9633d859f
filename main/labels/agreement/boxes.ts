// How far two readers' boxes agree: overlap of two boxes, which boxes mean the same thing, and F1 over an image or many.
//
// Kappa is undefined for boxes: nobody can count the places where both readers rightly drew nothing. F1 needs no such count, and is what kappa tends to
// as they become many (Hripcsak and Rothschild, JAMIA 12, 2005). Pairs are chosen best as a whole: as many as the threshold allows, of those
// with the largest total overlap (assignment by shortest augmenting paths; Jonker and Volgenant, Computing 38, 1987). Greedy matching, as COCO's and
// VOC's, takes the best pair first and can lose one: it is here for comparison with figures made that way.

import { AppError } from "../../../preload/contract/errors.ts";

/** In image pixels, as the contract's geometry of kind "box". */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Index of a box of the first reader, of the second, and how far they overlap. */
export interface BoxPair {
  readonly first: number;
  readonly second: number;
  readonly iou: number;
}

export type MatchingRule = "optimal" | "greedy";

function shared(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** Intersection over union, from 0 to 1; 0 for two boxes without area. */
export function boxIou(a: Box, b: Box): number {
  const both = shared(a, b);
  const either = a.width * a.height + b.width * b.height - both;
  return either > 0 ? both / either : 0;
}

/** From -1 to 1: IoU less the empty part of the smallest box around both (Rezatofighi et al., CVPR 2019), so that it falls with distance too. */
export function generalisedIou(a: Box, b: Box): number {
  const both = shared(a, b);
  const either = a.width * a.height + b.width * b.height - both;
  const width = Math.max(a.x + a.width, b.x + b.width) - Math.min(a.x, b.x);
  const height = Math.max(a.y + a.height, b.y + b.height) - Math.min(a.y, b.y);
  const around = width * height;
  return around > 0 ? boxIou(a, b) - (around - either) / around : 0;
}

/**
 * Pairs of boxes that overlap by `threshold` or more (within (0, 1]), each box in at most one, by the first reader's order.
 * Throws app/invalid-input for a threshold outside.
 */
export function matchBoxes(
  first: readonly Box[],
  second: readonly Box[],
  threshold: number,
  rule: MatchingRule = "optimal",
): readonly BoxPair[] {
  if (!(threshold > 0 && threshold <= 1)) {
    throw new AppError(
      "app/invalid-input",
      `Expected an overlap above 0 and up to 1 as threshold, found ${threshold}.`,
    );
  }
  const overlaps = first.map((a) => second.map((b) => boxIou(a, b)));
  const pairs = rule === "greedy" ? greedy(overlaps, threshold) : optimal(overlaps, threshold);
  return pairs.sort((a, b) => a.first - b.first);
}

function greedy(overlaps: readonly (readonly number[])[], threshold: number): BoxPair[] {
  const candidates = overlaps
    .flatMap((row, i) => row.map((iou, j) => ({ first: i, second: j, iou })))
    .filter(({ iou }) => iou >= threshold)
    .sort((a, b) => b.iou - a.iou || a.first - b.first || a.second - b.second);
  const taken = { first: new Set<number>(), second: new Set<number>() };
  return candidates.filter(({ first, second }) => {
    if (taken.first.has(first) || taken.second.has(second)) return false;
    taken.first.add(first);
    taken.second.add(second);
    return true;
  });
}

function optimal(overlaps: readonly (readonly number[])[], threshold: number): BoxPair[] {
  const [rows, columns] = [overlaps.length, overlaps[0]?.length ?? 0];
  if (rows === 0 || columns === 0) return [];
  // One more pair is worth more than all overlaps together, so that their number comes first.
  const pair = Math.min(rows, columns) + 1;
  const cost = (i: number, j: number): number => (overlaps[i][j] >= threshold ? -(pair + overlaps[i][j]) : 0);
  const wide = rows <= columns;
  const chosen = wide ? assignment(rows, columns, cost) : assignment(columns, rows, (j, i) => cost(i, j));
  return Array.from(chosen, (other, own) => {
    const [i, j] = wide ? [own, other] : [other, own];
    return { first: i, second: j, iou: overlaps[i][j] };
  }).filter(({ iou }) => iou >= threshold);
}

/** For each of `rows` a column of its own, so that the sum of costs is least; rows <= columns. Time: rows² x columns. */
function assignment(rows: number, columns: number, cost: (row: number, column: number) => number): Int32Array {
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1); // from 1; 0: free
  for (let row = 1; row <= rows; row++) {
    const least = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(columns + 1);
    const used = new Uint8Array(columns + 1);
    let column = 0;
    rowOf[0] = row;
    do {
      used[column] = 1;
      const from = rowOf[column];
      let [delta, next] = [Number.POSITIVE_INFINITY, 0];
      for (let j = 1; j <= columns; j++) {
        if (used[j]) continue;
        const reduced = cost(from - 1, j - 1) - rowPotential[from] - columnPotential[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          before[j] = column;
        }
        if (least[j] < delta) [delta, next] = [least[j], j];
      }
      for (let j = 0; j <= columns; j++) {
        if (used[j]) {
          rowPotential[rowOf[j]] += delta;
          columnPotential[j] -= delta;
        } else least[j] -= delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]];
      column = before[column];
    }
  }
  const chosen = new Int32Array(rows);
  for (let j = 1; j <= columns; j++) if (rowOf[j] > 0) chosen[rowOf[j] - 1] = j - 1;
  return chosen;
}

/** 2 x pairs / (boxes of both), over any number of images; 1 where neither drew a box. */
export function f1OfBoxes(pairs: number, first: number, second: number): number {
  return first + second === 0 ? 1 : (2 * pairs) / (first + second);
}
