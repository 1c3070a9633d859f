import { expect, test } from "vitest";
import { compressModel } from "../../main/compression/compress.ts";
import { trainRun } from "../../main/training/run.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";

test("a compressed model is kept with its evaluation and report, or not at all", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 2 });
  const { signal } = new AbortController();
  await trainRun({ project, runId, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const modelId = project.runs.get(runId).modelId!;
  const options = { project, modelId, maxAucDrop: 0.5, threads: THREADS };

  const save = project.models.saveCompressionReport;
  project.models.saveCompressionReport = () => {
    throw new Error("the disk is full");
  };
  await expect(compressModel(options)).rejects.toThrow("the disk is full");
  expect(project.models.list().map(({ id }) => id)).toEqual([modelId]);

  project.models.saveCompressionReport = save;
  const report = await compressModel(options);
  expect(project.models.get(report.modelId)).toMatchObject({
    kind: "int8",
    parentId: modelId,
    accepted: report.accepted,
  });
  expect(project.models.compressionReport(report.modelId)).toEqual(report);
  expect(project.models.evaluation(report.modelId, "validation")!.auc!.value).toBe(report.after.auc);
  expect(report.after.bytes).toBeLessThan(report.before.bytes);
});
