// Intervals by resampling: cases are drawn again with replacement, whole patients where cases of a patient belong together.
//
// Percentile and BCa (bias-corrected and accelerated) intervals: Efron, JASA 82 (1987); DiCiccio and Efron, Statistical Science 11 (1996),
// https://doi.org/10.1214/ss/1032280214. The same resamples give scipy.stats.bootstrap's figures. Where scipy has no BCa interval (NaN) there is one
// here: see `intervalOf`. Seeded: same seed, same interval.

import { normalCdf, normalQuantile } from "./distributions.ts";

/** A figure with its interval; null where there is a figure but no way to an interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** A figure of the cases with these indices, which repeat; null where it is undefined. The array is used again: keep nothing of it. */
export type Statistic = (cases: Int32Array) => number | null;
/** Several figures of the same cases, always as many: counting is done once for all of them. */
export type Statistics = (cases: Int32Array) => readonly (number | null)[];

export type BootstrapMethod = "percentile" | "bca";

export interface BootstrapSettings {
  readonly seed: number;
  /** 2,000 unless said. */
  readonly resamples?: number;
  /** 0.95 unless said. */
  readonly level?: number;
  /** BCa unless said. */
  readonly method?: BootstrapMethod;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;
/** With more units the acceleration, which falls with their square root, counts as 0: leaving out each one in turn would take longer than it matters. */
const MOST_LEFT_OUT = 4000;
/** Resamples that give the figure itself count half. They can differ from it by rounding alone: the same cases are summed in another order. */
const SAME = 1e-12;
/** An interval needs this part of the resamples to have a figure. */
const DEFINED_LEAST = 0.5;

/**
 * `units[u]` are the indices of the cases that are drawn together: those of a patient, or one alone. The interval is null for fewer than two
 * units, and where more than half of the resamples have no figure; the others are left out. null where the figure itself is undefined.
 */
export function bootstrap(
  units: readonly (readonly number[])[],
  statistic: Statistic,
  settings: BootstrapSettings,
): Estimate | null {
  return bootstrapAll(units, (cases) => [statistic(cases)], settings)[0];
}

/** The same for several figures, each over the same resamples. */
export function bootstrapAll(
  units: readonly (readonly number[])[],
  statistics: Statistics,
  { seed, resamples = RESAMPLES, level = LEVEL, method = "bca" }: BootstrapSettings,
): (Estimate | null)[] {
  const buffer = new Int32Array(units.length * units.reduce((most, unit) => Math.max(most, unit.length), 0));
  const figuresOf = (chosen: (n: number) => number, count: number): readonly (number | null)[] => {
    let length = 0;
    for (let n = 0; n < count; n++) for (const index of units[chosen(n)]) buffer[length++] = index;
    return statistics(buffer.subarray(0, length));
  };
  const values = figuresOf((n) => n, units.length);
  const resampled = values.map((): number[] => []);
  const leftOut = values.map((): number[] => []);
  const keep = (lists: number[][], figures: readonly (number | null)[]): void => {
    for (const [i, figure] of figures.entries()) if (figure !== null) lists[i].push(figure);
  };
  if (units.length > 1) {
    const below = randomBelow(seed);
    for (let round = 0; round < resamples; round++) {
      keep(
        resampled,
        figuresOf(() => below(units.length), units.length),
      );
    }
    if (method === "bca" && units.length <= MOST_LEFT_OUT) {
      for (let out = 0; out < units.length; out++) {
        keep(
          leftOut,
          figuresOf((n) => (n < out ? n : n + 1), units.length - 1),
        );
      }
    }
  }
  return values.map((value, i) => {
    if (value === null) return null;
    const enough = units.length > 1 && resampled[i].length >= DEFINED_LEAST * resamples;
    return enough
      ? { value, ...intervalOf(value, resampled[i], leftOut[i], level, method) }
      : { value, low: null, high: null };
  });
}

/**
 * The interval from what resamples gave, and, for BCa, from what was left with each unit out. BCa without any of those, or with all alike, has
 * no acceleration; where the figure lies outside all of its resamples its bias has no measure, and the percentile interval is given.
 */
export function intervalOf(
  value: number,
  resampled: ArrayLike<number>,
  leftOut: ArrayLike<number>,
  level: number,
  method: BootstrapMethod,
): { low: number; high: number } {
  const ascending = Float64Array.from(resampled).sort();
  const [lowest, highest] = [(1 - level) / 2, (1 + level) / 2];
  const [low, high] = method === "bca" ? shifted(value, ascending, leftOut, lowest, highest) : [lowest, highest];
  return { low: quantile(ascending, low), high: quantile(ascending, high) };
}

function shifted(
  value: number,
  ascending: Float64Array,
  leftOut: ArrayLike<number>,
  lowest: number,
  highest: number,
): readonly [number, number] {
  let below = 0;
  const near = SAME * Math.max(1, Math.abs(value));
  for (const figure of ascending) below += Math.abs(figure - value) <= near ? 0.5 : figure < value ? 1 : 0;
  const bias = normalQuantile(below / ascending.length);
  if (!Number.isFinite(bias)) return [lowest, highest];
  const acceleration = accelerationOf(leftOut);
  const shift = (p: number): number => {
    const z = bias + normalQuantile(p);
    return normalCdf(bias + z / (1 - acceleration * z));
  };
  return [shift(lowest), shift(highest)];
}

function accelerationOf(leftOut: ArrayLike<number>): number {
  const figures = Array.from(leftOut);
  const mean = figures.reduce((sum, x) => sum + x, 0) / figures.length;
  const squares = figures.reduce((sum, x) => sum + (mean - x) ** 2, 0);
  const cubes = figures.reduce((sum, x) => sum + (mean - x) ** 3, 0);
  const spread = squares ** 1.5;
  return spread > 0 ? cubes / (6 * spread) : 0;
}

/** Linear interpolation between the two nearest of ascending values. */
function quantile(ascending: Float64Array, q: number): number {
  const position = q * (ascending.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (position - below) * (ascending[above] - ascending[below]);
}

/** Whole numbers below a bound, without bias, from splitmix32 (Steele, Lea and Flood 2014, in 32 bits). Not for secrets. */
export function randomBelow(seed: number): (bound: number) => number {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return (bound) => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = next();
    while (value >= limit) value = next();
    return value % bound;
  };
}
