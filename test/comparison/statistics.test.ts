// The tests of two models against published examples and definitions; scipy and statsmodels judge random cases in test/interop/comparison.test.ts.
import { expect, test } from "vitest";
import { aucDifference } from "../../main/comparison/auc-difference.ts";
import { benjaminiHochberg, holm } from "../../main/comparison/correction.ts";
import { netBenefit, netBenefitOfAll, THRESHOLDS } from "../../main/comparison/decision-curve.ts";
import { mcNemar } from "../../main/comparison/mcnemar.ts";
import { pairedPermutation } from "../../main/comparison/permutation.ts";
import { aucDeLong } from "../../main/models/metrics.ts";

// The 43 complete patients of DeLong, DeLong and Clarke-Pearson (1988): albumin, total protein, K-G score, and whether surgery failed to help
// ("popind" 0), as the SAS/STAT user's guide prints them with its PROC LOGISTIC example "Comparing Receiver Operating Characteristic Curves"
// (support.sas.com/documentation/cdl/en/statug/63962/HTML/default/statug_logistic_sect066.htm; its data were compared with these). The figures that are expected below are
// those of that example; numpy came to the same from DeLong's definition over every pair of patients, as test/interop/comparison.py has it.
const OVARIAN = `
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1
3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0
4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1
4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1
2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1`
  .trim()
  .split(/\s+/)
  .map(Number);
const column = (index: number): number[] => OVARIAN.filter((_, i) => i % 4 === index);
const positive = column(3).map((popind) => popind === 1);
const [albumin, protein] = [column(0), column(1)];
const kg = column(2).map((score) => 10 - score);

test("AUCs and standard errors of the ovarian cancer patients are the published ones", () => {
  const errorOf = (scores: number[]) => {
    const { value, high } = aucDeLong(positive, scores)!;
    return [value, (high - value) / 1.959964];
  };
  // The upper limit of K-G and of albumin is below 1, so nothing was clipped.
  for (const [scores, value, error] of [
    [albumin, 0.7366, 0.0927],
    [kg, 0.7258, 0.1028],
    [protein, 0.6478, 0.1],
  ] as const) {
    const [ours, spread] = errorOf([...scores]);
    expect(ours).toBeCloseTo(value, 4);
    expect(spread).toBeCloseTo(error, 4);
  }
});

test("DeLong's test against the K-G score gives the published differences, intervals and p values", () => {
  const published = [
    { scores: albumin, difference: 0.0108, error: 0.0953, low: -0.1761, high: 0.1976, chiSquared: 0.0127, p: 0.9102 },
    { scores: protein, difference: -0.078, error: 0.1046, low: -0.283, high: 0.1271, chiSquared: 0.5554, p: 0.4561 },
  ];
  for (const { scores, ...theirs } of published) {
    const { difference, error, low, high, p } = aucDifference(positive, scores, kg)!;
    const ours = { difference, error, low, high, chiSquared: (difference / error) ** 2, p };
    for (const key of Object.keys(theirs) as (keyof typeof theirs)[]) {
      expect(ours[key], key).toBeCloseTo(theirs[key], 4);
    }
  }
});

test("a model has no difference to itself, and the order of two models turns the sign only", () => {
  expect(aucDifference(positive, kg, kg)).toMatchObject({ difference: 0, error: 0, p: 1 });
  const [there, back] = [aucDifference(positive, kg, protein)!, aucDifference(positive, protein, kg)!];
  expect(there.difference).toBeCloseTo(-back.difference, 14);
  expect(there.low).toBeCloseTo(-back.high, 14);
  expect(there.p).toBeCloseTo(back.p, 14);
});

test("DeLong's test has no answer where a class has one case", () => {
  expect(aucDifference([true, false, false], [3, 2, 1], [1, 2, 3])).toBeNull();
});

test("McNemar's exact p is the binomial's: 1 against 9 discordant cases is 22/1024", () => {
  const first = [true, ...Array(9).fill(false), ...Array(30).fill(true)] as boolean[];
  const second = [false, ...Array(9).fill(true), ...Array(30).fill(true)] as boolean[];
  const { onlyFirst, onlySecond, p } = mcNemar(first, second);
  expect([onlyFirst, onlySecond]).toEqual([1, 9]);
  expect(p).toBeCloseTo(22 / 1024, 12);
});

