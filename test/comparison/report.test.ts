// The report as a page by itself: what it says in either language, and what it must never hold.
import { expect, test } from "vitest";
import { type Report, reportPage, type Subject } from "../../main/comparison/report/report.ts";
import { niceTicks } from "../../main/comparison/report/ticks.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { modelCardSchema, type Run, type Snapshot } from "../../preload/contract/index.ts";
import { RECIPE } from "../api/every-call.ts";

const classes = ["normal", "lesion"].map((name) => ({ id: name, name, color: "#000000" }));
const cases = Array.from({ length: 40 }, (_, i) => {
  const p = ((i * 7) % 40) / 40;
  return { imageId: `patient-${i}`, truth: i % 3 === 0 ? 1 : 0, probabilities: [1 - p, p] };
});
const snapshot: Snapshot = {
  id: "s",
  name: "First",
  hash: "ab".repeat(32),
  createdAt: "2026-11-28T05:00:00.000Z",
  seed: 1,
  classes,
  counts: [{ part: "test", images: 40, patients: 20, perClass: [26, 14] }],
};
const run = {
  ...{ id: "r", name: "run", snapshotId: "s", recipe: RECIPE, state: "done", device: "cpu", threads: 2 },
  ...{
    createdAt: "2026-11-28T06:00:00.000Z",
    finishedAt: null,
    seconds: 75,
    waited: 0,
    memory: null,
    step: 10,
    steps: 10,
  },
  ...{ parameters: 12345, bestEpoch: 1, validationAuc: 0.9, modelId: "m", jobId: null, error: null },
  ...{ notes: "", tags: [], version: "0.1.0" },
} satisfies Run;

const subject = (name: string, card: Partial<Subject["card"]> = {}): Subject => ({
  run,
  model: {
    ...{ id: name, name, runId: "r", snapshotId: "s", kind: "trained", parentId: null, bytes: 1000, threshold: 0.5 },
    ...{ createdAt: "2026-11-28T06:10:00.000Z", input: { size: 28, low: 0, high: 255 }, classes, accepted: true },
  },
  snapshot,
  points: [{ step: 1, epoch: 1, part: "validation", metric: "loss", value: 0.4 }],
  evaluation: { modelId: name, part: "test", ...evaluate(classes, cases, 0.5) },
  card: { ...modelCardSchema.parse({}), ...card },
  readers: { people: 2, unknown: 3 },
  compression: null,
  fairness: null,
});
const report = (language: Report["language"], ...subjects: [Subject, ...Subject[]]): string =>
  reportPage({ language, at: "2026-11-28T07:00:00.000Z", version: "0.1.0", subjects, comparison: null });

test("names and what people wrote are text, whatever they hold", () => {
  const page = report(
    "en",
    subject("<img src=x onerror=alert(1)>", { intendedUse: "</style><script>alert(1)</script>" }),
  );
  expect(page).not.toMatch(/<script|<img/);
  expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(page.match(/<\/style>/g)).toHaveLength(1);
});

test("the page asks for nothing elsewhere and runs nothing", () => {
  const page = report("en", subject("Net"));
  expect(page).not.toMatch(/https?:\/\/|src=|href=|url\(|@import|<link/);
  expect(page).toContain("default-src 'none'");
});

test("no case is named", () => {
  expect(report("en", subject("Net"))).not.toContain("patient-");
});

test("what nobody wrote and nobody measured is said so, in either language", () => {
  expect(report("en", subject("Net"))).toMatch(/Not filled in\.[\s\S]*Energy<\/th><td>not measured/);
  const chinese = report("zh-CN", subject("网络"));
  expect(chinese).toMatch(/lang="zh-CN"[\s\S]*未填写。[\s\S]*能耗<\/th><td>未测量/);
  expect(chinese).not.toMatch(/Not filled in|Training time/);
});

test("figures are the evaluation's, with their intervals", () => {
  const one = subject("Net");
  const { auc, accuracy } = one.evaluation;
  const page = report("en", one);
  expect(page).toContain(`${auc!.value.toFixed(3)} (${auc!.low.toFixed(3)} to ${auc!.high.toFixed(3)})`);
  expect(page).toContain(`${(accuracy.value * 100).toFixed(1)}%`);
});

test("ticks are round numbers within the axis", () => {
  expect(niceTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(niceTicks(0.61, 1.43)).toEqual([0.8, 1, 1.2, 1.4]);
  expect(niceTicks(-0.12, 0.5)).toEqual([0, 0.2, 0.4]);
});
