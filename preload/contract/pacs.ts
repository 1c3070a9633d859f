import { oc } from "@orpc/contract";
import { z } from "zod";
import { DEFAULT_DEIDENTIFY, deidentifySchema } from "./deidentification.ts";
import { importReportSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";

/** PS3.5 table 6.2-1, AE: ASCII without backslash, and not blanks alone. */
const aeTitleSchema = z.string().regex(/^(?=.*[^ ])[\x20-\x5b\x5d-\x7e]{1,16}$/);
const portSchema = z.int().min(1).max(65_535);
const uidSchema = z.string().regex(/^[0-9.]{1,64}$/);
/** What a query may match: one line, and no backslash, which separates values. */
const matchSchema = z
  .string()
  .trim()
  .max(64)
  .regex(/^[^\\\p{Cc}]*$/u)
  .default("");

const commonSchema = z.object({ name: z.string().trim().min(1).max(120) });
export const dimseAddressSchema = commonSchema.extend({
  kind: z.literal("dimse"),
  host: z.string().trim().min(1).max(255),
  port: portSchema,
  aeTitle: aeTitleSchema.describe("of the archive"),
  callingAe: aeTitleSchema.describe("ours, as the archive knows us"),
});
export const webAddressSchema = commonSchema.extend({
  kind: z.literal("dicomweb"),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .describe("root of the service"),
  certificate: z
    .string()
    .max(100_000)
    .default("")
    .describe("PEM of the authority that signed the server's; empty: the usual ones"),
});

/** How the archive knows who asks, without the secret: that goes in and never comes out again. */
export const pacsAuthSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("none") }),
  z.object({ kind: z.literal("password"), user: z.string() }),
  z.object({ kind: z.literal("token") }),
]);
export const newPacsAuthSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("none") }),
  z.object({ kind: z.literal("password"), user: z.string().min(1).max(255), password: z.string().max(1024) }),
  z.object({ kind: z.literal("token"), token: z.string().min(1).max(10_000) }),
  z.object({ kind: z.literal("keep") }).describe("what was entered before, for the same server only"),
]);
export type NewPacsAuth = z.infer<typeof newPacsAuthSchema>;

const withId = { id: z.string() };
export const pacsConnectionSchema = z.discriminatedUnion("kind", [
  dimseAddressSchema.extend(withId),
  webAddressSchema.extend({ ...withId, auth: pacsAuthSchema }),
]);
export type PacsConnection = z.infer<typeof pacsConnectionSchema>;

const maybeId = { id: z.string().optional().describe("of the connection to change; without it a new one") };
export const pacsConnectionInputSchema = z.discriminatedUnion("kind", [
  dimseAddressSchema.extend(maybeId),
  webAddressSchema.extend({ ...maybeId, auth: newPacsAuthSchema.default({ kind: "none" }) }),
]);
export type PacsConnectionInput = z.infer<typeof pacsConnectionInputSchema>;

const dateSchema = z.union([z.literal(""), z.iso.date()]).default("");
export const pacsCriteriaSchema = z.object({
  patientName: matchSchema.describe("as it begins, family name first; with * or ? as it is"),
  patientId: matchSchema,
  accession: matchSchema,
  modality: z.union([z.literal(""), z.string().regex(/^[A-Z0-9_ ]{1,16}$/)]).default(""),
  from: dateSchema.describe("first day of the study"),
  to: dateSchema.describe("last day of the study"),
});

/** One patient, study or series as the archive describes it. Empty or null: it does not say. */
export const pacsFoundSchema = z.object({
  patientName: z.string(),
  patientId: z.string(),
  birthDate: z.string().describe("ISO date, or what the archive says instead"),
  study: z.string().describe("study instance UID"),
  date: z.string().describe("ISO date, or what the archive says instead"),
  description: z.string().describe("of the study, or of the series"),
  accession: z.string(),
  modalities: z.array(z.string()),
  series: z.string().describe("series instance UID; empty above that level"),
  number: z.int().nullable().describe("of the series"),
  seriesCount: z.int().nullable(),
  objects: z.int().nullable(),
});
export type PacsFound = z.infer<typeof pacsFoundSchema>;

export const pacsWantedSchema = z.object({
  study: uidSchema,
  series: uidSchema.optional(),
  objects: z.int().min(0).nullable().default(null).describe("as the search counted them"),
});

/** A pacs-fetch or pacs-listen job's result. */
export const pacsReportSchema = importReportSchema.extend({
  objects: z.int().describe("objects that came"),
  failed: z.int().describe("objects that the archive could not send"),
  unlisted: z.int().describe("refused objects beyond those listed"),
});
export type PacsReport = z.infer<typeof pacsReportSchema>;

export const pacsNodeSettingsSchema = z.object({
  aeTitle: aeTitleSchema,
  port: portSchema,
  reach: z.enum(["machine", "network"]).describe("who can connect: programs of this machine only, or others too"),
  deidentify: deidentifySchema.default(DEFAULT_DEIDENTIFY),
  onlyKnown: z.boolean().describe("takes objects only from the AE titles of the project's connections"),
});
export type PacsNodeSettings = z.infer<typeof pacsNodeSettingsSchema>;

export const pacsNodeStatusSchema = z.object({
  settings: pacsNodeSettingsSchema,
  enabled: z.boolean().describe("somebody switched it on and nobody off; it listens only while its job runs"),
  job: jobSchema.nullable().describe("the last one that listened, in this window"),
  addresses: z.array(z.string()).describe("of this machine, for the archive's administrator"),
});
export type PacsNodeStatus = z.infer<typeof pacsNodeStatusSchema>;

const idSchema = z.object({ id: z.string() });

/** Archives and our own node. Nothing here reaches the network unless it is called; each call that does is in the audit. */
export const pacsContract = {
  connections: {
    list: oc.output(z.array(pacsConnectionSchema)),
    /** Errors: app/not-found, app/invalid-input (kept credentials for another server). */
    save: oc.input(pacsConnectionInputSchema).output(pacsConnectionSchema),
    remove: oc.input(idSchema).output(z.void()),
  },
  /** Asks the archive whether it answers and knows us. Errors: network/*. */
  echo: oc.input(idSchema).output(z.object({ milliseconds: z.number() })),
  /**
   * Patients, studies, or the series of a study. Errors: network/*, app/invalid-input (series without a study; more than name and ID for
   * patients), app/aborted.
   */
  search: oc
    .input(
      z.object({
        id: z.string(),
        level: z.enum(["patient", "study", "series"]),
        criteria: pacsCriteriaSchema.default(pacsCriteriaSchema.parse({})),
        study: uidSchema.optional(),
        limit: z.int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ items: z.array(pacsFoundSchema), more: z.boolean().describe("there are more than the limit") })),
  /** Brings studies or series into the project; the job's result is a PacsReport. An archive without C-GET is asked to send to our node. */
  retrieve: oc
    .input(
      z.object({
        id: z.string(),
        wanted: z.array(pacsWantedSchema).min(1).max(1000),
        deidentify: deidentifySchema.default(DEFAULT_DEIDENTIFY),
      }),
    )
    .output(jobSchema),
  node: {
    status: oc.output(pacsNodeStatusSchema),
    /** Listens until it is stopped or the project is locked: a job whose result is a PacsReport. Errors of the port are the job's. */
    start: oc.input(pacsNodeSettingsSchema).output(pacsNodeStatusSchema),
    stop: oc.output(pacsNodeStatusSchema),
  },
};
