// Rules over tags and answers: three-valued, the same everywhere, tried before they are live.
import { describe, expect, test } from "vitest";
import { auditFairness } from "../../main/comparison/fairness.ts";
import type { CaseFacts } from "../../main/comparison/groups.ts";
import { tryRules } from "../../main/comparison/rules.ts";
import { evaluate } from "../../main/models/metrics.ts";
import {
  applyRules,
  type Rule,
  type RuleCondition,
  ruleBodySchema,
  ruleDocumentSchema,
} from "../../preload/contract/index.ts";

const CLASSES = ["normal", "opacity"];
const rule = (conditions: RuleCondition[], more: Partial<Rule> = {}): Rule => ({
  ...{ id: "r", name: "rule", match: "all", action: "refer" },
  conditions,
  ...more,
});
const CHILDREN = rule([{ kind: "age", from: null, below: 16 }], { id: "children", name: "Children" });
const UNCERTAIN = rule([{ kind: "probability", class: "opacity", from: 0.4, to: 0.6 }], {
  ...{ id: "uncertain", name: "Uncertain", action: "second-reader" },
});
const said = (opacity: number, tags: Record<string, string> = {}) => ({
  ...{ tags, classes: CLASSES, probabilities: [1 - opacity, opacity] },
  predicted: opacity > 0.5 ? 1 : 0,
});

describe("one case", () => {
  test.each([
    ["015Y", "refer", ["caught"]],
    ["016Y", null, []],
    ["011M", "refer", ["caught"]],
    ["", null, ["undecided"]],
    ["young", null, ["undecided"]],
  ])("under 16, refer: a patient of age %j", (PatientAge, outcome, results) => {
    const verdict = applyRules([CHILDREN], said(0.9, { PatientAge }));
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.rules.map(({ result }) => result)).toEqual(results);
    if (results[0] === "undecided") expect(verdict.rules[0]!.missing).toEqual(["age"]);
  });

  test.each([
    [0.4, true],
    [Math.fround(0.4), true],
    [0.5, true],
    [Math.fround(0.6), true],
    [0.39, false],
    [0.61, false],
  ])("between 0.4 and 0.6 both ends belong to it, as float32 too: %d", (probability, caught) => {
    expect(applyRules([UNCERTAIN], said(probability)).outcome).toBe(caught ? "second-reader" : null);
  });

  test("the strongest outcome wins, and every rule that caught it is named", () => {
    const warn = rule([{ kind: "predicted", class: "opacity" }], { id: "w", action: "warn" });
    const verdict = applyRules([warn, UNCERTAIN, CHILDREN], said(0.55, { PatientAge: "004Y" }));
    expect(verdict.outcome).toBe("refer");
    expect(verdict.rules.map(({ id }) => id)).toEqual(["w", "uncertain", "children"]);
  });

  test("what is not known decides nothing: all needs every condition, any needs one", () => {
    const conditions: RuleCondition[] = [
      { kind: "tag", attribute: "sex", values: ["F"], not: false },
      { kind: "unsure", below: 0.8 },
    ];
    const both = (match: Rule["match"], opacity: number, PatientSex: string) =>
      applyRules([rule(conditions, { match })], said(opacity, { PatientSex })).rules[0]?.result ?? "clear";
    // Unknown and false is false; unknown and true is unknown.
    expect([both("all", 0.9, ""), both("all", 0.6, ""), both("all", 0.6, "F")]).toEqual([
      "clear",
      "undecided",
      "caught",
    ]);
    // Unknown or true is true; unknown or false is unknown.
    expect([both("any", 0.6, ""), both("any", 0.9, ""), both("any", 0.9, "M")]).toEqual([
      "caught",
      "undecided",
      "clear",
    ]);
  });

  test("a tag matches in any case, can be excluded, and not knowing it is not the same as not being it", () => {
    const not = rule([{ kind: "tag", attribute: "manufacturer", values: ["Siemens"], not: true }]);
    const of = (Manufacturer: string) => applyRules([not], said(0.9, { Manufacturer })).rules[0]?.result ?? "clear";
    expect([of("SIEMENS"), of("Philips"), of(" ")]).toEqual(["clear", "caught", "undecided"]);
    const unknown = rule([{ kind: "unknown", attribute: "site" }]);
    expect(applyRules([unknown], said(0.9)).outcome).toBe("refer");
    expect(applyRules([unknown], said(0.9, { InstitutionName: "North" })).outcome).toBeNull();
  });

  test("a class that this model does not have is not taken for improbable", () => {
    const other = rule([{ kind: "probability", class: "effusion", from: 0.4, to: 1 }]);
    expect(applyRules([other], said(0.9)).rules).toMatchObject([{ result: "undecided", missing: ["class:effusion"] }]);
  });
});

