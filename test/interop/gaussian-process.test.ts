// The Gaussian process of the search, judged live by scikit-learn's (Debian's python3-sklearn) on fresh random data.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createRandom } from "../../main/models/random.ts";
import { condition, fitGaussianProcess, marginalLikelihood } from "../../main/training/search/gaussian-process.ts";

const SCRIPT = fileURLToPath(new URL("./gaussian-process.py", import.meta.url));
const seed = Date.now() % 2 ** 32;
const random = createRandom(seed, 1);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

interface Theirs {
  mean: number[];
  variance: number[];
  value: number;
  gradient: number[];
}
const judged = (problems: readonly object[]): Theirs[] =>
  JSON.parse(execFileSync("/usr/bin/python3", [SCRIPT], { input: JSON.stringify(problems) }).toString()) as Theirs[];

const near = (ours: number, theirs: number, what: string) =>
  expect(Math.abs(ours - theirs), `${what}, seed ${seed}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(theirs)));

test("posterior, marginal likelihood and its gradient are scikit-learn's, to 1e-6", () => {
  const problems = times(20, (i) => {
    const d = 1 + (i % 6);
    const x = times(5 + 2 * i, () => times(d, () => random.uniform()));
    return {
      ...{ x, y: x.map((row) => Math.sin(5 * row[0]!) + 0.1 * random.normal()) },
      at: times(10, () => times(d, () => random.uniform())),
      logLengths: times(d, () => Math.log(0.2 + random.uniform())),
      ...{ logVariance: random.normal(), logNoise: Math.log(1e-3) + random.normal() },
    };
  });
  for (const [i, theirs] of judged(problems).entries()) {
    const problem = problems[i]!;
    const process = condition(problem.x, problem.y, problem);
    for (const [j, at] of problem.at.entries()) {
      const { mean, variance } = process.predict(at);
      near(mean, theirs.mean[j]!, "mean");
      near(variance, theirs.variance[j]!, "variance");
    }
    const ours = marginalLikelihood(problem.x, problem.y, problem)!;
    near(ours.value, theirs.value, "likelihood");
    theirs.gradient.forEach((slope, axis) => {
      near(ours.gradient[axis]!, slope, `slope ${axis}`);
    });
  }
});

test("a fit finds out which of four dimensions matter, and how noisy the measurements are", () => {
  const x = times(60, () => times(4, () => random.uniform()));
  const y = x.map((row) => Math.sin(6 * row[0]!) + row[1]! ** 2 + 0.1 * random.normal());
  const { logLengths, logNoise } = fitGaussianProcess(x, y).hyperparameters;
  for (const idle of [2, 3]) expect(logLengths[idle], `seed ${seed}`).toBeGreaterThan(logLengths[0]!);
  expect(Math.exp(0.5 * logNoise), `seed ${seed}`).toBeGreaterThan(0.05);
  expect(Math.exp(0.5 * logNoise), `seed ${seed}`).toBeLessThan(0.2);
});
