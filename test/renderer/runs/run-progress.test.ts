import { expect, test } from "vitest";
import type { Job, Run } from "../../../preload/contract/index.ts";
import { bestAuc, isResumable, newestDone, runProgress } from "../../../renderer/views/runs/run-progress.ts";

const run = (part: Partial<Run>) =>
  ({ id: "r", state: "running", step: 10, steps: 100, modelId: null, ...part }) as Run;
const job = (progress: Partial<Job["progress"]>, state: Job["state"] = "running") =>
  ({
    state,
    progress: { done: 0, total: 0, unit: "steps", secondsLeft: null, note: "training", ...progress },
  }) as Job;

test("while it runs the job knows more than the run: step, time left and phase are the job's", () => {
  expect(runProgress(run({}), job({ done: 25, total: 100, secondsLeft: 30 }))).toEqual({
    share: 0.25,
    step: 25,
    steps: 100,
    secondsLeft: 30,
    note: "training",
  });
});

test("images being prepared are a phase of their own and not taken for steps", () => {
  const progress = runProgress(run({ step: 0 }), job({ done: 50, total: 200, unit: "images", note: "preparing" }));
  expect(progress).toMatchObject({ share: 0.25, step: 0, steps: 100, note: "preparing" });
});

test("a job that does not know how much there is has no share", () => {
  expect(runProgress(run({ steps: 0 }), job({ unit: "images" })).share).toBeNull();
});

test("a stopped run stands where it stopped, whatever its last job said", () => {
  expect(runProgress(run({ state: "cancelled" }), job({ done: 90, total: 100 }, "cancelled"))).toEqual({
    share: 0.1,
    step: 10,
    steps: 100,
    secondsLeft: null,
    note: "",
  });
});

test("only interrupted and cancelled runs can be resumed", () => {
  const states: Run["state"][] = ["running", "done", "failed", "cancelled", "interrupted"];
  expect(states.filter((state) => isResumable(run({ state })))).toEqual(["cancelled", "interrupted"]);
});

test("comparing starts with the newest runs that left a model", () => {
  const runs = [
    run({ id: "old", createdAt: "2026-01-01T00:00:00Z", modelId: "m1" }),
    run({ id: "none", createdAt: "2026-01-03T00:00:00Z" }),
    run({ id: "new", createdAt: "2026-01-02T00:00:00Z", modelId: "m2" }),
  ];
  expect(newestDone(runs, 2)).toEqual(["new", "old"]);
});

test("the best AUC so far is that of the validation part, and none before its first point", () => {
  const point = (part: "train" | "validation", value: number) => ({ step: 1, epoch: 1, part, metric: "auc", value });
  expect(bestAuc([])).toBeNull();
  expect(bestAuc([point("train", 0.99), point("validation", 0.7), point("validation", 0.6)])).toBe(0.7);
});
