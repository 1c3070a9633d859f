import { expect, test } from "vitest";
import { compressBy } from "../../main/compression/recipe.ts";
import { trainRun } from "../../main/training/run.ts";
import { compressionLimitsSchema } from "../../preload/contract/index.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";

const LIMITS = compressionLimitsSchema.parse({ maxAucDrop: 0.02, minSmaller: 1.2 });

test("a pruned model is trained on as a run of its own, and counts once the gate has measured it", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 6 });
  const { signal } = new AbortController();
  await trainRun({ project, runId, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const modelId = project.runs.get(runId).modelId!;
  const pruning = { step: "prune", share: 0.5, importance: "taylor", epochs: 6 } as const;
  const points: string[] = [];
  const report = await compressBy([pruning], {
    project,
    modelId,
    limits: LIMITS,
    threads: THREADS,
    onPoints: (id) => points.push(id),
  });

  expect(report.after.flops! / report.before.flops!).toBeLessThanOrEqual(0.5);
  expect(report.reason).toBe("");
  expect(report.accepted).toBe(true);
  const tuned = project.models.get(report.modelId);
  expect(tuned).toMatchObject({ kind: "pruned", parentId: modelId, accepted: true });
  const run = project.runs.get(tuned.runId);
  expect(run.state).toBe("done");
  expect(points).toContain(run.id);
  // What the cut alone left is there too, with a report of its own: the run began with it.
  const cut = project.models.get(run.recipe.startFrom!);
  expect(cut).toMatchObject({ kind: "pruned", parentId: modelId });
  expect(project.models.compressionReport(cut.id)!.after.flops).toBe(report.after.flops);
  expect(project.models.evaluation(tuned.id, "test")).not.toBeNull();
});

test("a training that is stopped after the cut leaves a run that says so, and no model that counts", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 1 });
  const options = { project, threads: THREADS, onProgress: () => {}, onPoints: () => {} };
  await trainRun({ ...options, runId, signal: new AbortController().signal });
  const stop = new AbortController();
  const modelId = project.runs.get(runId).modelId!;
  const pruning = { step: "prune", share: 0.5, importance: "magnitude", epochs: 50 } as const;
  const onPoints = () => stop.abort();
  const limits = { ...LIMITS, minSmaller: 50 };
  await expect(
    compressBy([pruning], { ...options, modelId, limits, signal: stop.signal, onPoints }),
  ).rejects.toMatchObject({
    code: "app/aborted",
  });
  const [last] = project.runs.list();
  expect(last!.state).toBe("cancelled");
  expect(project.models.list().filter(({ kind, accepted }) => kind === "pruned" && accepted)).toEqual([]);
});
