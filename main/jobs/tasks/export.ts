// A model as a container image: what of the project goes into it (the graph, the input's range, the names of the classes, live rules) and
// what the project remembers of it (the report, in the audit).

import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type ExportReport, RULES_FORMAT } from "../../../preload/contract/index.ts";
import { exportImage, nextVersion } from "../../shipping/export.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export async function exportModel(task: TaskOf<"export">, context: TaskContext): Promise<ExportReport> {
  const { project, signal } = context;
  const model = project.models.get(task.modelId);
  const rules = project.rules.live(model.id);
  const pace = new Pace();
  await mkdir(task.folder, { recursive: true }).catch((cause: unknown) => {
    throw new AppError("project/read-only", "The folder for the archive cannot be made: choose another.", { cause });
  });
  const exported = await exportImage({
    onnx: project.models.onnx(model.id),
    manifest: {
      name: task.name,
      version: nextVersion(task.name, project.exports.list()),
      input: model.input,
      classes: model.classes.map(({ name }) => name),
      threshold: model.threshold,
      ...(rules.length === 0 ? {} : { rules: { format: RULES_FORMAT, rules } }),
    },
    target: join(task.folder, `${task.name}.oci.tar`),
    name: task.name,
    overwrite: task.overwrite,
    created: model.createdAt,
    signal,
    onProgress: (done, total) => context.progress(pace.at(done, total, "bytes", "packing")),
  });
  const report: ExportReport = {
    id: randomUUID(),
    modelId: model.id,
    createdAt: new Date().toISOString(),
    ...exported,
  };
  project.exports.add(report);
  return report;
}
