import { expect, test } from "vitest";
import { compareEvaluations } from "../../main/comparison/comparison.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { createRandom } from "../../main/models/random.ts";
import type { Evaluation } from "../../preload/contract/index.ts";

const NAMES = ["normal", "lesion"];
const classes = NAMES.map((name) => ({ id: name, name, color: "#000000" }));

/** A model of this skill judged on 200 cases of 100 patients; the same `seed` makes the same mistakes. */
function evaluationOf(modelId: string, skill: number, seed: number, count = 200): Evaluation {
  const random = createRandom(seed);
  const predictions = Array.from({ length: count }, (_, i) => {
    const truth = i % 2;
    const p = 1 / (1 + Math.exp(-(skill * (truth === 1 ? 1 : -1) + random.normal())));
    return { imageId: `image ${String(i).padStart(3, "0")}`, truth, probabilities: [1 - p, p] };
  });
  return { modelId, part: "test", ...evaluate(classes, predictions) };
}
const patients = new Map(Array.from({ length: 200 }, (_, i) => [`image ${String(i).padStart(3, "0")}`, `${i >> 1}`]));

test("three models make three pairs, a far better one is told apart by every test, and corrected values are no smaller", () => {
  const models = [evaluationOf("good", 2.5, 1), evaluationOf("alike", 2.4, 2), evaluationOf("bad", 0.2, 3)];
  const { pairs, cases, patients: units, modelIds } = compareEvaluations(models, patients);
  expect({ cases, units, modelIds }).toEqual({ cases: 200, units: 100, modelIds: ["good", "alike", "bad"] });
  expect(pairs.map(({ first, second }) => [first, second])).toEqual([
    ["good", "alike"],
    ["good", "bad"],
    ["alike", "bad"],
  ]);
  for (const { auc, accuracy, loss } of pairs) {
    for (const { p, holm, falseDiscovery } of [auc, accuracy, loss]) {
      expect(holm!).toBeGreaterThanOrEqual(falseDiscovery!);
      expect(falseDiscovery!).toBeGreaterThanOrEqual(p!);
    }
  }
  const [close, far] = [pairs[0]!, pairs[1]!];
  expect(far.auc.holm).toBeLessThan(0.001);
  expect(far.accuracy.holm).toBeLessThan(0.001);
  expect(far.loss.holm).toBeLessThan(0.001);
  expect(far.auc.estimate!.low).toBeGreaterThan(0);
  expect(far.loss.estimate!.high).toBeLessThan(0);
  expect(close.auc.p).toBeGreaterThan(0.05);
  // Two ways to the same interval, one by ranks and one by drawing again.
  expect(Math.abs(far.auc.delong!.low - far.auc.estimate!.low!)).toBeLessThan(0.03);
});

test("differences are those of the evaluations' own figures", () => {
  const models = [evaluationOf("a", 1, 4), evaluationOf("b", 0.5, 5)];
  const [pair] = compareEvaluations(models, patients).pairs;
  expect(pair!.auc.estimate!.value).toBeCloseTo(models[0]!.auc!.value - models[1]!.auc!.value, 12);
  expect(pair!.accuracy.estimate!.value).toBeCloseTo(models[0]!.accuracy.value - models[1]!.accuracy.value, 12);
  expect(pair!.accuracy.onlyFirst - pair!.accuracy.onlySecond).toBe(Math.round(200 * pair!.accuracy.estimate!.value));
});

test("classes in another order are the same classes, and cases with another truth or of one model alone are left out", () => {
  const first = evaluationOf("a", 1, 4);
  const second = evaluationOf("b", 0.5, 5, 150);
  const turned: Evaluation = {
    ...second,
    classes: [classes[1]!, classes[0]!],
    cases: second.cases.map((one) => ({
      ...one,
      truth: 1 - one.truth,
      predicted: 1 - one.predicted,
      probabilities: one.probabilities.toReversed(),
    })),
  };
  const straight = compareEvaluations([first, second], patients);
  expect(straight.cases).toBe(150);
  expect(compareEvaluations([first, turned], patients)).toEqual(straight);
  const relabelled = {
    ...second,
    cases: second.cases.map((one, i) => (i < 10 ? { ...one, truth: 1 - one.truth } : one)),
  };
  expect(compareEvaluations([first, relabelled], patients).cases).toBe(140);
});

test("with three classes there is an interval of the macro AUC and no p value", () => {
  const three = [...classes, { id: "other", name: "other", color: "#000000" }];
  const make = (modelId: string, seed: number): Evaluation => {
    const random = createRandom(seed);
    const predictions = Array.from({ length: 90 }, (_, i) => {
      const logits = three.map((_, c) => Math.exp(random.normal() + (c === i % 3 ? 1 : 0)));
      const sum = logits.reduce((total, x) => total + x, 0);
      return { imageId: `${i}`, truth: i % 3, probabilities: logits.map((x) => x / sum) };
    });
    return { modelId, part: "test", ...evaluate(three, predictions) };
  };
  const [first, second] = [make("a", 1), make("b", 2)];
  const { pairs, patients: units } = compareEvaluations([first, second], new Map());
  expect(units).toBe(90);
  const { auc } = pairs[0]!;
  expect(auc.estimate!.value).toBeCloseTo(first.auc!.value - second.auc!.value, 12);
  expect(auc).toMatchObject({ delong: null, p: null, holm: null, falseDiscovery: null });
});

test("models without a case in common, and of other classes, are refused by name", () => {
  const first = evaluationOf("a", 1, 4);
  const elsewhere = { ...first, cases: first.cases.map((one) => ({ ...one, imageId: `other ${one.imageId}` })) };
  expect(() => compareEvaluations([first, elsewhere], patients)).toThrow(
    expect.objectContaining({ code: "comparison/nothing-shared" }),
  );
  const renamed = { ...first, classes: [classes[0]!, { ...classes[1]!, id: "nodule" }] };
  expect(() => compareEvaluations([first, renamed], patients)).toThrow(
    expect.objectContaining({ code: "comparison/other-classes" }),
  );
});
