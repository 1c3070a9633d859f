// Fresh random pairs of models, judged live by scipy, statsmodels and scikit-learn (Debian's python3-statsmodels and python3-sklearn) and by us.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { aucDifference } from "../../main/comparison/auc-difference.ts";
import { benjaminiHochberg, holm } from "../../main/comparison/correction.ts";
import { netBenefit, THRESHOLDS } from "../../main/comparison/decision-curve.ts";
import { mcNemar } from "../../main/comparison/mcnemar.ts";
import { pairedPermutation } from "../../main/comparison/permutation.ts";
import { createRandom, type Random } from "../../main/models/random.ts";
import { precisionRecall } from "../../preload/contract/precision-recall.ts";

const SCRIPT = fileURLToPath(new URL("./comparison.py", import.meta.url));
const seed = Date.now() % 2 ** 32;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

function ask<T>(kind: string, problems: readonly object[]): T[] {
  const input = JSON.stringify(problems.map((problem) => ({ kind, ...problem })));
  const answers = JSON.parse(
    execFileSync("/usr/bin/python3", [SCRIPT], { input, maxBuffer: 2 ** 28 }).toString(),
  ) as T[];
  expect(answers.length).toBe(problems.length);
  return answers;
}

/** What the project asks for: 1e-6. */
function same(ours: number | undefined, theirs: number, what: string): void {
  expect(ours, `${what}, seed ${seed}`).toBeDefined();
  expect(Math.abs(ours! - theirs), `${what}, seed ${seed}`).toBeLessThanOrEqual(1e-6);
}

/** Scores of two models on the same cases, of which the harder ones are hard for both; half of the problems have ties. */
function scored(random: Random, problem: number) {
  const truth = times(20 + random.below(200), (i) => (i < 4 ? i % 2 === 0 : random.uniform() < 0.4));
  const hard = truth.map(() => random.normal());
  const model = (skill: number) =>
    truth.map((yes, i) => {
      const p = 1 / (1 + Math.exp(-(skill * (yes ? 1 : -1) + hard[i]! + random.normal())));
      return problem % 2 === 0 ? p : Math.round(p * 20) / 20;
    });
  return { truth, first: model(random.uniform()), second: model(random.uniform()) };
}

test("60 pairs of models get the AUC difference, error, interval and p of DeLong's definition, with and without ties", () => {
  const random = createRandom(seed, 1);
  const problems = times(60, (i) => scored(random, i));
  type Theirs = Record<"first" | "second" | "difference" | "error" | "low" | "high" | "p", number>;
  for (const [i, theirs] of ask<Theirs>("areas", problems).entries()) {
    const { truth, first, second } = problems[i]!;
    const ours = aucDifference(truth, first, second)!;
    for (const key of Object.keys(theirs) as (keyof Theirs)[]) same(ours[key], theirs[key], key);
  }
});

test("100 pairs of answers get statsmodels' exact McNemar p", () => {
  const random = createRandom(seed, 2);
  const problems = times(100, (i) => {
    const skills = [random.uniform(), random.uniform()];
    const [first, second] = skills.map((skill) => times(10 + i * 20, () => random.uniform() < skill));
    return { first: first!, second: second! };
  });
  for (const [i, { p }] of ask<{ p: number }>("accuracy", problems).entries()) {
    same(mcNemar(problems[i]!.first, problems[i]!.second).p, p, "McNemar");
  }
});

test("30 paired figures get scipy's exact permutation p", () => {
  const random = createRandom(seed, 3);
  const problems = times(30, (i) => {
    const n = 2 + (i % 11);
    const first = times(n, () => random.uniform());
    return { first, second: first.map((x) => (i % 3 === 0 ? Math.round(x * 4) / 4 : x + 0.2 * random.normal() - 0.1)) };
  });
  for (const [i, theirs] of ask<{ p: number; difference: number }>("permutation", problems).entries()) {
    const { first, second } = problems[i]!;
    const ours = pairedPermutation(
      first,
      second,
      first.map((_, at) => [at]),
      1,
    )!;
    same(ours.p, theirs.p, "p");
    same(ours.difference, theirs.difference, "difference");
  }
});

test("40 lists of p values get statsmodels' Holm and Benjamini-Hochberg values", () => {
  const random = createRandom(seed, 4);
  const problems = times(40, (i) => ({ p: times(1 + (i % 40), () => Math.round(random.uniform() ** 3 * 1e4) / 1e4) }));
  for (const [i, theirs] of ask<{ holm: number[]; fdr_bh: number[] }>("corrections", problems).entries()) {
    const { p } = problems[i]!;
    for (const [k, value] of theirs.holm.entries()) same(holm(p)[k], value, "Holm");
    for (const [k, value] of theirs.fdr_bh.entries()) same(benjaminiHochberg(p)[k], value, "Benjamini-Hochberg");
  }
});

test("30 decision curves are what scikit-learn's confusion matrices come to", () => {
  const random = createRandom(seed, 5);
  const problems = times(30, (i) => ({ ...scored(random, i), thresholds: THRESHOLDS }));
  for (const [i, { benefit }] of ask<{ benefit: number[] }>("benefit", problems).entries()) {
    const ours = netBenefit(problems[i]!.truth, problems[i]!.first);
    for (const [k, value] of benefit.entries()) same(ours[k], value, `threshold ${THRESHOLDS[k]}`);
  }
});

test("30 precision-recall curves and average precisions are scikit-learn's, with and without ties", () => {
  const random = createRandom(seed, 6);
  const problems = times(30, (i) => scored(random, i));
  type Theirs = { average: number; precision: number[]; recall: number[] };
  for (const [i, theirs] of ask<Theirs>("retrieval", problems).entries()) {
    const { truth, first } = problems[i]!;
    const { points, averagePrecision } = precisionRecall(truth, first)!;
    same(averagePrecision, theirs.average, "average precision");
    // Theirs run from the lowest threshold up and end with a point of their own at recall 0.
    for (const [k, [recall, precision]] of points.toReversed().entries()) {
      same(recall, theirs.recall[k]!, "recall");
      same(precision, theirs.precision[k]!, "precision");
    }
  }
});
