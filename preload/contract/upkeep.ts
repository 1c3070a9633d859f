import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { jobSchema, progressSchema } from "./jobs.ts";
import { projectSchema } from "./project.ts";

/** A last backup that is older than this many days is shown as a warning. */
export const BACKUP_OVERDUE_DAYS = 7;

export const sizeKindSchema = z.enum([
  "frames",
  "thumbnails",
  "headers",
  "labels",
  "models",
  "checkpoints",
  "audit",
  "other",
  "free",
]);
export type SizeKind = z.infer<typeof sizeKindSchema>;

/** Last number and hash of the audit's chain. */
const chainHead = z.object({ sequence: z.int(), hash: z.string() });

export const backupReportSchema = z.object({
  path: z.string().describe("the Name date.loupe-backup folder"),
  at: z.iso.datetime().describe("the moment whose state it holds"),
  bytes: z.int(),
  images: z.int(),
  audit: chainHead.describe("of the project at that moment, and of the backup"),
  seconds: z.number(),
});
export type BackupReport = z.infer<typeof backupReportSchema>;

export const checkModeSchema = z
  .enum(["quick", "full"])
  .describe("quick leaves out the tables of pixels, thumbnails and models, which hold nearly all of the bytes");
export type CheckMode = z.infer<typeof checkModeSchema>;

export const checkReportSchema = z.object({
  at: z.iso.datetime(),
  mode: checkModeSchema,
  problems: z.array(z.string()).describe("what SQLite found, as it says it; empty: none"),
  auditIntact: z.boolean(),
  seconds: z.number(),
});
export type CheckReport = z.infer<typeof checkReportSchema>;

export const compactReportSchema = z.object({
  at: z.iso.datetime(),
  before: z.int().describe("bytes of project.db"),
  after: z.int(),
  seconds: z.number(),
});
export type CompactReport = z.infer<typeof compactReportSchema>;

export const healthSchema = z.object({
  path: z.string(),
  bytes: z.int().describe("of project.db: the kinds together"),
  kinds: z.array(z.object({ kind: sizeKindSchema, bytes: z.int() })),
  walBytes: z.int().describe("of the write-ahead log beside it"),
  disk: z.object({ free: z.number(), total: z.number() }).describe("bytes of the disk that the project is on"),
  backup: backupReportSchema.extend({ exists: z.boolean() }).nullable().describe("the last one that was made"),
  check: checkReportSchema.nullable().describe("the last one"),
  compaction: compactReportSchema.nullable().describe("the last one"),
  compactable: z
    .enum(["steps", "rewrite", "restore"])
    .describe(
      "steps: free pages are given back bit by bit; rewrite: once, in memory; restore: too large for that, a restored backup is compact",
    ),
  schema: z.object({ version: z.int(), newest: z.int() }),
  cipher: z.object({ name: z.string(), pageBytes: z.int(), ciphertextOnDisk: z.boolean() }),
  audit: chainHead,
});
export type Health = z.infer<typeof healthSchema>;

export const restoreEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), progress: progressSchema }),
  z.object({ type: z.literal("done"), project: projectSchema, check: checkReportSchema }),
]);
export type RestoreEvent = z.infer<typeof restoreEventSchema>;

export const upkeepContract = {
  /** Sizes, last backup, last check, cipher and schema; reads a few megabytes, whatever the project's size. */
  health: oc.output(healthSchema),
  /**
   * A job that copies the project, as it is now, to `folder/Name date.loupe-backup` while work goes on, and opens the copy to see that it is
   * whole. Result: BackupReport. Errors of the job: project/disk-full, project/read-only, project/corrupt, project/already-exists.
   */
  backup: oc.input(z.object({ folder: z.string().optional().describe("default: the home folder") })).output(jobSchema),
  /** A job. Result: CheckReport; a project with problems is a result, not an error. */
  check: oc.input(z.object({ mode: checkModeSchema.default("full") })).output(jobSchema),
  /** A job that gives free pages back to the disk. Result: CompactReport. Errors of the job: project/disk-full, project/locked, project/too-large. */
  compact: oc.output(jobSchema),
  /**
   * Makes a project of a backup: `folder/Name.loupe`, never over one that is there. The passphrase is the one of the time of the backup. The
   * copy is checked in full before it appears; then it is the open project. Ending the stream early leaves nothing behind.
   * Errors: project/not-a-project, project/already-exists, project/key-wrong, project/corrupt, project/disk-full, project/read-only.
   */
  restore: oc
    .input(
      z.object({
        backup: z.string(),
        folder: z.string().optional().describe("default: app.info().projectsFolder"),
        passphrase: z.string(),
      }),
    )
    .output(eventIterator(restoreEventSchema)),
};
