// How much each hyperparameter mattered: what share of the differences between configurations goes away when it alone is held still.
//
// Sobol's total index over the Gaussian process of the trials, configurations being drawn evenly from the space; interactions count for each that takes part,
// so the shares may sum to more than 1 (Sobol 2001, https://doi.org/10.1016/S0378-4754(00)00270-6; estimator of Jansen 1999,
// https://doi.org/10.1016/S0010-4655(98)00154-4). It describes what the process believes, so it is as good as the trials are many.
import { createRandom } from "../../models/random.ts";
import { coordinates, standardised } from "./bayesian.ts";
import { fitGaussianProcess } from "./gaussian-process.ts";
import { configurationAt, type SearchSpace, type Trial } from "./space.ts";

const PURPOSE = 0x1b0;
const DRAWS = 512;

/** A share for each parameter of `space`, from 0 to 1, in its order. Null with fewer than two finished trials or where all came out the same. */
export function importance(space: SearchSpace, trials: readonly Trial[]): number[] | null {
  const done = trials.filter(({ value }) => value !== null);
  if (done.length < 2 || done.every(({ value }) => Object.is(value, done[0]!.value))) return null;
  const x = done.map(({ configuration }) => coordinates(space, configuration));
  const process = fitGaussianProcess(x, standardised(done.map(({ value }) => value!)));
  const expected = (point: Float64Array): number =>
    process.predict(coordinates(space, configurationAt(space, point))).mean;

  const random = createRandom(PURPOSE, done.length);
  const draw = () => Float64Array.from(space, () => random.uniform());
  const pairs = Array.from({ length: DRAWS }, () => ({ from: draw(), to: draw() }));
  const values = pairs.map(({ from }) => expected(from));
  const mean = values.reduce((a, b) => a + b) / DRAWS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  if (!(variance > 1e-12)) return null;
  return space.map((_, axis) => {
    let sum = 0;
    for (const [i, { from, to }] of pairs.entries()) sum += (values[i]! - expected(from.with(axis, to[axis]!))) ** 2;
    return Math.min(1, sum / (2 * DRAWS * variance));
  });
}
