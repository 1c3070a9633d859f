// Ranges that leave outliers out: counts of the numbers that a value takes, and two rules for where to cut them off.
//
// One far number stretches a range of 255 codes over emptiness. Cutting it off costs that number and gives all others finer codes. Which trade is best depends on the network,
// so the choice is the user's and the gate's (Wu et al. 2020, https://arxiv.org/abs/2004.09602, compares the three rules).
import type { Range } from "./quantize.ts";

/** Bins of one value; the steps that cuts can be made in. */
const BINS = 2048;

/** How often numbers between two ends came, in bins of one width. */
export interface Histogram {
  readonly low: number;
  readonly width: number;
  readonly counts: Float64Array;
}

/** An empty one over the range; numbers outside count in the first or last bin. */
export function emptyHistogram({ min, max }: Range): Histogram {
  return { low: min, width: (max - min) / BINS, counts: new Float64Array(BINS) };
}

export function addNumbers({ low, width, counts }: Histogram, numbers: Float32Array): void {
  // A value that never changes has a width of 0: all its numbers are in the first bin.
  const scale = width > 0 ? 1 / width : 0;
  for (let i = 0; i < numbers.length; i++) {
    const bin = Math.floor((numbers[i]! - low) * scale);
    counts[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]!++;
  }
}

/** The range between the bins that leave at most (100 - percentile) % of the numbers outside at each end. */
export function percentileRange({ low, width, counts }: Histogram, percentile: number): Range {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const allowed = (all * (100 - percentile)) / 100;
  let [first, last] = [0, BINS - 1];
  for (let outside = 0; first < last && outside + counts[first]! <= allowed; first++) outside += counts[first]!;
  for (let outside = 0; last > first && outside + counts[last]! <= allowed; last--) outside += counts[last]!;
  return { min: low + first * width, max: low + (last + 1) * width };
}

/** Codes that one sign of a value has, and all that a value without negative numbers has. */
const LEVELS = { signed: 128, positive: 256 } as const;

/**
 * The range whose codes tell least less than the numbers themselves: the cut with the smallest Kullback-Leibler divergence between the numbers' sizes up to the cut, those above it put into
 * the last bin, and the same in as few levels as there are codes (Migacz 2017, "8-bit inference with TensorRT", GTC). Counts are looked at by size, so both ends are cut alike.
 */
export function entropyRange(histogram: Histogram): Range {
  const { low, width, counts } = histogram;
  const high = low + width * BINS;
  const most = Math.max(Math.abs(low), Math.abs(high));
  if (!(most > 0) || width === 0) return { min: low, max: high };
  const sizes = new Float64Array(BINS);
  counts.forEach((n, bin) => {
    const middle = Math.abs(low + (bin + 0.5) * width);
    sizes[Math.min(BINS - 1, Math.floor((middle / most) * BINS))]! += n;
  });
  const levels = low < 0 ? LEVELS.signed : LEVELS.positive;
  let [best, least] = [BINS, Number.POSITIVE_INFINITY];
  let outliers = sizes.reduce((sum, n, bin) => (bin >= levels ? sum + n : sum), 0);
  for (let kept = levels; kept <= BINS; kept++) {
    const found = divergence(sizes, kept, outliers, levels);
    if (found < least) [best, least] = [kept, found];
    outliers -= sizes[kept] ?? 0;
  }
  const cut = (best / BINS) * most;
  return { min: Math.max(low, -cut), max: Math.min(high, cut) };
}

/** Of the first `kept` bins, outliers in the last, against the same bins in `levels` levels spread evenly over those that hold anything. */
function divergence(sizes: Float64Array, kept: number, outliers: number, levels: number): number {
  const all = sizes.subarray(0, kept).reduce((sum, n) => sum + n, 0);
  if (all === 0) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [Math.floor((level * kept) / levels), Math.floor(((level + 1) * kept) / levels)];
    let [mass, filled] = [0, 0];
    for (let bin = from; bin < to; bin++) {
      mass += sizes[bin]!;
      if (sizes[bin]! > 0) filled++;
    }
    for (let bin = from; bin < to; bin++) {
      const p = (sizes[bin]! + (bin === kept - 1 ? outliers : 0)) / (all + outliers);
      if (p === 0) continue;
      // An empty last bin that outliers fall into has no counterpart; as little as can be keeps the divergence finite.
      const q = sizes[bin]! > 0 ? mass / filled / all : Number.EPSILON;
      sum += p * Math.log(p / q);
    }
  }
  return sum;
}
