// Fresh random readings, judged live by scikit-learn and scipy (Debian's python3-sklearn, which brings python3-scipy) and by us.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { intervalOf } from "../../main/labels/agreement/bootstrap.ts";
import { boxIou, matchBoxes } from "../../main/labels/agreement/boxes.ts";
import { fCdf, fQuantile, normalCdf, normalQuantile, tQuantile } from "../../main/labels/agreement/distributions.ts";
import { intraclass } from "../../main/labels/agreement/intraclass.ts";
import { cohenKappa, pairTable, percentAgreement } from "../../main/labels/agreement/nominal.ts";
import { dice, intersectionOverUnion, type Region, regionOverlap } from "../../main/labels/agreement/overlap.ts";
import { surfaceDistances } from "../../main/labels/agreement/surface.ts";
import { squaredDistances } from "../../main/labels/masks/distance-transform.ts";
import { createRandom, type Random } from "../../main/models/random.ts";

const SCRIPT = fileURLToPath(new URL("./agreement.py", import.meta.url));
const seed = Date.now() % 2 ** 32;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** What scikit-learn and scipy say to problems of one kind, in their order. */
function ask<T>(kind: string, problems: readonly object[]): T[] {
  const input = JSON.stringify(problems.map((problem) => ({ kind, ...problem })));
  const answer = execFileSync("/usr/bin/python3", [SCRIPT], { input, maxBuffer: 2 ** 28 });
  const answers = JSON.parse(answer.toString()) as T[];
  expect(answers.length).toBe(problems.length);
  return answers;
}

