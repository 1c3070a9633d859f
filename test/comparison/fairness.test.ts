// Fairness figures: a worked example counted by hand, groups from tags, and what must not depend on chance.
import { describe, expect, test } from "vitest";
import { auditFairness } from "../../main/comparison/fairness.ts";
import type { CaseFacts } from "../../main/comparison/groups.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { ageOf, type Evaluation, groupValue } from "../../preload/contract/index.ts";

interface Row {
  sex: string;
  truth: 0 | 1;
  score: number;
  patient?: string;
  age?: string;
}

const CLASSES = ["normal", "opacity"].map((name) => ({ id: name, name, color: "#000000" }));
const NO_QUESTIONS = new Map<string, string>();

function given(rows: readonly Row[]): [Evaluation, Map<string, CaseFacts>] {
  const predictions = rows.map(({ truth, score }, i) => ({
    imageId: `i${i}`,
    truth,
    probabilities: [1 - score, score],
  }));
  const facts = rows.map(
    ({ sex, age = "", patient = "" }, i): CaseFacts => ({
      ...{ imageId: `i${i}`, patient, modality: "DX", answers: {} },
      tags: { PatientSex: sex, PatientAge: age },
    }),
  );
  return [
    { modelId: "m", part: "test", ...evaluate(CLASSES, predictions) },
    new Map(facts.map((one) => [one.imageId, one])),
  ];
}

const times = (count: number, row: Row): Row[] => Array.from({ length: count }, () => row);

/**
 * 40 women: 16 of 20 ill found, 2 of 20 healthy alarmed. 40 men: 8 of 10 … 6 of 10 found, 6 of 30 alarmed.
 * Selection 18/40 and 12/40; sensitivity 0.8 and 0.6; false alarms 0.1 and 0.2.
 */
const WORKED: Row[] = [
  ...times(16, { sex: "F", truth: 1, score: 0.9 }),
  ...times(4, { sex: "F", truth: 1, score: 0.2 }),
  ...times(2, { sex: "F", truth: 0, score: 0.8 }),
  ...times(18, { sex: "F", truth: 0, score: 0.1 }),
  ...times(6, { sex: "M", truth: 1, score: 0.9 }),
  ...times(4, { sex: "M", truth: 1, score: 0.2 }),
  ...times(6, { sex: "M", truth: 0, score: 0.8 }),
  ...times(24, { sex: "M", truth: 0, score: 0.1 }),
];

describe("a worked example", () => {
  const report = auditFairness(...given(WORKED), NO_QUESTIONS, { by: ["sex"], minimum: 10 });

  test("counts each group and its rates", () => {
    expect(report.groups.map(({ values, cases, positives }) => [values, cases, positives])).toEqual([
      [["F"], 40, 20],
      [["M"], 40, 10],
    ]);
    const [women, men] = report.groups.map(({ figures }) => figures!);
    expect([women!.sensitivity!.value, men!.sensitivity!.value]).toEqual([0.8, 0.6]);
    expect([women!.specificity!.value, men!.specificity!.value]).toEqual([0.9, 0.8]);
    expect([women!.selectionRate!.value, men!.selectionRate!.value]).toEqual([0.45, 0.3]);
    expect([women!.ppv!.value, men!.ppv!.value]).toEqual([16 / 18, 0.5]);
    // (16 * 0.01 + 4 * 0.64 + 2 * 0.64 + 18 * 0.01) / 40
    expect(women!.brier).toBeCloseTo(0.1045, 12);
    // mean probability (16 * 0.9 + 4 * 0.2 + 2 * 0.8 + 18 * 0.1) / 40 = 0.465, of which 0.5 are ill
    expect(women!.bias).toBeCloseTo(-0.035, 12);
  });

  test("demographic parity, equal opportunity and equalised odds are their definitions", () => {
    const { demographicParity, equalOpportunity, equalisedOdds } = report.differences;
    expect(demographicParity!.value).toBeCloseTo(0.15, 12);
    expect(equalOpportunity!.value).toBeCloseTo(0.2, 12);
    // The difference in sensitivity, 0.2, is larger than that in false alarms, 0.1.
    expect(equalisedOdds!.value).toBeCloseTo(0.2, 12);
    expect([demographicParity!.highest, demographicParity!.lowest]).toEqual([0, 1]);
    expect(demographicParity!.low!).toBeLessThan(0.15);
    expect(demographicParity!.high!).toBeGreaterThan(0.15);
  });

  test("the worst group is the one with the lower AUC", () => {
    expect(report.groups[1]!.figures!.auc!.value).toBeLessThan(report.groups[0]!.figures!.auc!.value);
    expect(report.worst).toBe(1);
  });

  test("asked about the other class, sensitivity and specificity change places", () => {
    const other = auditFairness(...given(WORKED), NO_QUESTIONS, { by: ["sex"], minimum: 10, positive: 0 });
    expect(other.groups[0]!.figures!.sensitivity!.value).toBe(0.9);
    expect(other.groups[0]!.figures!.specificity!.value).toBe(0.8);
  });

  test("the same cases in another order give the same report", () => {
    const [evaluation, facts] = given(WORKED);
    const reversed = { ...evaluation, cases: evaluation.cases.toReversed() };
    const again = auditFairness(reversed, facts, NO_QUESTIONS, { by: ["sex"], minimum: 10 });
    expect(again.worst).toBe(report.worst);
    for (const [i, { figures }] of again.groups.entries()) {
      expect(figures!.auc!.value).toBeCloseTo(report.groups[i]!.figures!.auc!.value, 12);
      expect(figures!.ece).toBeCloseTo(report.groups[i]!.figures!.ece, 12);
    }
    expect(again.differences.equalisedOdds!.value).toBeCloseTo(report.differences.equalisedOdds!.value, 12);
  });
});

