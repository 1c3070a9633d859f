// Labels from another program's files, all or nothing.

import type { LabelFileReport } from "../../../preload/contract/index.ts";
import { importLabels } from "../../labels/formats/import.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export async function importLabelFiles(task: TaskOf<"labels-import">, context: TaskContext): Promise<LabelFileReport> {
  const { project, signal } = context;
  const { format, path } = task;
  const pace = new Pace();
  const onProgress = (done: number) => context.progress(pace.at(done, 0, "parts", "importing-labels"));
  const report = await importLabels(project, { format, path, signal, onProgress });
  context.changed("labels");
  return report;
}
