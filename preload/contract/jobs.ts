import { oc } from "@orpc/contract";
import { z } from "zod";

export const jobKindSchema = z.enum([
  "import",
  "sample",
  "train",
  "search",
  "evaluate",
  "compress",
  "explain-check",
  "explain-part",
  "explain-nearest",
  "explain-file-check",
  "export",
  "labels-export",
  "labels-import",
  "text-look",
  "queue",
  "pacs-fetch",
  "pacs-listen",
  "audit-export",
  "runs-export",
  "notebook",
  "report",
  "backup",
  "check",
  "compact",
  "part",
  "merge",
]);
export type JobKind = z.infer<typeof jobKindSchema>;

/** interrupted = its process died or the project was locked; a training job can then be resumed. */
export const jobStateSchema = z.enum(["running", "done", "failed", "cancelled", "interrupted"]);

export const progressSchema = z.object({
  done: z.number().min(0),
  total: z.number().min(0).describe("0 while unknown"),
  unit: z.enum(["files", "images", "steps", "bytes", "parts", "objects", "entries", "trials"]),
  secondsLeft: z.number().min(0).nullable(),
  note: z.string().describe("stable key of the present phase, for example importing, training, evaluating"),
});
export type Progress = z.infer<typeof progressSchema>;

export const jobSchema = z.object({
  id: z.string(),
  kind: jobKindSchema,
  state: jobStateSchema,
  subject: z.string().nullable().describe("id of the run, search or model it works on"),
  progress: progressSchema,
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  result: z
    .unknown()
    .describe(
      "by kind: ImportReport, {runId}, {searchId}, CompressionReport, TrustReport, ExplanationReport, Neighbourhood, TrustFigures, ExportReport, LabelExportReport, LabelFileReport, TextLookReport, PacsReport, AuditExportReport, RunsExportReport, NotebookReport, ModelReport, BackupReport, CheckReport, CompactReport, PartReport, MergeReport or {listId}; null until done",
    ),
});
export type Job = z.infer<typeof jobSchema>;

export const jobsContract = {
  /** Newest first; at most the last 100. */
  list: oc.output(z.array(jobSchema)),
  get: oc.input(z.object({ id: z.string() })).output(jobSchema),
  /** Asks the job to stop; its state becomes cancelled when it has. A finished job stays as it is. */
  cancel: oc.input(z.object({ id: z.string() })).output(jobSchema),
};
