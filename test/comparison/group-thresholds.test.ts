// Thresholds by group: chosen on validation, frozen, and judged on cases that chose nothing.
import { expect, test } from "vitest";
import { auditFairness } from "../../main/comparison/fairness.ts";
import type { CaseFacts } from "../../main/comparison/groups.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { createRandom } from "../../main/models/random.ts";
import type { Evaluation, Part } from "../../preload/contract/index.ts";

const CLASSES = ["no", "yes"].map((name) => ({ id: name, name, color: "#000000" }));

/** Women's scores lie as the model was trained; men's are shifted up, so that one threshold calls nearly everybody ill. */
function drawn(part: Part, seed: number, count = 400): [Evaluation, Map<string, CaseFacts>] {
  const random = createRandom(seed);
  const facts = new Map<string, CaseFacts>();
  const predictions = Array.from({ length: count }, (_, i) => {
    const [sex, truth] = [i % 4 < 2 ? "F" : "M", i % 2];
    const logit = (truth ? 1.5 : -1.5) + random.normal() + (sex === "M" ? 2 : 0);
    const p = 1 / (1 + Math.exp(-logit));
    const imageId = `${part}${i}`;
    facts.set(imageId, { imageId, patient: "", modality: "DX", answers: {}, tags: { PatientSex: sex } });
    return { imageId, truth, probabilities: [1 - p, p] };
  });
  return [{ modelId: "m", part, ...evaluate(CLASSES, predictions, 0.5) }, facts];
}

test("the worst group's error falls, and the other's stays", () => {
  const [evaluation, facts] = drawn("test", 1);
  const chosenOn = drawn("validation", 2);
  const report = auditFairness(evaluation, facts, new Map(), { by: ["sex"], minimum: 20, chosenOn });
  const errors = report.groups.map(({ values, figures }, i) => ({
    sex: values[0],
    before: 1 - figures!.accuracy!.value,
    after: 1 - report.thresholds[i]!.accuracy!.value,
  }));
  const [women, men] = ["F", "M"].map((sex) => errors.find((one) => one.sex === sex)!);
  expect(men!.before).toBeGreaterThan(0.25);
  expect(men!.after).toBeLessThan(0.5 * men!.before);
  expect(Math.abs(women!.after - women!.before)).toBeLessThan(0.03);
  // The shift of the logits by 2 is found: from near 0.5 to near 1 / (1 + e^-2) = 0.88.
  const threshold = report.thresholds[report.groups.findIndex(({ values }) => values[0] === "M")]!.threshold;
  expect(threshold).toBeGreaterThan(0.75);
  expect(threshold).toBeLessThan(0.95);
});

test("frozen: what is judged chooses nothing", () => {
  const chosenOn = drawn("validation", 2);
  const thresholdsOn = (seed: number) => {
    const [evaluation, facts] = drawn("test", seed);
    return auditFairness(evaluation, facts, new Map(), { by: ["sex"], minimum: 20, chosenOn }).thresholds.map(
      (one) => one?.threshold,
    );
  };
  expect(thresholdsOn(1)).toEqual(thresholdsOn(5));
});

test("a group that validation has too few of keeps the model's threshold", () => {
  const [evaluation, facts] = drawn("test", 1);
  const report = auditFairness(evaluation, facts, new Map(), {
    by: ["sex"],
    minimum: 20,
    chosenOn: drawn("validation", 2, 40),
  });
  expect(report.groups.every(({ figures }) => figures !== null)).toBe(true);
  expect(report.thresholds.filter((one) => one !== null).length).toBe(2);
  const fewer = auditFairness(evaluation, facts, new Map(), {
    by: ["sex"],
    minimum: 20,
    chosenOn: drawn("validation", 2, 36),
  });
  expect(fewer.thresholds).toEqual([null, null]);
});
