// Exact Euclidean distance from every pixel to the nearest marked one, in two and three dimensions, in linear time.
//
// Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", Theory of Computing 8 (2012), https://doi.org/10.4086/toc.2012.v008a019:
// one pass over each axis; in each, the lower envelope of the parabolas that stand on a line's pixels. Spacings may differ between axes.
// Lines across the memory are gathered sixteen at a time: pixels of neighbouring lines share a cache line, and frames are often a power of two wide.

/** Pixels of a volume; a single frame has one slice. */
export type Extent = readonly [slices: number, rows: number, columns: number];
/** Distance of neighbouring pixels' centres, in mm. */
export type Spacing = readonly [slices: number, rows: number, columns: number];

const BLOCK = 16;

/** Squared distance, in mm², from each pixel's centre to that of the nearest pixel with `marked`; Infinity everywhere when there is none. */
export function squaredDistances(marked: ArrayLike<number>, extent: Extent, spacing: Spacing): Float64Array {
  const [slices, rows, columns] = extent;
  const squares = alongColumns(marked, extent, spacing[2]);
  for (let slice = 0; slice < slices; slice++) {
    acrossLines(squares, slice * rows * columns, columns, rows, columns, spacing[1]);
  }
  acrossLines(squares, 0, rows * columns, slices, rows * columns, spacing[0]);
  return squares;
}

/** The first axis needs no envelope: the nearest mark of a row is the last one seen from the left or from the right. */
function alongColumns(marked: ArrayLike<number>, [slices, rows, columns]: Extent, step: number): Float64Array {
  const squares = new Float64Array(slices * rows * columns);
  for (let start = 0; start < squares.length; start += columns) {
    let away = Number.POSITIVE_INFINITY;
    for (let i = start; i < start + columns; i++) {
      away = marked[i] ? 0 : away + 1;
      squares[i] = away;
    }
    away = Number.POSITIVE_INFINITY;
    for (let i = start + columns - 1; i >= start; i--) {
      away = marked[i] ? 0 : away + 1;
      const mm = Math.min(away, squares[i]) * step;
      squares[i] = mm * mm;
    }
  }
  return squares;
}

/** Lines of `length` pixels `stride` apart, one beginning at each of `count` neighbours from `start`. */
function acrossLines(
  squares: Float64Array,
  start: number,
  count: number,
  length: number,
  stride: number,
  step: number,
): void {
  if (length < 2) return;
  const before = new Float64Array(BLOCK * length);
  const after = new Float64Array(BLOCK * length);
  const feet = new Int32Array(length);
  const borders = new Float64Array(length);
  for (let first = 0; first < count; first += BLOCK) {
    const width = Math.min(BLOCK, count - first);
    for (let i = 0; i < length; i++) {
      const from = start + i * stride + first;
      for (let line = 0; line < width; line++) before[line * length + i] = squares[from + line];
    }
    for (let line = 0; line < width; line++) envelope(before, after, line * length, length, step, feet, borders);
    for (let i = 0; i < length; i++) {
      const to = start + i * stride + first;
      for (let line = 0; line < width; line++) squares[to + line] = after[line * length + i];
    }
  }
}

/** For each pixel of a line the least of `before[q] + (step (p - q))²` over its pixels q. */
function envelope(
  before: Float64Array,
  after: Float64Array,
  offset: number,
  length: number,
  step: number,
  feet: Int32Array,
  borders: Float64Array,
): void {
  const weight = step * step;
  let last = -1;
  for (let q = 0; q < length; q++) {
    const height = before[offset + q];
    if (height === Number.POSITIVE_INFINITY) continue;
    let border = Number.NEGATIVE_INFINITY;
    while (last >= 0) {
      const foot = feet[last];
      border = ((height - before[offset + foot]) / weight + q * q - foot * foot) / (2 * (q - foot));
      if (border > borders[last]) break;
      last--;
    }
    last++;
    feet[last] = q;
    borders[last] = last === 0 ? Number.NEGATIVE_INFINITY : border;
  }
  if (last < 0) {
    after.fill(Number.POSITIVE_INFINITY, offset, offset + length);
    return;
  }
  let k = 0;
  for (let p = 0; p < length; p++) {
    while (k < last && borders[k + 1] < p) k++;
    const away = p - feet[k];
    after[offset + p] = before[offset + feet[k]] + weight * away * away;
  }
}