test("McNemar's p is 1 without discordant cases and with as many on either side, and does not underflow with 4,000", () => {
  expect(mcNemar([true, false], [true, false]).p).toBe(1);
  expect(mcNemar([true, false], [false, true]).p).toBe(1);
  const many = Array.from({ length: 4000 }, (_, i) => i < 1900);
  const { p } = mcNemar(
    many,
    many.map((right) => !right),
  );
  expect(p).toBeGreaterThan(0.0015);
  expect(p).toBeLessThan(0.0017);
});

test("five pairs that all point one way give the smallest p that five pairs can: 2/32", () => {
  const units = [0, 1, 2, 3, 4].map((i) => [i]);
  const answer = pairedPermutation([0.9, 0.8, 0.85, 0.7, 0.95], [0.8, 0.75, 0.6, 0.65, 0.9], units, 1);
  expect(answer).toMatchObject({ p: 2 / 32, exact: true });
  expect(answer?.difference).toBeCloseTo(0.1, 12);
});

test("pictures of one patient change places together: twice the pictures are no more evidence", () => {
  const first = [0.9, 0.9, 0.8, 0.8, 0.7, 0.7];
  const second = [0.5, 0.5, 0.6, 0.6, 0.6, 0.6];
  const units = [
    [0, 1],
    [2, 3],
    [4, 5],
  ];
  expect(pairedPermutation(first, second, units, 1)?.p).toBe(2 / 8);
  expect(
    pairedPermutation(
      first,
      second,
      first.map((_, i) => [i]),
      1,
    )?.p,
  ).toBe(2 / 64);
});

test("drawn permutations agree with the exact p within four standard errors, and p is never 0", () => {
  const differences = Array.from({ length: 16 }, (_, i) => Math.sin(i + 1) + 0.35);
  const none = differences.map(() => 0);
  const exact = pairedPermutation(
    differences,
    none,
    differences.map((_, i) => [i]),
    1,
  )!;
  // A pair without a difference changes nothing but the way of counting.
  const drawn = pairedPermutation(
    [...differences, 0],
    [...none, 0],
    [...differences, 0].map((_, i) => [i]),
    1,
  )!;
  expect([exact.exact, drawn.exact]).toEqual([true, false]);
  expect(Math.abs(drawn.p - exact.p)).toBeLessThan(4 * Math.sqrt((exact.p * (1 - exact.p)) / 20_000));
  const far = Array.from({ length: 40 }, () => 1);
  expect(
    pairedPermutation(
      far,
      far.map(() => 0),
      far.map((_, i) => [i]),
      1,
    )?.p,
  ).toBe(1 / 20_001);
});

test("Holm's and Benjamini and Hochberg's adjusted values follow their definitions", () => {
  const p = [0.01, 0.04, 0.03, 0.005];
  const close = (ours: number[], theirs: number[]) => {
    for (const [i, value] of theirs.entries()) expect(ours[i]).toBeCloseTo(value, 12);
  };
  close(holm(p), [0.03, 0.06, 0.06, 0.02]);
  close(benjaminiHochberg(p), [0.02, 0.04, 0.04, 0.02]);
  expect(holm([])).toEqual([]);
  expect(holm([0.6, 0.9])).toEqual([1, 1]);
});

test("net benefit is true positives less weighted needless actions: at 20 % four needless ones cost one hit", () => {
  const truth = [true, true, false, false, false, false, false, false, false, false];
  const probabilities = [0.9, 0.1, 0.3, 0.25, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1];
  const at20 = THRESHOLDS.indexOf(0.2);
  expect(netBenefit(truth, probabilities)[at20]).toBeCloseTo((1 - 4 / 4) / 10, 12);
  expect(netBenefitOfAll(truth)[at20]).toBeCloseTo((2 - 8 / 4) / 10, 12);
});
