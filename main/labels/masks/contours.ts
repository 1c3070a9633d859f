// Mask -> polygons: outlines and holes along the edges of pixels, so that filling them again gives the same mask, pixel for pixel.
//
// Every side between foreground and background becomes a step with the foreground on its right; steps are walked into rings, turning right where two
// pixels meet at a corner only. So each piece of 4 neighbours has one outline, clockwise on the screen, and its holes run the other way: even-odd and
// nonzero filling both give the mask back. Only corners are kept as points.

import { labelPieces } from "./components.ts";
import type { Ring } from "./polygon-fill.ts";
import { assertMask, bytesOfMask, type Mask, maskBounds, type PixelBounds } from "./runs.ts";

/** Rings in whole image pixels; see `Ring`. */
export interface Outline {
  readonly outer: Ring;
  readonly holes: readonly Ring[];
}

/** Directions in the order of right turns: east, south, west, north. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;
const EAST = 0;

/** The outlines of a mask's pieces, in the order of their first pixels. A ring may have more points than the contract lets a polygon have (20,000). */
export function outlines(mask: Mask): Outline[] {
  assertMask(mask);
  const bounds = maskBounds(mask);
  if (bounds === null) return [];
  const width = bounds.right - bounds.left + 1;
  const steps = stepsAround(bytesOfMask(mask), mask.columns, bounds);
  const pieceAt = pieceFinder(mask);
  const found = new Map<number, { outer: Ring; holes: Ring[] }>();
  for (let corner = 0; corner < steps.length; corner++) {
    if ((steps[corner] & (1 << EAST)) === 0) continue;
    const ring = walk(steps, corner, width, bounds);
    const piece = pieceAt(ring[1], ring[0]);
    // A piece's first corner lies on its outline: its holes come later.
    const outline = found.get(piece);
    if (outline === undefined) found.set(piece, { outer: ring, holes: [] });
    else outline.holes.push(ring);
  }
  return [...found.values()];
}

/** For every corner of the pixels within bounds, bit d set when a step leaves it in direction d. */
function stepsAround(bytes: Uint8Array, columns: number, { top, left, bottom, right }: PixelBounds): Uint8Array {
  const width = right - left + 1;
  const steps = new Uint8Array((bottom - top + 1) * width);
  const at = (row: number, column: number): boolean =>
    row >= top && row < bottom && column >= left && column < right && bytes[row * columns + column] === 1;
  let corner = 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++, corner++) {
      const [northWest, northEast] = [at(y - 1, x - 1), at(y - 1, x)];
      const [southWest, southEast] = [at(y, x - 1), at(y, x)];
      steps[corner] =
        (southEast && !northEast ? 1 : 0) |
        (southWest && !southEast ? 2 : 0) |
        (northWest && !southWest ? 4 : 0) |
        (northEast && !northWest ? 8 : 0);
    }
  }
  return steps;
}

/** Walks one ring from a step east and takes its steps away. It begins at a corner: none of the ring lies to the left in this row or above it. */
function walk(steps: Uint8Array, start: number, width: number, { top, left }: PixelBounds): number[] {
  const ring: number[] = [];
  let [corner, direction, turned] = [start, EAST, true];
  for (;;) {
    if (turned) ring.push(left + (corner % width), top + Math.floor(corner / width));
    const [dx, dy] = STEPS[direction];
    corner += dx + dy * width;
    const next = turnAt(steps[corner], direction);
    if (corner === start && next === EAST) break;
    steps[corner] &= ~(1 << next);
    turned = next !== direction;
    direction = next;
  }
  steps[start] &= ~(1 << EAST);
  return ring;
}

/** Right where a step leaves that way, else straight on, else left: as many steps leave a corner as arrive. */
function turnAt(leaving: number, direction: number): number {
  const right = (direction + 1) % 4;
  if (leaving & (1 << right)) return right;
  return leaving & (1 << direction) ? direction : (direction + 3) % 4;
}

/** Which piece of 4 neighbours a foreground pixel is of, by halving over the stretches. */
function pieceFinder(mask: Mask): (row: number, column: number) => number {
  const { stretches, pieces } = labelPieces(mask, 4);
  return (row, column) => {
    let [low, high] = [0, stretches.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const { row: r, from } = stretches[middle];
      if (r < row || (r === row && from <= column)) low = middle;
      else high = middle - 1;
    }
    return pieces[low];
  };
}
