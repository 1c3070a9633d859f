import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CurveCase, roundFigures } from "../../../main/labels/active/curve.ts";
import { kCentre } from "../../../main/labels/active/k-centre.ts";
import { ranked } from "../../../main/labels/active/order.ts";
import { drawQueue, randomCases } from "../../../main/labels/active/queue.ts";
import { consensusOf, disagreement, uncertainty } from "../../../main/labels/active/scores.ts";

const refusal = (code: string) => expect.objectContaining({ code });
/** Probabilities of `classes` classes that add up to 1. */
const distribution = (classes: number) =>
  fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: classes, maxLength: classes }).map((counts) => {
    const sum = counts.reduce((a, b) => a + b, 0);
    return sum === 0 ? counts.map(() => 1 / classes) : counts.map((count) => count / sum);
  });
const MEASURES = ["entropy", "margin", "least-confident"] as const;

describe("uncertainty", () => {
  test("entropy, margin and least confident of three classes, by hand", () => {
    const p = [[0.5, 0.25, 0.25]];
    expect(uncertainty("entropy", p)[0]).toBeCloseTo((1.5 * Math.LN2) / Math.log(3), 12);
    expect(uncertainty("margin", p)[0]).toBeCloseTo(0.75, 12);
    expect(uncertainty("least-confident", p)[0]).toBeCloseTo(0.75, 12);
  });

  test("measures may order images differently: the textbook's two answers", () => {
    // Two classes nearly level against three level ones with a small leader.
    const p = [
      [0.49, 0.48, 0.03],
      [0.4, 0.3, 0.3],
    ];
    const [marginA, marginB] = uncertainty("margin", p);
    const [entropyA, entropyB] = uncertainty("entropy", p);
    expect(marginA).toBeGreaterThan(marginB!);
    expect(entropyB).toBeGreaterThan(entropyA!);
  });

  test.each(MEASURES)(
    "%s is 1 where all classes are alike, 0 where one is sure or alone, and in between else",
    (measure) => {
      expect(uncertainty(measure, [[1], [1]])).toEqual([0, 0]);
      expect(uncertainty(measure, [[0, 1, 0]])[0]).toBe(0);
      expect(uncertainty(measure, [[0.25, 0.25, 0.25, 0.25]])[0]).toBeCloseTo(1, 12);
      fc.assert(
        fc.property(distribution(4), fc.nat(), (p, turn) => {
          const turned = p.map((_, i) => p[(i + turn) % p.length]!);
          const [score, same] = uncertainty(measure, [p, turned]);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(same).toBeCloseTo(score!, 12);
        }),
      );
    },
  );

  test.each([
    [[[Number.NaN, 1]]],
    [[[0.5, 0.6]]],
    [[[-0.5, 1.5]]],
    [[[Number.POSITIVE_INFINITY, 0]]],
    [[[0.5, 0.5], [1]]],
    [[[]]],
  ])("refuses %j: no probabilities", (p) => {
    expect(() => uncertainty("entropy", p)).toThrow(refusal("active/not-probabilities"));
  });
});

describe("disagreement", () => {
  const a = [0.9, 0.1];
  const b = [0.2, 0.8];

  test("vote entropy of four models, by hand", () => {
    const vote = (...models: number[][]) =>
      disagreement(
        "vote-entropy",
        models.map((p) => [p]),
      )[0];
    expect(vote(a, a, a, a)).toBe(0);
    expect(vote(a, a, b, b)).toBeCloseTo(1, 12);
    expect(vote(a, a, a, b)).toBeCloseTo(-(0.75 * Math.log2(0.75) + 0.25 * Math.log2(0.25)), 12);
    expect(vote([0.5, 0.5], [0.5, 0.5])).toBeCloseTo(1, 12); // votes that are shared
  });

  test("divergence from the consensus is the Jensen-Shannon divergence, by hand; 0 for models that say the same", () => {
    const consensus = [0.55, 0.45];
    const kl = (p: number[]) => p[0]! * Math.log(p[0]! / consensus[0]!) + p[1]! * Math.log(p[1]! / consensus[1]!);
    expect(disagreement("divergence", [[a], [b]])[0]).toBeCloseTo((kl(a) + kl(b)) / 2, 12);
    expect(disagreement("divergence", [[a], [a]])[0]).toBe(0);
    expect(disagreement("divergence", [[[1, 0]], [[0, 1]]])[0]).toBeCloseTo(Math.LN2, 12);
    expect(consensusOf([[a], [b]])[0]![0]).toBeCloseTo(0.55, 12);
  });

  test("soft disagreement sees what votes do not: two models of one opinion, one of them unsure", () => {
    const models = [[[0.99, 0.01]], [[0.51, 0.49]]];
    expect(disagreement("vote-entropy", models)[0]).toBe(0);
    expect(disagreement("divergence", models)[0]).toBeGreaterThan(0.1);
  });

  test("refuses one model alone, and models that answered for other images or classes", () => {
    expect(() => disagreement("vote-entropy", [[a]])).toThrow(refusal("active/models-few"));
    expect(() => disagreement("divergence", [[a], [a, b]])).toThrow(refusal("active/not-probabilities"));
    expect(() => disagreement("divergence", [[a], [[1, 0, 0]]])).toThrow(refusal("active/not-probabilities"));
  });
});

