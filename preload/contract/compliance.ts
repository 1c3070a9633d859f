import { oc } from "@orpc/contract";
import { z } from "zod";
import { fileNameSchema } from "./models.ts";

/**
 * What is checked, and which rules each check speaks to. gdpr: articles of Regulation (EU) 2016/679; hipaa: sections of 45 CFR (164.312 are the
 * technical safeguards; others where a technical figure answers them too); mlps: clauses of GB/T 22239-2019, level 3; pipl: articles of the Personal
 * Information Protection Law. A check does not say that a rule is kept: it says what a program can see of it.
 */
export const COMPLIANCE_CHECKS = {
  encryption: {
    gdpr: ["5(1)(f)", "32(1)(a)"],
    hipaa: ["164.312(a)(2)(iv)", "164.312(c)(1)"],
    mlps: ["8.1.4.7", "8.1.4.8"],
    pipl: ["51"],
  },
  "key-derivation": { gdpr: ["32(1)(a)"], hipaa: ["164.312(d)"], mlps: ["8.1.4.1"], pipl: ["51"] },
  "recovery-key": { gdpr: ["32(1)(b)"], hipaa: ["164.312(a)(2)(ii)"], mlps: ["8.1.4.9"], pipl: [] },
  backup: { gdpr: ["32(1)(c)"], hipaa: ["164.308(a)(7)(ii)(A)"], mlps: ["8.1.4.9"], pipl: ["51"] },
  integrity: { gdpr: ["5(1)(f)", "32(1)(d)"], hipaa: ["164.312(c)(1)", "164.312(c)(2)"], mlps: ["8.1.4.7"], pipl: [] },
  deidentified: {
    gdpr: ["5(1)(c)", "25(1)", "32(1)(a)"],
    hipaa: ["164.514(b)"],
    mlps: ["8.1.4.11"],
    pipl: ["6", "51"],
  },
  "burned-in-text": { gdpr: ["5(1)(c)", "25(1)"], hipaa: ["164.514(b)"], mlps: ["8.1.4.11"], pipl: ["6", "51"] },
  "idle-members": { gdpr: ["32(4)"], hipaa: ["164.308(a)(3)(ii)(C)"], mlps: ["8.1.4.2"], pipl: ["51"] },
  administrators: { gdpr: ["25(2)", "32(4)"], hipaa: ["164.312(a)(1)"], mlps: ["8.1.4.2"], pipl: ["51"] },
  "failed-unlocks": {
    gdpr: ["32(1)(d)", "33"],
    hipaa: ["164.308(a)(5)(ii)(C)", "164.312(d)"],
    mlps: ["8.1.4.1"],
    pipl: ["57"],
  },
  "idle-lock": { gdpr: ["32(1)(b)"], hipaa: ["164.312(a)(2)(iii)"], mlps: ["8.1.4.1"], pipl: ["51"] },
  "audit-chain": {
    gdpr: ["5(2)", "32(1)(d)"],
    hipaa: ["164.312(b)", "164.312(c)(1)"],
    mlps: ["8.1.4.3"],
    pipl: ["54"],
  },
  "printed-head": { gdpr: ["5(2)"], hipaa: ["164.312(b)"], mlps: ["8.1.4.3"], pipl: ["54"] },
  exports: {
    gdpr: ["5(1)(b)", "30"],
    hipaa: ["164.308(a)(1)(ii)(D)"],
    mlps: ["8.1.4.3", "8.1.4.11"],
    pipl: ["6", "51"],
  },
  "models-exported": { gdpr: ["5(1)(b)", "35"], hipaa: ["164.308(a)(1)(ii)(D)"], mlps: ["8.1.4.11"], pipl: ["55"] },
  suggestions: { gdpr: ["22", "35"], hipaa: [], mlps: [], pipl: ["24", "55"] },
  "archive-connections": {
    gdpr: ["32(1)(a)"],
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    mlps: ["8.1.2.2"],
    pipl: ["51"],
  },
  "receiving-node": {
    gdpr: ["25(2)", "32(1)(b)"],
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    mlps: ["8.1.3.1", "8.1.3.2"],
    pipl: ["51"],
  },
  door: { gdpr: ["25(2)", "32(1)(b)"], hipaa: ["164.312(a)(1)", "164.312(e)(1)"], mlps: ["8.1.3.1"], pipl: ["51"] },
} as const satisfies Record<string, Record<"gdpr" | "hipaa" | "mlps" | "pipl", readonly string[]>>;
export type ComplianceCheckId = keyof typeof COMPLIANCE_CHECKS;

