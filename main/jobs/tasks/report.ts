// A report of one model or several: what the project knows of them, gathered, then main/comparison/report on it. A PDF is the page, printed by the host.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError, type Comparison, type ModelReport } from "../../../preload/contract/index.ts";
import { type Report, reportPage, type Subject } from "../../comparison/report/report.ts";
import { refuseExisting, writeWhole } from "../../shipping/whole-files.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { ReportData, TaskOf } from "../protocol.ts";
import { compareModels } from "./compare.ts";
import type { PrintingContext, TaskContext } from "./context.ts";
import { auditModel } from "./fairness.ts";

export async function makePage(task: TaskOf<"report-page">, context: TaskContext): Promise<{ html: string }> {
  return { html: await pageOf(task, task.version, context) };
}

export async function exportReport(task: TaskOf<"report">, context: PrintingContext): Promise<ModelReport> {
  const { project, signal } = context;
  const { format, path, overwrite } = task;
  refuseExisting(path, overwrite);
  const html = await pageOf(task, task.version, context);
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw new AppError("project/read-only", "The folder for the report cannot be made: choose another.", { cause });
  });
  const write = async (file: string, bytes: Uint8Array, as: ModelReport["format"]): Promise<ModelReport> => {
    await writeWhole([{ path: file, bytes }], { overwrite, signal });
    project.audit.record("model/report", "", { format: as, part: task.part, models: task.modelIds.length });
    return { path: file, bytes: bytes.length, format: as };
  };
  const page = Buffer.from(html);
  if (format === "html") return write(path, page, "html");
  let pdf: Uint8Array;
  try {
    pdf = await context.print(html);
  } catch (error) {
    if (!(error instanceof AppError && error.code === "report/no-printer")) throw error;
    const { path: written } = await write(path.replace(/\.pdf$/, ".html"), page, "html");
    const next = `The report was written as a page instead: open ${written} in a browser and print it there.`;
    throw new AppError("report/no-printer", `${error.message} ${next}`, { cause: error });
  }
  return write(path, pdf, "pdf");
}

async function pageOf(data: ReportData, version: string, context: TaskContext): Promise<string> {
  const subjects: Subject[] = [];
  for (const modelId of data.modelIds) subjects.push(await subjectOf(modelId, data, context));
  const comparison: Comparison | null =
    subjects.length > 1
      ? await compareModels({ kind: "compare", modelIds: data.modelIds, part: data.part }, context)
      : null;
  const report: Report = {
    language: data.language,
    at: new Date().toISOString(),
    version,
    subjects: subjects as [Subject, ...Subject[]],
    comparison,
  };
  return reportPage(report);
}

async function subjectOf(modelId: string, data: ReportData, context: TaskContext): Promise<Subject> {
  const { project, signal, progress } = context;
  const { part, groups: by, minimum } = data;
  const model = project.models.get(modelId);
  const run = project.runs.get(model.runId);
  const evaluation = await evaluateModel({ project, modelId, part, signal, onProgress: progress });
  const fairness = by.length === 0 ? null : await auditModel({ kind: "fairness", modelId, part, by, minimum }, context);
  return {
    model,
    run,
    evaluation,
    fairness,
    snapshot: project.snapshots.get(model.snapshotId),
    points: project.runs.points(run.id),
    card: project.models.card(modelId),
    readers: project.snapshots.readers(model.snapshotId),
    compression: project.models.compressionReport(modelId),
  };
}
