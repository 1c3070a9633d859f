// Bayesian search: a Gaussian process of what was measured, and next the configuration with the largest expected improvement.
//
// Numbers are one coordinate of the process each, choices one for each option, absent parameters the middle (so that they tell nothing). Expected improvement
// (Jones et al. 1998, https://doi.org/10.1023/A:1008306431147) is compared by its logarithm, which still tells points apart where it is tiny (Ament et
// al. 2023, https://arxiv.org/abs/2310.20708). Trials that still run are believed to give what the process expects, so parallel trials spread.
import { createRandom, type Random } from "../../models/random.ts";
import { condition, fitGaussianProcess, type GaussianProcess } from "./gaussian-process.ts";
import { haltonPoint } from "./halton.ts";
import { type Configuration, configurationAt, exists, type SearchSpace, type Trial, unitOf } from "./space.ts";

const PURPOSE = 0x6a0;
/** Points all over, points around each of the best so far, and the best of all of them that are improved by small moves. */
const EVERYWHERE = 1000;
const LEADERS = 4;
const AROUND = 60;
const CLIMBERS = 4;
const MOVES = 100;

/** The next configuration. `trials` hold at least two that finished. */
export function askBayesian(space: SearchSpace, trials: readonly Trial[], seed: number): Configuration {
  const random = createRandom(seed, PURPOSE, trials.length);
  const done = trials.filter(({ value }) => value !== null);
  const y = standardised(done.map(({ value }) => value!));
  const x = done.map(({ configuration }) => coordinates(space, configuration));
  let process = fitGaussianProcess(x, y);
  for (const { configuration } of trials.filter(({ value }) => value === null)) {
    const at = coordinates(space, configuration);
    y.push(process.predict(at).mean);
    x.push(at);
    process = condition(x, y, process.hyperparameters);
  }
  // The lowest of what the process says of the points measured: with noise the lowest measurement is luck.
  const best = Math.min(...x.map((at) => process.predict(at).mean));
  const score = (point: Float64Array): number => {
    const configuration = configurationAt(space, point);
    return logExpectedImprovement(process, coordinates(space, configuration), best);
  };
  const leaders = done
    .map(({ configuration }, i) => ({ point: pointOf(space, configuration), y: y[i]! }))
    .sort((a, b) => a.y - b.y)
    .slice(0, LEADERS);
  const points = [
    ...Array.from({ length: EVERYWHERE }, (_, i) => shifted(haltonTable(i, space.length), random)),
    ...leaders.flatMap(({ point }) => Array.from({ length: AROUND }, (_, i) => moved(point, 0.3 * 0.9 ** i, random))),
  ];
  const climbers = points
    .map((point) => ({ point, score: score(point) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, CLIMBERS)
    .map((from) => climb(from, score, random))
    .sort((a, b) => b.score - a.score);
  return configurationAt(space, climbers[0]!.point);
}

/** Better and better neighbours of a point, nearer as fewer are better. */
function climb(
  from: { point: Float64Array; score: number },
  score: (point: Float64Array) => number,
  random: Random,
): { point: Float64Array; score: number } {
  let here = from;
  let size = 0.1;
  for (let move = 0; move < MOVES; move++) {
    const point = moved(here.point, size, random);
    const there = score(point);
    if (there > here.score) {
      here = { point, score: there };
      size = Math.min(0.2, size * 1.5);
    } else size *= 0.93;
  }
  return here;
}

/** Mean 0, deviation 1; failures get the worst value, and values far above the middle are drawn in, since only the low end matters. */
export function standardised(values: readonly number[]): number[] {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  const [lowest, middle] = [finite[0] ?? 0, finite[finite.length >> 1] ?? 0];
  const worst = finite.at(-1) ?? 0;
  // Where most share the lowest value, the others are all there is to learn from.
  const highest = middle > lowest ? Math.min(worst, middle + 3 * (middle - lowest)) : worst;
  const kept = values.map((value) => (Number.isFinite(value) ? Math.min(value, Math.max(highest, middle)) : highest));
  const mean = kept.reduce((a, b) => a + b, 0) / kept.length;
  const deviation = Math.sqrt(kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length) || 1;
  return kept.map((value) => (value - mean) / deviation);
}

/** A configuration as the process sees it. */
export function coordinates(space: SearchSpace, configuration: Configuration): number[] {
  return space.flatMap((parameter) => {
    const here = exists(parameter, configuration);
    const value = configuration[parameter.name]!;
    if (parameter.kind !== "choice") return [here ? unitOf(parameter, value) : 0.5];
    return parameter.options.map((option) => (here ? (option === value ? 1 : 0) : 0.5));
  });
}

const pointOf = (space: SearchSpace, configuration: Configuration): Float64Array =>
  Float64Array.from(space, (parameter) =>
    exists(parameter, configuration) ? unitOf(parameter, configuration[parameter.name]!) : 0.5,
  );

/** The same even points for every search, moved as a whole (Cranley and Patterson 1976). */
const tables = new Map<number, Float64Array[]>();
function haltonTable(index: number, dimensions: number): Float64Array {
  const table = tables.get(dimensions) ?? Array.from({ length: EVERYWHERE }, (_, i) => haltonPoint(i, dimensions, 0));
  tables.set(dimensions, table);
  return table[index]!;
}
function shifted(point: Float64Array, random: Random): Float64Array {
  return point.map((v) => (v + random.uniform()) % 1);
}

/** Each coordinate moves with one half chance, at least one does. */
function moved(point: Float64Array, size: number, random: Random): Float64Array {
  const must = random.below(point.length);
  return point.map((v, i) => (i === must || random.uniform() < 0.5 ? reflect(v + size * random.normal()) : v));
}

const reflect = (v: number): number => {
  const folded = Math.abs(v) % 2;
  return folded > 1 ? 2 - folded : folded;
};

function logExpectedImprovement(process: GaussianProcess, at: readonly number[], best: number): number {
  const { mean, variance } = process.predict(at);
  const deviation = Math.sqrt(variance);
  return Math.log(deviation) + logImprovement((best - mean) / deviation);
}

/** log(density(z) + z distribution(z)) of the normal distribution, without loss for z far below 0. */
export function logImprovement(z: number): number {
  const logDensity = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI);
  if (z > 0) return Math.log(Math.exp(logDensity) + z * (1 - Math.exp(logDensity) * millsRatio(z)));
  return z < -1000 ? logDensity - 2 * Math.log(-z) : logDensity + Math.log1p(z * millsRatio(-z));
}

/**
 * Upper tail over density of the normal distribution for x >= 0: a series near 0, the continued fraction (Abramowitz and Stegun 26.2.14) beyond.
 */
function millsRatio(x: number): number {
  if (x < 2.5) {
    // The part from 0 to x over the density is x + x^3/3 + x^5/15 + ...
    let [term, sum] = [x, x];
    for (let k = 3; term > 1e-17 * sum; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return Math.sqrt(Math.PI / 2) * Math.exp(0.5 * x * x) - sum;
  }
  let fraction = 0;
  for (let k = 100; k > 0; k--) fraction = k / (x + fraction);
  return 1 / (x + fraction);
}
