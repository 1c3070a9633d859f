import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportModel } from "../../main/jobs/tasks/export.ts";
import { temporaryFolder } from "../project/builder.ts";
import { createRun, projectWithBlobs } from "../training/blob-project.ts";

test("a folder that cannot be made is refused with a sentence", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const model = project.models.add({
    runId: createRun(project, snapshotId).id,
    snapshotId,
    kind: "trained",
    parentId: null,
    name: "m",
    onnx: Uint8Array.of(1),
    input: { size: 16, low: 0, high: 255 },
    classes: project.snapshots.get(snapshotId).classes,
    accepted: true,
  });
  const file = join(temporaryFolder(), "a file");
  writeFileSync(file, "");
  const context = { project, signal: new AbortController().signal, progress() {}, points() {}, changed() {} };
  const task = {
    kind: "export",
    modelId: model.id,
    folder: join(file, "below"),
    name: "chest",
    overwrite: false,
  } as const;
  await expect(exportModel(task, context)).rejects.toMatchObject({ code: "project/read-only" });
  expect(project.exports.list()).toEqual([]);
});
