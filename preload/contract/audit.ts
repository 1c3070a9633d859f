import { oc } from "@orpc/contract";
import { z } from "zod";
import { jobSchema } from "./jobs.ts";
import { fileNameSchema } from "./models.ts";

/** What an entry's subject is the id of. Empty subjects are about the project as a whole. */
export type AuditSubjectKind =
  | "project"
  | "member"
  | "image"
  | "class"
  | "question"
  | "list"
  | "read"
  | "snapshot"
  | "run"
  | "search"
  | "model"
  | "archive"
  | "job"
  | "none";

/**
 * Everything that the log can say was done, and what the subject of such an entry is. A new action needs a row here and a sentence in
 * both languages (resources/locales/…/audit.json): a test holds them together.
 */
export const AUDIT_ACTIONS = {
  "project/create": "project",
  "project/open": "project",
  "project/lock": "project",
  "project/rekey": "project",
  "project/check": "project",
  "project/compact": "project",
  "backup/make": "project",
  "backup/restore": "project",
  "part/give": "none",
  "merge/audit": "none",
  "merge/schema": "none",
  "merge/reading": "none",
  "merge/labels": "none",
  "merge/done": "none",
  "merge/choose": "image",
  "member/add": "member",
  "member/role": "member",
  "member/remove": "member",
  "member/unlock": "member", // in older logs only: an opening is one entry, project/open
  "passphrase/remember": "member",
  "passphrase/forget": "member",
  "passphrase/change": "member",
  "passphrase/recover": "member",
  "image/import": "image",
  "image/deidentify": "image",
  "image/text-look": "image",
  "image/text-review": "image",
  "image/export": "image",
  "deidentification/secret": "none",
  "label/edit": "image",
  "label/undo": "image",
  "label/redo": "image",
  "label/import": "none",
  "label/export": "none",
  "class/save": "class",
  "class/delete": "class",
  "class/attributes": "class",
  "question/save": "question",
  "question/delete": "question",
  "question/order": "none",
  "question/kind": "question",
  "schema/merge": "question",
  "schema/unmerge": "question",
  "reading/create": "list",
  "reading/remove": "list",
  "reading/open": "read",
  "reading/suggest": "read",
  "reading/commit": "read",
  "reading/adjudicate": "list",
  "reading/take-back": "list",
  "queue/create": "list",
  "snapshot/create": "snapshot",
  "search/create": "search",
  "search/extend": "search",
  "search/state": "search",
  "run/create": "run",
  "run/describe": "run",
  "run/export": "none",
  "run/update": "run",
  "run/state": "run",
  "model/add": "model",
  "model/import": "model",
  "model/evaluate": "model",
  "model/compress": "model",
  "model/explain": "model",
  "model/export": "model",
  "model/save": "model",
  "rule/save": "model",
  "rule/remove": "model",
  "rule/test": "model",
  "rule/switch": "model",
  "model/notebook": "model",
  "model/card": "model",
  "model/report": "none",
  "pacs/save": "archive",
  "pacs/remove": "archive",
  "network/listen": "none",
  "network/stop": "none",
  "network/echo": "archive",
  "network/search": "archive",
  "network/retrieve": "archive",
  "job/state": "job",
  "audit/export": "none",
  "audit/print": "none",
  "compliance/save": "none",
  "settings/save": "none",
} as const satisfies Record<string, AuditSubjectKind>;
export type AuditAction = keyof typeof AUDIT_ACTIONS;

