// Labels to a new folder in another program's format, and what that would lose.

import type { ExportPreview, LabelExportReport } from "../../../preload/contract/index.ts";
import { exportLabels, previewExport } from "../../labels/formats/export.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export function exportLabelFiles(task: TaskOf<"labels-export">, context: TaskContext): Promise<LabelExportReport> {
  const { project, signal } = context;
  const { kind: _, ...selection } = task;
  const pace = new Pace();
  const onProgress = (done: number, total: number) =>
    context.progress(pace.at(done, total, "images", "exporting-labels"));
  return exportLabels(project, { ...selection, signal, onProgress });
}

export function previewLabelFiles(task: TaskOf<"labels-preview">, context: TaskContext): Promise<ExportPreview> {
  const { kind: _, ...selection } = task;
  return previewExport(context.project, { ...selection, signal: context.signal });
}