describe("what is accepted", () => {
  const body = { name: "x", match: "all", action: "warn" };
  const pathsOf = (conditions: unknown) =>
    ruleBodySchema.safeParse({ ...body, conditions }).error?.issues.map(({ path }) => path.join("."));
  test.each([
    [[], ["conditions"]],
    [[{ kind: "age", from: null, below: null }], ["conditions.0.from"]],
    [[{ kind: "age", from: 18, below: 16 }], ["conditions.0.below"]],
    [[{ kind: "tag", attribute: "sex", values: [] }], ["conditions.0.values"]],
    [[{ kind: "probability", class: "a", from: 0.6, to: 0.4 }], ["conditions.0.to"]],
    [[{ kind: "shoe-size" }], ["conditions.0.kind"]],
  ])("%j is refused, and the field is named", (conditions, paths) => {
    expect(pathsOf(conditions)).toEqual(paths);
  });

  test("a document goes through JSON and comes back as it was", () => {
    const document = { format: "loupe-rules/1", rules: [CHILDREN, UNCERTAIN] };
    expect(ruleDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });
});

/** Four children (one an error), six adults of whom two are uncertain (both errors), two of unknown age (one an error). */
const ROWS = [
  ...[0.9, 0.9, 0.9, 0.1].map((score) => ({ age: "004Y", truth: 1, score })),
  ...[0.05, 0.1, 0.1, 0.2].map((score) => ({ age: "050Y", truth: 0, score })),
  ...[0.45, 0.45].map((score) => ({ age: "050Y", truth: 1, score })),
  { age: "", truth: 0, score: 0.9 },
  { age: "", truth: 0, score: 0.1 },
];
const evaluation = {
  ...{ modelId: "m", part: "test" as const },
  ...evaluate(
    CLASSES.map((name) => ({ id: name, name, color: "#000000" })),
    ROWS.map(({ truth, score }, i) => ({ imageId: `${i}`, truth, probabilities: [1 - score, score] })),
  ),
};
const facts = new Map(
  ROWS.map(({ age }, i): [string, CaseFacts] => [
    `${i}`,
    {
      imageId: `${i}`,
      patient: "",
      modality: "DX",
      answers: {},
      tags: { PatientAge: age, PatientSex: i % 2 ? "F" : "M" },
    },
  ]),
);

test("a trial counts what each rule catches, errors among them, and what is left to the model", () => {
  const tried = tryRules([CHILDREN, UNCERTAIN], evaluation, facts, "2026-11-28T08:00:00.000Z");
  expect(tried).toMatchObject({ cases: 12, errors: 4, left: 6, leftErrors: 1 });
  expect(tried.tests).toMatchObject([
    { caught: 4, caughtErrors: 1, undecided: 2, undecidedErrors: 1 },
    { caught: 2, caughtErrors: 2, undecided: 0, undecidedErrors: 0 },
  ]);
});

test("a warning leaves the case to the model", () => {
  const tried = tryRules([{ ...CHILDREN, action: "warn" }], evaluation, facts, "");
  expect(tried).toMatchObject({ left: 12, tests: [{ caught: 4 }] });
});

test("the audit counts the rules in each group and judges what is left", () => {
  const report = auditFairness(evaluation, facts, new Map(), { by: ["age"], minimum: 2, rules: [CHILDREN, UNCERTAIN] });
  const of = (band: string) => report.groups.find(({ values }) => values[0] === band)!;
  expect(report.rules.map(({ name }) => name)).toEqual(["Children", "Uncertain"]);
  expect(of("0–17").rules).toMatchObject({ caught: [4, 0], undecided: [0, 0], left: 0, figures: null });
  expect(of("40–59").rules).toMatchObject({ caught: [0, 2], left: 4, figures: { accuracy: { value: 1 } } });
  expect(of("40–59").figures!.accuracy!.value).toBeCloseTo(4 / 6, 12);
  expect(of("").rules).toMatchObject({ caught: [0, 0], undecided: [2, 0], left: 2 });
  expect(report.overall.rules).toMatchObject({ caught: [4, 2], undecided: [2, 0], left: 6 });
});

test("without live rules nothing is said of them", () => {
  const report = auditFairness(evaluation, facts, new Map(), { by: ["age"], minimum: 2 });
  expect(report.rules).toEqual([]);
  expect(report.overall.rules).toBeNull();
});