export const auditEntrySchema = z.object({
  sequence: z.int().min(1),
  at: z.iso.datetime(),
  member: z.string(),
  action: z.string().describe("one of AUDIT_ACTIONS, or of a newer Loupe"),
  subject: z.string().describe("id of what was acted on"),
  detail: z.string().describe("JSON of what changed: `before` and `after` where there are both"),
  hash: z.string().describe("SHA-256 over this entry and the hash before it, hexadecimal"),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** An entry as the log is read: with the name that its subject has now. */
export const auditLineSchema = auditEntrySchema.extend({
  subjectName: z.string().nullable().describe("null where it is gone or has no name"),
});
export type AuditLine = z.infer<typeof auditLineSchema>;

export const auditFilterSchema = z.object({
  text: z.string().trim().max(200).optional().describe("in action, subject, member or detail; any case"),
  textActions: z
    .array(z.string())
    .max(200)
    .optional()
    .describe("actions whose sentence holds the text in the reader's language: their entries fit the text too"),
  member: z.string().max(200).optional().describe("name, as entries have it"),
  group: z.string().max(40).optional().describe("beginning of the action, up to the stroke"),
  subject: z.string().max(200).optional().describe("id"),
  from: z.iso.datetime().optional().describe("the first moment"),
  to: z.iso.datetime().optional().describe("the last moment"),
});
export type AuditFilter = z.infer<typeof auditFilterSchema>;

/**
 * Why an entry does not hold. changed: not what was written, or not in its place; missing: there are later ones; cut: the log ends before
 * the end that was noted; extra: beyond what was noted; head: the noted end is not the last entry; labels: the label log is not what the
 * entry recorded; labels-unrecorded: label changes that no entry records.
 */
export const auditBreakSchema = z.object({
  sequence: z.int().describe("of the first entry that does not hold"),
  reason: z.enum(["changed", "missing", "cut", "extra", "head", "labels", "labels-unrecorded"]),
});
export type AuditBreak = z.infer<typeof auditBreakSchema>;

export const auditHeadSchema = z.object({
  sequence: z.int(),
  at: z.iso.datetime().nullable().describe("null before the first entry"),
  hash: z.string(),
});
export type AuditHead = z.infer<typeof auditHeadSchema>;

export const auditStateSchema = z.object({
  entries: z.int(),
  intact: z.boolean(),
  broken: auditBreakSchema.nullable(),
  head: auditHeadSchema,
  printed: z.object({ sequence: z.int(), at: z.iso.datetime() }).nullable().describe("the head that was printed last"),
});
export type AuditState = z.infer<typeof auditStateSchema>;

/** A head on paper. */
export const printedHeadSchema = auditHeadSchema.extend({
  project: z.object({ id: z.string(), name: z.string() }),
  text: z
    .string()
    .describe("number, hash in groups of four and a group that tells slips of typing: what is typed later"),
});
export type PrintedHead = z.infer<typeof printedHeadSchema>;

/**
 * What a printed head says of the present log. contained: that entry is there as it was, and everything before it; differs: another entry has
 * its number; shorter: the log ends before it; broken: something before it does not hold; mistyped: the last group does not fit the others.
 */
export const headAnswerSchema = z.object({
  answer: z.enum(["contained", "differs", "shorter", "broken", "mistyped"]),
  sequence: z.int(),
  at: z.iso.datetime().nullable().describe("of the entry that has this number now"),
});
export type HeadAnswer = z.infer<typeof headAnswerSchema>;

/** One line of the label log that an entry covers. */
export const labelLogLineSchema = z.object({
  sequence: z.int(),
  imageId: z.string(),
  imageName: z.string(),
  layer: z.string(),
  kind: z.enum(["class", "shape", "answer"]),
  before: z.string().nullable().describe("JSON; null: nothing was said"),
  after: z.string().nullable(),
});
export type LabelLogLine = z.infer<typeof labelLogLineSchema>;

/** An audit-export job's result. */
export const auditExportReportSchema = z.object({
  path: z.string(),
  entries: z.int(),
  bytes: z.int(),
  head: auditHeadSchema,
});
export type AuditExportReport = z.infer<typeof auditExportReportSchema>;

export const auditExportSchema = z.object({
  format: z.enum(["csv", "json"]),
  filter: auditFilterSchema.default({}),
  names: z
    .boolean()
    .default(true)
    .describe(
      "false: members are numbered and details left out, so that no name leaves; hashes can then not be checked",
    ),
});

export const auditContract = {
  /** Newest first. */
  list: oc
    .input(
      z.object({
        filter: auditFilterSchema.default({}),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ total: z.int(), entries: z.array(auditLineSchema) })),
  /** Names of members in the log, also of those who are gone. */
  members: oc.output(z.array(z.string())),
  /** Looks at every entry that was not looked at before; takes a second for 100 000. */
  state: oc.output(auditStateSchema),
  /** What was said, line by line, where an entry covers lines of the label log; the first 100. Errors: app/not-found, reading/hidden. */
  labels: oc
    .input(z.object({ sequence: z.int().min(1) }))
    .output(z.object({ total: z.int(), lines: z.array(labelLogLineSchema) })),
  /** The end of the log as it is now, for paper; that it was printed is an entry of its own. Errors: audit/broken. */
  printHead: oc.output(printedHeadSchema),
  /** Whether the log still contains a head that was printed. Errors: audit/head-unreadable. */
  checkHead: oc.input(z.object({ text: z.string().max(2000) })).output(headAnswerSchema),
  /** Writes the log to a file; the job's result is an AuditExportReport. Errors: shipping/target-exists, project/read-only, project/disk-full. */
  export: oc
    .input(
      auditExportSchema.extend({
        folder: z.string().min(1).optional().describe("default: the home folder"),
        name: fileNameSchema.optional().describe("of the file, without extension"),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(jobSchema),
};
