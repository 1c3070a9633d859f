import { expect, test } from "vitest";
import { createRandom } from "../../../main/models/random.ts";
import { type HalvingOptions, type HalvingTrial, nextHalving, rungs } from "../../../main/training/search/halving.ts";

const OPTIONS: HalvingOptions = { shortest: 1, longest: 27 };
const at = (values: number[], running = false, bracket = 0): HalvingTrial => ({ bracket, values, running });

test("rungs grow threefold from the shortest training to the longest", () => {
  expect(rungs(OPTIONS)).toEqual([1, 3, 9, 27]);
  expect(rungs(OPTIONS, 2)).toEqual([9, 27]);
  expect(rungs({ shortest: 2, longest: 10, reduction: 2 })).toEqual([2, 4, 8, 10]);
  expect(rungs({ shortest: 5, longest: 5 })).toEqual([5]);
});

test("nobody is promoted before three have finished a rung; then the best of them is, once", () => {
  expect(nextHalving([at([0.5]), at([0.4])], OPTIONS)).toEqual({ trial: null, bracket: 0, epochs: 1 });
  const three = [at([0.5]), at([0.4]), at([0.6])];
  expect(nextHalving(three, OPTIONS)).toEqual({ trial: 1, bracket: 0, epochs: 3 });
  const going = three.with(1, at([0.4], true));
  expect(nextHalving(going, OPTIONS)).toEqual({ trial: null, bracket: 0, epochs: 1 });
});

test("the highest rung goes first", () => {
  const trials = [
    at([0.1, 0.2]),
    at([0.2, 0.1]),
    at([0.3, 0.3]),
    ...[0.4, 0.5, 0.6, 0.05, 0.7, 0.8].map((v) => at([v])),
  ];
  expect(nextHalving(trials, OPTIONS)).toEqual({ trial: 1, bracket: 0, epochs: 9 });
});

test("a trial that failed is never promoted, however few are better", () => {
  expect(nextHalving([at([Number.NaN]), at([Number.NaN]), at([Number.NaN])], OPTIONS).trial).toBeNull();
  expect(nextHalving([at([Number.NaN]), at([9]), at([Number.NaN])], OPTIONS).trial).toBe(1);
});

test("options that make no rungs are refused", () => {
  expect(() => nextHalving([], { shortest: 9, longest: 3 })).toThrow("shorter first");
  expect(() => nextHalving([], { shortest: 1, longest: 3, reduction: 1 })).toThrow("whole number from 2 on");
});

/** Runs `workers` at once on 81 configurations whose curves fall at random speeds to `final`. */
function simulate(options: HalvingOptions, workers: number, count: number) {
  const random = createRandom(5, 1);
  const final = Array.from({ length: count }, () => random.uniform());
  const trials: HalvingTrial[] = [];
  const busy: { trial: number; until: number; epochs: number }[] = [];
  const trained: number[] = [];
  let [now, spent] = [0, 0];
  for (;;) {
    while (busy.length < workers) {
      const step = nextHalving(trials, options);
      const trial = step.trial ?? trials.length;
      if (trial === count) break;
      const before = trained[trial] ?? 0;
      expect(step.epochs).toBeGreaterThan(before);
      trials[trial] = { bracket: step.bracket, values: trials[trial]?.values ?? [], running: true };
      trained[trial] = step.epochs;
      spent += step.epochs - before;
      busy.push({ trial, epochs: step.epochs, until: now + (step.epochs - before) * (0.5 + random.uniform()) });
    }
    const next = busy.sort((a, b) => a.until - b.until).shift();
    if (!next) break;
    now = next.until;
    const { bracket, values } = trials[next.trial]!;
    const value = final[next.trial]! + 0.05 * random.normal() + 1 / next.epochs;
    trials[next.trial] = { bracket, values: [...values, value], running: false };
  }
  return { final, trained, spent, trials };
}

test.each([1, 4])(
  "%i at a time: the longest training goes to good ones, at a sixth of what training all would cost",
  (workers) => {
    const { final, trained, spent } = simulate(OPTIONS, workers, 81);
    const whole = final.filter((_, i) => trained[i] === 27);
    expect(whole.length).toBeGreaterThanOrEqual(3);
    const rank = final.toSorted((a, b) => a - b).indexOf(Math.min(...whole));
    expect(rank).toBeLessThan(3);
    expect(spent).toBeLessThan((81 * 27) / 6);
  },
);

test("brackets share new trials so that most begin short and some are trained long from the start", () => {
  const { trials } = simulate({ ...OPTIONS, brackets: true }, 2, 60);
  const counts = [0, 1, 2, 3].map((bracket) => trials.filter((trial) => trial.bracket === bracket).length);
  expect(counts.every((n) => n > 0)).toBe(true);
  expect(counts[0]).toBeGreaterThan(counts[1]!);
  expect(counts[1]).toBeGreaterThan(counts[3]!);
});