/** What rules ask for as well, and no program can see. */
export const NOT_CHECKED = {
  "legal-basis": { gdpr: ["6", "9"], hipaa: ["164.508", "164.512(i)"], mlps: [], pipl: ["13", "29"] },
  information: { gdpr: ["13", "14"], hipaa: ["164.520"], mlps: [], pipl: ["17", "30"] },
  "impact-assessment": { gdpr: ["35"], hipaa: ["164.308(a)(1)(ii)(A)"], mlps: [], pipl: ["55", "56"] },
  contracts: { gdpr: ["28"], hipaa: ["164.308(b)(1)", "164.504(e)"], mlps: [], pipl: ["21"] },
  training: { gdpr: ["32(4)", "39(1)(b)"], hipaa: ["164.308(a)(5)(i)"], mlps: ["8.1.8.3"], pipl: ["51"] },
  incidents: { gdpr: ["33", "34"], hipaa: ["164.308(a)(6)", "164.404"], mlps: ["8.1.10.12"], pipl: ["57"] },
  physical: { gdpr: ["32(1)(b)"], hipaa: ["164.310"], mlps: ["8.1.1"], pipl: [] },
  workstation: { gdpr: ["32(1)(b)"], hipaa: ["164.310(b)", "164.310(c)"], mlps: ["8.1.4.4", "8.1.4.5"], pipl: ["51"] },
  persons: { gdpr: ["32(4)"], hipaa: ["164.312(a)(2)(i)", "164.312(d)"], mlps: ["8.1.4.1"], pipl: ["51"] },
  views: { gdpr: ["32(1)(d)"], hipaa: ["164.312(b)"], mlps: ["8.1.4.3"], pipl: [] },
  retention: { gdpr: ["5(1)(e)", "17"], hipaa: ["164.316(b)(2)(i)"], mlps: ["8.1.4.10"], pipl: ["19", "47"] },
  transfers: { gdpr: ["44"], hipaa: [], mlps: [], pipl: ["38", "39", "40"] },
} as const satisfies Record<string, Record<"gdpr" | "hipaa" | "mlps" | "pipl", readonly string[]>>;
export type NotCheckedId = keyof typeof NOT_CHECKED;

/** met: as it should be; look: a person should judge it; unmet: to be mended; unknown: a program cannot tell; nothing: the project has nothing of the kind. */
export const checkStateSchema = z.enum(["met", "look", "unmet", "unknown", "nothing"]);
export type CheckState = z.infer<typeof checkStateSchema>;

const checkIdSchema = z.enum(Object.keys(COMPLIANCE_CHECKS) as [ComplianceCheckId, ...ComplianceCheckId[]]);

export const complianceCheckSchema = z.object({
  id: checkIdSchema,
  state: checkStateSchema,
  figure: z.string().describe("which sentence tells what was found"),
  values: z.record(z.string(), z.union([z.number(), z.string()])).describe("numbers and words in that sentence"),
});
export type ComplianceCheck = z.infer<typeof complianceCheckSchema>;

export const compliancePeriodSchema = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
export type CompliancePeriod = z.infer<typeof compliancePeriodSchema>;

export const complianceReportSchema = z.object({
  project: z.object({ id: z.string(), name: z.string() }),
  at: z.iso.datetime(),
  member: z.string().describe("who made it"),
  version: z.string().describe("of Loupe"),
  period: compliancePeriodSchema,
  checks: z.array(complianceCheckSchema),
});
export type ComplianceReport = z.infer<typeof complianceReportSchema>;

export const complianceContract = {
  /** Looks at the project as it is now, and at what was done in the period. Takes a second where the audit log is long. */
  report: oc.input(compliancePeriodSchema).output(complianceReportSchema),
  /** Writes the report as a page or as data. Errors: shipping/target-exists, project/read-only, project/disk-full. */
  save: oc
    .input(
      compliancePeriodSchema.extend({
        format: z.enum(["html", "json"]),
        language: z.enum(["en", "zh-CN"]),
        folder: z.string().min(1).optional().describe("default: the home folder"),
        name: fileNameSchema.optional().describe("of the file, without extension"),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(z.object({ path: z.string(), bytes: z.int() })),
};
