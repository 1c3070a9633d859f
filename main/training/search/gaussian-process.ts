// Gaussian process regression: what measured points say about all others, with how sure they are.
//
// Matérn 5/2 kernel with a length for each dimension (automatic relevance determination), a variance, and noise. Lengths, variance and noise
// maximise the marginal likelihood times a weak prior, by its gradient (Rasmussen and Williams 2006, http://gaussianprocess.org/gpml/, algorithm
// 2.1 and equation 5.9). The prior on lengths grows with the root of the dimension (Hvarfner et al. 2024, https://arxiv.org/abs/2402.02229).
import { minimise } from "./bfgs.ts";
import { cholesky, inverse, solveLower, solveUpper } from "./cholesky.ts";

/** Logarithms of the kernel's numbers, which are all positive. */
export interface Hyperparameters {
  readonly logLengths: readonly number[];
  readonly logVariance: number;
  readonly logNoise: number;
}

export interface GaussianProcess {
  readonly hyperparameters: Hyperparameters;
  /** The mean and the variance of the function at `x`, without the noise of a measurement. */
  predict(x: ArrayLike<number>): { mean: number; variance: number };
}

type Points = readonly ArrayLike<number>[];

const ROOT5 = Math.sqrt(5);

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>, lengths: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const step = (a[i]! - b[i]!) / lengths[i]!;
    sum += step * step;
  }
  return sum;
}

function matern(squared: number, variance: number): number {
  const r = ROOT5 * Math.sqrt(squared);
  return variance * (1 + r + (5 / 3) * squared) * Math.exp(-r);
}

/** Kernel of all pairs with the noise on the diagonal, row by row. */
function kernelMatrix(x: Points, { logLengths, logVariance, logNoise }: Hyperparameters): Float64Array {
  const n = x.length;
  const [lengths, variance, noise] = [logLengths.map(Math.exp), Math.exp(logVariance), Math.exp(logNoise)];
  const k = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) k[i * n + j] = k[j * n + i] = matern(squaredDistance(x[i]!, x[j]!, lengths), variance);
    k[i * n + i] = variance + noise;
  }
  return k;
}

/**
 * Logarithm of the density of `y` at `x` (zero mean), and its gradient in the order lengths, variance, noise, all by their logarithms. Null where the
 * kernel is not positive definite within rounding.
 */
export function marginalLikelihood(
  x: Points,
  y: ArrayLike<number>,
  hyperparameters: Hyperparameters,
): { value: number; gradient: Float64Array } | null {
  const n = x.length;
  const factor = cholesky(kernelMatrix(x, hyperparameters), n);
  if (!factor) return null;
  const alpha = solveUpper(factor, n, solveLower(factor, n, y));
  let value = -0.5 * n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++) value -= 0.5 * y[i]! * alpha[i]! + Math.log(factor[i * n + i]!);

  const inverted = inverse(factor, n);
  const lengths = hyperparameters.logLengths.map(Math.exp);
  const [variance, noise] = [Math.exp(hyperparameters.logVariance), Math.exp(hyperparameters.logNoise)];
  const d = lengths.length;
  const gradient = new Float64Array(d + 2);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      // Twice a half: the matrices are symmetric.
      const outer = alpha[i]! * alpha[j]! - inverted[i * n + j]!;
      const squared = squaredDistance(x[i]!, x[j]!, lengths);
      const r = ROOT5 * Math.sqrt(squared);
      const slope = variance * (5 / 3) * (1 + r) * Math.exp(-r) * outer;
      for (let axis = 0; axis < d; axis++) {
        const step = (x[i]![axis]! - x[j]![axis]!) / lengths[axis]!;
        gradient[axis]! += slope * step * step;
      }
      gradient[d]! += matern(squared, variance) * outer;
    }
    const own = 0.5 * (alpha[i]! * alpha[i]! - inverted[i * n + i]!);
    gradient[d]! += variance * own;
    gradient[d + 1]! += noise * own;
  }
  return { value, gradient };
}

/** The process given `y` at `x` and these hyperparameters. Throws a RangeError where two points coincide and there is no noise. */
export function condition(x: Points, y: ArrayLike<number>, hyperparameters: Hyperparameters): GaussianProcess {
  const n = x.length;
  const factor = cholesky(kernelMatrix(x, hyperparameters), n);
  if (!factor) throw new RangeError("The kernel of these points is not positive definite. Give it more noise.");
  const alpha = solveUpper(factor, n, solveLower(factor, n, y));
  const [lengths, variance] = [hyperparameters.logLengths.map(Math.exp), Math.exp(hyperparameters.logVariance)];
  const towards = new Float64Array(n);
  return {
    hyperparameters,
    predict: (at) => {
      let mean = 0;
      for (let i = 0; i < n; i++) {
        towards[i] = matern(squaredDistance(at, x[i]!, lengths), variance);
        mean += towards[i]! * alpha[i]!;
      }
      const v = solveLower(factor, n, towards);
      let known = 0;
      for (let i = 0; i < n; i++) known += v[i]! * v[i]!;
      return { mean, variance: Math.max(variance - known, 1e-12 * variance) };
    },
  };
}

/** Mean and deviation of the normal priors on the logarithms. */
const VARIANCE_PRIOR = [0, 1] as const;
const NOISE_PRIOR = [Math.log(1e-4), 3] as const;
/** Where the climb begins: short lengths with some noise, long ones with little; each may lead to another explanation of the same data. */
const STARTS = [
  { length: 0.3, noise: 1e-2 },
  { length: 1.2, noise: 1e-4 },
];
/** Below that the kernel loses its digits. */
const LEAST_NOISE = Math.log(1e-8);

/**
 * Fits a process to `y` (about mean 0 and deviation 1) at points `x` of the unit cube. Cost: some fifty times the cube of the number of points.
 */
export function fitGaussianProcess(x: Points, y: ArrayLike<number>): GaussianProcess {
  const d = x[0]!.length;
  const priors: (readonly [number, number])[] = [
    ...Array.from({ length: d }, () => [Math.SQRT2 + 0.5 * Math.log(d) - 1, Math.sqrt(3)] as const),
    VARIANCE_PRIOR,
    NOISE_PRIOR,
  ];
  const unpack = (theta: ArrayLike<number>): Hyperparameters => ({
    logLengths: Array.from({ length: d }, (_, i) => theta[i]!),
    logVariance: theta[d]!,
    logNoise: Math.max(LEAST_NOISE, theta[d + 1]!),
  });
  const loss = (theta: Float64Array) => {
    const likelihood = marginalLikelihood(x, y, unpack(theta));
    if (!likelihood || !Number.isFinite(likelihood.value)) return null;
    let value = -likelihood.value;
    const gradient = likelihood.gradient.map((slope) => -slope);
    if (theta[d + 1]! <= LEAST_NOISE) gradient[d + 1] = 0;
    for (const [i, [mean, deviation]] of priors.entries()) {
      const z = (theta[i]! - mean) / deviation;
      value += 0.5 * z * z;
      gradient[i]! += z / deviation;
    }
    return { value, gradient };
  };
  const found = STARTS.map(({ length, noise }) =>
    minimise(loss, [...Array.from({ length: d }, () => Math.log(length)), 0, Math.log(noise)], 40),
  )
    .filter((end) => end !== null)
    .sort((a, b) => a.value - b.value)[0];
  const theta = found?.at ?? Float64Array.from([...Array.from({ length: d }, () => Math.log(0.5)), 0, Math.log(1e-2)]);
  return condition(x, y, unpack(theta));
}