/** The worked example of Fairlearn's user guide, "Performing a fairness assessment": its predictions, and the figures that it prints. */
test("Fairlearn's documented example gets the rates and the differences that are printed there", () => {
  const truth = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1] as const;
  const predicted = [0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0];
  const groups = [..."bbabbcccaacabccbcc"];
  const rows = truth.map((one, i): Row => ({ sex: "", truth: one, score: predicted[i] ? 0.9 : 0.1 }));
  const [evaluation, facts] = given(rows);
  const named = new Map([...facts].map(([id, one]) => [id, { ...one, answers: { sf: groups[Number(id.slice(1))]! } }]));
  const questions = new Map([["sf", "sensitive feature"]]);
  const report = auditFairness(evaluation, named, questions, { by: ["question:sf"], minimum: 1 });
  const printed = { a: [0.5, 1, 0.75, 4], b: [0.6, 0, 0.5, 6], c: [0.4, 2 / 3, 0.5, 8] };
  for (const { values, cases, figures } of report.groups) {
    const [tpr, fpr, selected, count] = printed[values[0] as "a"];
    expect(cases).toBe(count);
    expect(figures!.sensitivity!.value).toBeCloseTo(tpr!, 6);
    expect(1 - figures!.specificity!.value).toBeCloseTo(fpr!, 6);
    expect(figures!.selectionRate!.value).toBeCloseTo(selected!, 6);
  }
  expect(report.differences.demographicParity!.value).toBeCloseTo(0.25, 12);
  expect(report.differences.equalOpportunity!.value).toBeCloseTo(0.2, 12);
  // The larger of the differences in true (0.2) and in false positive rates (1.0), as equalized_odds_difference defines it.
  expect(report.differences.equalisedOdds!.value).toBeCloseTo(1, 12);
});

describe("groups", () => {
  test("a small group is counted, not judged, and decides no difference", () => {
    const rows = [...WORKED, ...times(3, { sex: "O", truth: 1, score: 0.01 })];
    const report = auditFairness(...given(rows), NO_QUESTIONS, { by: ["sex"], minimum: 10 });
    expect(report.groups[2]).toMatchObject({ values: ["O"], cases: 3, figures: null });
    expect(report.differences.equalOpportunity!.value).toBeCloseTo(0.2, 12);
    expect(report.worst).toBe(1);
  });

  test("who is not known is a group of its own, the last one", () => {
    const rows = [...times(60, { sex: "", truth: 0, score: 0.4 }), ...WORKED];
    const report = auditFairness(...given(rows), NO_QUESTIONS, { by: ["sex"], minimum: 10 });
    expect(report.groups.map(({ values }) => values[0])).toEqual(["F", "M", ""]);
    expect(report.available.find(({ attribute }) => attribute === "sex")).toMatchObject({ known: 80, values: 2 });
  });

  test("attributes are crossed", () => {
    const rows = WORKED.map((row, i) => ({ ...row, age: i % 2 === 0 ? "015Y" : "070Y" }));
    const report = auditFairness(...given(rows), NO_QUESTIONS, { by: ["age", "sex"], minimum: 10 });
    expect(report.groups.map(({ values }) => values.join(" ")).sort()).toEqual([
      "0–17 F",
      "0–17 M",
      "60–79 F",
      "60–79 M",
    ]);
    expect(report.groups.reduce((sum, { cases }) => sum + cases, 0)).toBe(80);
  });

  test("without an attribute there is the whole part, and no difference", () => {
    const report = auditFairness(...given(WORKED), NO_QUESTIONS, { by: [], minimum: 10 });
    expect(report).toMatchObject({ groups: [], worst: null, overall: { cases: 80, positives: 30 } });
    expect(Object.values(report.differences)).toEqual([null, null, null, null]);
  });

  test("images of a patient count as one patient, an image without one as its own", () => {
    const rows = WORKED.map((row, i) => ({ ...row, patient: i < 40 ? `P${i % 20}` : "" }));
    const report = auditFairness(...given(rows), NO_QUESTIONS, { by: ["sex"], minimum: 10 });
    expect(report.groups.map(({ patients }) => patients)).toEqual([20, 40]);
  });

  test("a class that is not there and a question that is gone are refused", () => {
    const refused = (by: string[], positive?: number) => () =>
      auditFairness(...given(WORKED), NO_QUESTIONS, { by, minimum: 10, positive });
    expect(refused([], 2)).toThrow("Expected a class index below 2, found 2.");
    expect(refused(["question:gone"])).toThrow("not in the schema any more");
  });

  test.each([
    [{ PatientAge: "045Y" }, 45],
    [{ PatientAge: "018M" }, 1],
    [{ PatientAge: "006W" }, 0],
    [{ PatientAge: "" }, null],
    [{ PatientAge: "forty" }, null],
    [{ PatientBirthDate: "19500601", StudyDate: "20200531" }, 69],
    [{ PatientBirthDate: "19500601", StudyDate: "20200602" }, 70],
    [{ PatientBirthDate: "20300101", StudyDate: "20200602" }, null],
  ])("%j is an age of %s", (tags, age) => {
    expect(ageOf(tags)).toBe(age);
  });

  test.each([
    ["017Y", "0–17"],
    ["018Y", "18–39"],
    ["080Y", "80+"],
    ["101Y", "80+"],
    ["", ""],
  ])("the band of %s is %s", (PatientAge, band) => {
    const facts = { imageId: "", patient: "", modality: "", answers: {}, tags: { PatientAge } };
    expect(groupValue("age", facts)).toBe(band);
  });
});