/** What the project asks for: 1e-6, relative for figures above 1. */
function same(ours: number | null, theirs: number, what: string): void {
  expect(ours, `${what}, seed ${seed}`).not.toBeNull();
  expect(Math.abs(ours! - theirs), `${what}, seed ${seed}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(theirs)));
}

test("100 pairs of readers with 2 to 6 classes get scikit-learn's accuracy and kappa, unweighted, linear and quadratic", () => {
  const random = createRandom(seed, 1);
  const problems = times(100, (i) => {
    const classes = 2 + (i % 5);
    const first = times(20 + random.below(200), () => random.below(classes));
    const skill = random.uniform();
    return { classes, first, second: first.map((c) => (random.uniform() < skill ? c : random.below(classes))) };
  });
  type Theirs = Record<"percent" | "none" | "linear" | "quadratic", number>;
  const theirs = ask<Theirs>("kappa", problems);
  for (const [i, { first, second, classes }] of problems.entries()) {
    const table = pairTable(first, second, classes);
    same(percentAgreement(table), theirs[i]!.percent, "percent");
    for (const weights of ["none", "linear", "quadratic"] as const) {
      same(cohenKappa(table, weights), theirs[i]![weights], weights);
    }
  }
});

/** Overlapping ellipsoids with a rough edge, so that surfaces have pits and islands. */
function blob([slices, rows, columns]: readonly [number, number, number], random: Random): Uint8Array {
  const near = (length: number) => ({ at: length * (0.3 + 0.4 * random.uniform()), size: 1 + 0.4 * length });
  const [s, r, c] = [near(slices), near(rows), near(columns)];
  const bytes = Uint8Array.from({ length: slices * rows * columns }, (_, i) => {
    const place = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
    const away = [s, r, c].reduce((sum, { at, size }, axis) => sum + ((place[axis]! - at) / size) ** 2, 0);
    return away + 0.3 * random.normal() < 0.5 ? 1 : 0;
  });
  bytes[random.below(bytes.length)] = 1;
  return bytes;
}

test("40 pairs of masks, in frames and stacks of any spacing, get scikit-learn's F1 and Jaccard and scipy's distances", () => {
  const random = createRandom(seed, 2);
  const problems = times(40, (i) => {
    const extent = [i % 2 === 0 ? 1 : 2 + random.below(8), 5 + random.below(30), 5 + random.below(30)] as const;
    const spacing = [0.5 + 5 * random.uniform(), 0.3 + random.uniform(), 0.3 + random.uniform()] as const;
    return { extent, spacing, first: [...blob(extent, random)], second: [...blob(extent, random)] };
  });
  type Theirs = Record<"f1" | "jaccard" | "hausdorff" | "hausdorff95" | "average", number> & { transform: number[] };
  const theirs = ask<Theirs>("regions", problems);
  for (const [i, { extent, spacing, first, second }] of problems.entries()) {
    const [a, b]: Region[] = [first, second].map((bytes) => ({ extent, bytes: Uint8Array.from(bytes) }));
    const expected = theirs[i]!;
    const counts = regionOverlap(a!, b!);
    same(dice(counts), expected.f1, "Dice");
    same(intersectionOverUnion(counts), expected.jaccard, "IoU");
    const distances = surfaceDistances(a!, b!, spacing)!;
    for (const name of ["hausdorff", "hausdorff95", "average"] as const) same(distances[name], expected[name], name);
    // Their transform is 0 on the surface of the first mask: so is ours from there.
    const surface = expected.transform.map((x) => (x === 0 ? 1 : 0));
    const transform = squaredDistances(surface, extent, spacing);
    expected.transform.forEach((x, n) => {
      same(Math.sqrt(transform[n]!), x, "distance transform");
    });
  }
});

test("20 samples get scipy's percentile and BCa intervals of a mean and of a correlation from the same resamples", () => {
  const random = createRandom(seed, 3);
  const problems = times(20, (i) => {
    // With fewer cases a resample can be all of them in another order, and scipy takes its rounding for a difference.
    const x = times(20 + random.below(40), () => Math.exp(random.normal()));
    const y = x.map((value) => value + random.normal());
    return { x, y, seed: i, resamples: 999, level: [0.8, 0.9, 0.95][i % 3]! };
  });
  type Pair = [low: number, high: number];
  interface Theirs {
    draws: number[][];
    value: number;
    mean: { percentile: Pair; BCa: Pair };
    correlation: { percentile: Pair; BCa: Pair };
  }
  const theirs = ask<Theirs>("intervals", problems);
  for (const [i, { x, y, level }] of problems.entries()) {
    const { draws, value, mean: ofMean, correlation: ofCorrelation } = theirs[i]!;
    const mean = (cases: readonly number[]) => cases.reduce((sum, n) => sum + x[n]!, 0) / cases.length;
    const correlation = (cases: readonly number[]) => {
      const [mx, my] = [mean(cases), cases.reduce((sum, n) => sum + y[n]!, 0) / cases.length];
      const moment = (a: (n: number) => number, b: (n: number) => number) =>
        cases.reduce((sum, n) => sum + a(n) * b(n), 0);
      const [dx, dy] = [(n: number) => x[n]! - mx, (n: number) => y[n]! - my];
      return moment(dx, dy) / Math.sqrt(moment(dx, dx) * moment(dy, dy));
    };
    const all = [...x.keys()];
    same(correlation(all), value, "correlation");
    for (const [statistic, expected] of [
      [mean, ofMean],
      [correlation, ofCorrelation],
    ] as const) {
      const leftOut = all.map((out) => statistic(all.toSpliced(out, 1)));
      for (const [method, pair] of [
        ["percentile", expected.percentile],
        ["bca", expected.BCa],
      ] as const) {
        const found = intervalOf(statistic(all), draws.map(statistic), leftOut, level, method);
        same(found.low, pair[0], `${method} low`);
        same(found.high, pair[1], `${method} high`);
      }
    }
  }
});

test("500 quantiles and probabilities of F, t and the normal distribution are scipy's", () => {
  const random = createRandom(seed, 4);
  const freedom = () => Math.exp(8 * random.uniform() - 0.5);
  const problem = {
    p: times(500, () => 0.001 + 0.998 * random.uniform()),
    d1: times(500, freedom),
    d2: times(500, freedom),
    z: times(500, () => 2 * random.normal()),
  };
  type Theirs = Record<"f" | "fCdf" | "t" | "normal" | "normalCdf", number[]>;
  const theirs = ask<Theirs>("distributions", [problem])[0]!;
  for (const [i, p] of problem.p.entries()) {
    const [d1, d2, z] = [problem.d1[i]!, problem.d2[i]!, problem.z[i]!];
    same(fQuantile(p, d1, d2), theirs.f[i]!, `F quantile of ${p} with ${d1} and ${d2}`);
    same(fCdf(Math.exp(z), d1, d2), theirs.fCdf[i]!, "F");
    same(tQuantile(p, d2), theirs.t[i]!, `t quantile of ${p} with ${d2}`);
    same(normalQuantile(p), theirs.normal[i]!, "normal quantile");
    same(normalCdf(z), theirs.normalCdf[i]!, "normal");
  }
});

test("40 tables of numbers get the intraclass correlations of mean squares by least squares and scipy's F", () => {
  const random = createRandom(seed, 5);
  const problems = times(40, () => {
    const [cases, readers, noise] = [6 + random.below(40), 2 + random.below(4), 0.2 + 0.6 * random.uniform()];
    const offsets = times(readers, () => 0.5 * random.normal());
    const table = times(cases, () => {
      const truth = random.normal();
      return offsets.map((offset) => 20 + 3 * (truth + offset + noise * random.normal()));
    });
    return { table };
  });
  type Theirs = Record<"oneWay" | "agreement" | "consistency", [number[], number[]]>;
  const theirs = ask<Theirs>("intraclass", problems);
  for (const [i, { table }] of problems.entries()) {
    const ours = intraclass(table)!;
    for (const form of ["oneWay", "agreement", "consistency"] as const) {
      for (const [kind, expected] of [
        ["single", theirs[i]![form][0]],
        ["mean", theirs[i]![form][1]],
      ] as const) {
        const { value, low, high } = ours[form][kind]!;
        for (const [n, figure] of [value, low, high].entries()) {
          // A bound of one reading below -1 / (k - 1) has none for the mean of k: the formula would turn around.
          const turned = kind === "mean" && 1 + (table[0]!.length - 1) * theirs[i]![form][0][n]! <= 0;
          if (turned) expect(figure, `seed ${seed}`).toBeNull();
          else same(figure, expected[n]!, `${form} ${kind} ${n}`);
        }
      }
    }
  }
});

test("50 images with up to 30 boxes get as many pairs, with as much overlap, as scipy's linear_sum_assignment", () => {
  const random = createRandom(seed, 6);
  const problems = times(50, (i) => {
    const boxes = () =>
      times(1 + random.below(30), () => ({
        x: 30 * random.uniform(),
        y: 30 * random.uniform(),
        width: 5 + 15 * random.uniform(),
        height: 5 + 15 * random.uniform(),
      }));
    const [first, second] = [boxes(), boxes()];
    const overlaps = first.map((a) => second.map((b) => boxIou(a, b)));
    return { first, second, overlaps, threshold: [0.1, 0.3, 0.5][i % 3]! };
  });
  const theirs = ask<{ pairs: number; total: number }>("boxes", problems);
  for (const [i, { first, second, threshold }] of problems.entries()) {
    const pairs = matchBoxes(first, second, threshold);
    expect(pairs.length, `seed ${seed}`).toBe(theirs[i]!.pairs);
    same(
      pairs.reduce((sum, { iou }) => sum + iou, 0),
      theirs[i]!.total,
      "overlap of pairs",
    );
  }
});