describe("order", () => {
  test("from the highest score; equal ones in an order that the seed repeats and that is not that of import", () => {
    expect(ranked([0.1, 0.9, 0.5], 7)).toEqual([1, 2, 0]);
    const level = Array.from({ length: 100 }, () => 0.5);
    expect(ranked(level, 1)).toEqual(ranked(level, 1));
    expect(ranked(level, 1)).not.toEqual(ranked(level, 2));
    expect(ranked(level, 1)).not.toEqual(level.map((_, i) => i));
    expect(ranked(level, 1).toSorted((x, y) => x - y)).toEqual(level.map((_, i) => i));
  });
});

describe("diversity", () => {
  test("takes the farthest from what is labelled, then the farthest from both", () => {
    const line = [[0], [2], [9], [10], [5]];
    expect(kCentre(line, [[0]], 5, 1)).toEqual([3, 4, 1, 2, 0]);
  });

  test("one of each clump before a second one of any, and doubles last", () => {
    const clumps = [0, 0.1, 0, 50, 50.1, 100, 100.1].map((x) => [x, x]);
    const order = kCentre(clumps, [], clumps.length, 3);
    const clump = (i: number) => Math.round(clumps[i]![0]! / 50);
    expect(new Set(order.slice(0, 3).map(clump)).size).toBe(3);
    expect([0, 2]).toContain(order.at(-1));
  });

  test("the largest distance left is at most twice the least possible (Gonzalez 1985), tried against all choices", () => {
    const radius = (points: number[][], centres: readonly number[]) =>
      Math.max(
        ...points.map((p) =>
          Math.min(...centres.map((c) => Math.hypot(p[0]! - points[c]![0]!, p[1]! - points[c]![1]!))),
        ),
      );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
          minLength: 3,
          maxLength: 8,
        }),
        fc.nat(),
        (pairs, seed) => {
          const points = pairs.map(([x, y]) => [x, y]);
          let least = Number.POSITIVE_INFINITY;
          for (let i = 0; i < points.length; i++)
            for (let j = i + 1; j < points.length; j++) least = Math.min(least, radius(points, [i, j]));
          const chosen = kCentre(points, [], 2, seed);
          expect(new Set(chosen).size).toBe(2);
          expect(radius(points, chosen)).toBeLessThanOrEqual(2 * least + 1e-9);
        },
      ),
    );
  });

  test("refuses features that are NaN or not as many", () => {
    expect(() => kCentre([[1], [Number.NaN]], [], 1, 1)).toThrow(refusal("active/not-features"));
    expect(() => kCentre([[1], [1, 2]], [], 1, 1)).toThrow(refusal("active/not-features"));
  });
});

describe("queue", () => {
  const scores = Array.from({ length: 1000 }, (_, i) => i);
  const byScore = (seed: number) => (excluded: ReadonlySet<number>) =>
    ranked(scores, seed).filter((i) => !excluded.has(i));
  const draw = (count: number, randomShare: number, seed: number) =>
    drawQueue(scores.length, { count, randomShare, seed }, byScore(seed));

  test("a fifth at random unless said, at least one, never all", () => {
    expect([randomCases(50, 0.2), randomCases(2, 0.2), randomCases(10, 0), randomCases(10, 1)]).toEqual([10, 1, 1, 9]);
  });

  test("the active arm is the best of what the random arm left; both are mixed; a seed repeats it", () => {
    const cases = draw(50, 0.2, 4);
    expect(cases.filter(({ arm }) => arm === "random")).toHaveLength(10);
    expect(new Set(cases.map(({ index }) => index)).size).toBe(50);
    const random = new Set(cases.filter(({ arm }) => arm === "random").map(({ index }) => index));
    const best = scores
      .toReversed()
      .filter((i) => !random.has(i))
      .slice(0, 40);
    expect(
      cases
        .filter(({ arm }) => arm === "active")
        .map(({ index }) => index)
        .toSorted((a, b) => b - a),
    ).toEqual(best);
    expect(cases).toEqual(draw(50, 0.2, 4));
    expect(cases).not.toEqual(draw(50, 0.2, 5));
  });

  test("the random arm is a fair sample of the whole pool, and stands anywhere in the queue (chi-square, 400 queues)", () => {
    const tenths = new Array<number>(10).fill(0);
    const places = new Array<number>(5).fill(0);
    for (let seed = 0; seed < 400; seed++) {
      for (const [place, { index, arm }] of draw(50, 0.2, seed).entries()) {
        if (arm !== "random") continue;
        tenths[Math.floor(index / 100)]!++;
        places[Math.floor(place / 10)]!++;
      }
    }
    const chiSquare = (counts: number[]) => {
      const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
      return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    };
    expect(chiSquare(tenths)).toBeLessThan(27.9); // p = 0.001 with 9 degrees of freedom
    expect(chiSquare(places)).toBeLessThan(18.5); // with 4
  });

  test("takes the whole pool where more is wanted, and refuses a pool of one", () => {
    expect(
      drawQueue(3, { count: 10, randomShare: 0.2, seed: 1 }, (out) => [0, 1, 2].filter((i) => !out.has(i))),
    ).toHaveLength(3);
    expect(() => drawQueue(1, { count: 10, randomShare: 0.2, seed: 1 }, () => [])).toThrow(
      refusal("active/pool-small"),
    );
  });
});

