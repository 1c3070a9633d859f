// Pieces that are like letters, joined to lines: beside each other, of like height and like contrast, on one baseline.

import type { Piece } from "./pieces.ts";

export interface Line {
  left: number;
  top: number;
  right: number;
  bottom: number;
  score: number;
}

/** A line with what it is judged by. */
interface Measured extends Line {
  /** median of its pieces */
  readonly heights: number;
}

/** Gap between two letters, in heights of the taller one: a space between words is less. */
const MOST_GAP = 1.6;
const LEAST_PIECES = 3;

/** Lines of at least three pieces: two beside each other are everywhere. */
export function joinLines(pieces: readonly Piece[]): Line[] {
  const sorted = [...pieces].sort((a, b) => a.left - b.left || a.top - b.top);
  const parent = sorted.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root];
    parent[i] = root;
    return root;
  };
  const tallest = sorted.reduce((most, { height }) => Math.max(most, height), 0);
  for (let i = 0; i < sorted.length; i++) {
    for (let j = i + 1; j < sorted.length; j++) {
      if (sorted[j].left - sorted[i].right > MOST_GAP * tallest) break;
      if (areNeighbours(sorted[i], sorted[j])) parent[rootOf(j)] = rootOf(i);
    }
  }
  const groups = new Map<number, Piece[]>();
  sorted.forEach((piece, i) => {
    const root = rootOf(i);
    groups.set(root, [...(groups.get(root) ?? []), piece]);
  });
  return [...groups.values()]
    .filter((group) => group.length >= LEAST_PIECES)
    .map(lineOf)
    .filter(isLine);
}

function areNeighbours(a: Piece, b: Piece): boolean {
  const taller = Math.max(a.height, b.height);
  const shorter = Math.min(a.height, b.height);
  if (shorter < 0.45 * taller || b.left - a.right > MOST_GAP * taller) return false;
  const shared = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (shared < 0.6 * shorter) return false;
  const [weak, strong] = a.contrast < b.contrast ? [a.contrast, b.contrast] : [b.contrast, a.contrast];
  return weak >= 0.5 * strong;
}

function lineOf(group: readonly Piece[]): Measured {
  const heights = group.map(({ height }) => height).sort((a, b) => a - b);
  const median = heights[heights.length >> 1];
  const alike = group.filter(({ height }) => Math.abs(height - median) <= 0.35 * median).length / group.length;
  const steep = group.reduce((sum, { steepness }) => sum + steepness, 0) / group.length;
  const bottoms = group.map(({ bottom }) => bottom).sort((a, b) => a - b);
  const base = bottoms[bottoms.length >> 1];
  const tolerance = Math.max(1, 0.12 * median);
  const aligned = group.filter(({ bottom }) => Math.abs(bottom - base) <= tolerance).length / group.length;
  const many = Math.min(1, group.length / 8);
  return {
    left: Math.min(...group.map(({ left }) => left)),
    top: Math.min(...group.map(({ top }) => top)),
    right: Math.max(...group.map(({ right }) => right)),
    bottom: Math.max(...group.map(({ bottom }) => bottom)),
    score: (aligned + alike + steep + many) / 4,
    heights: median,
  };
}

/** A line is longer than it is high, and not much higher than its letters: chains of shadows wander. */
function isLine({ left, top, right, bottom, heights }: Measured): boolean {
  return right - left >= 1.2 * (bottom - top) && bottom - top <= 2.2 * heights;
}