describe("curve", () => {
  const cases = (arm: CurveCase["arm"], read: number, wrong: number): CurveCase[] =>
    Array.from({ length: read }, (_, i) => ({
      arm,
      patient: `${arm} ${i}`,
      predicted: i < wrong ? 1 : 0,
      truth: 0,
      positive: i < wrong ? 0.9 : 0.1,
    }));

  test("errors among 100 labels of each arm, what the active arm finds more, and the accuracy by chance", () => {
    const figures = roundFigures([...cases("active", 80, 32), ...cases("random", 40, 4)], 1);
    expect(figures.read).toEqual({ active: 80, random: 40 });
    expect(figures.yieldActive!.value).toBeCloseTo(40, 12);
    expect(figures.yieldRandom!.value).toBeCloseTo(10, 12);
    expect(figures.gain!.value).toBeCloseTo(30, 12);
    expect(figures.gain!.low).toBeGreaterThan(10);
    expect(figures.accuracy!.value).toBeCloseTo(0.9, 12);
    // The binomial's spread at 32 of 80 is 5.5 among 100.
    expect(figures.yieldActive!.high! - figures.yieldActive!.low!).toBeGreaterThan(17);
    expect(figures.yieldActive!.high! - figures.yieldActive!.low!).toBeLessThan(26);
    expect(roundFigures([...cases("active", 80, 32), ...cases("random", 40, 4)], 1)).toEqual(figures);
  });

  test("cases of one patient are drawn together, so they say less", () => {
    const apart = roundFigures(cases("random", 40, 20), 1).accuracy!;
    const together = roundFigures(
      cases("random", 40, 20).map((one, i) => ({ ...one, patient: `${Math.floor(i / 10)}` })),
      1,
    ).accuracy!;
    expect(together.high! - together.low!).toBeGreaterThan(1.5 * (apart.high! - apart.low!));
  });

  test("what cannot be computed is null: no case, one arm, one class, three classes", () => {
    expect(roundFigures([], 1)).toMatchObject({ accuracy: null, auc: null, gain: null });
    const one = roundFigures(cases("active", 10, 5), 1);
    expect(one).toMatchObject({ accuracy: null, yieldRandom: null, gain: null });
    expect(one.yieldActive!.value).toBe(50);
    expect(roundFigures(cases("random", 10, 5), 1).auc).toBeNull();
  });

  test("the area under the curve is the share of pairs in order, equal ones half (counted pair by pair)", () => {
    const answer = fc.record({ truth: fc.integer({ min: 0, max: 1 }), positive: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 2, maxLength: 20 }), (answers) => {
        const drawn = answers.map(
          ({ truth, positive }, i): CurveCase => ({
            arm: "random",
            patient: `${i}`,
            predicted: 0,
            truth,
            positive: positive / 6,
          }),
        );
        let [pairs, ordered] = [0, 0];
        for (const a of answers.filter(({ truth }) => truth === 1))
          for (const b of answers.filter(({ truth }) => truth === 0)) {
            pairs++;
            ordered += a.positive > b.positive ? 1 : a.positive === b.positive ? 0.5 : 0;
          }
        const { auc } = roundFigures(drawn, 1);
        if (pairs === 0) expect(auc).toBeNull();
        else expect(auc!.value).toBeCloseTo(ordered / pairs, 12);
      }),
      { numRuns: 30 },
    );
  });
});
