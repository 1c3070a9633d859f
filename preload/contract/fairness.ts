import { oc } from "@orpc/contract";
import { z } from "zod";
import { partSchema } from "./images.ts";
import { ruleSchema } from "./rule-document.ts";

/** Fewer cases than this say nothing about a group, and may say too much about a person. */
export const LEAST_IN_GROUP = 10;
/** Crossing more attributes than this leaves nobody in most groups. */
export const MOST_CROSSED = 3;

/** What patients and pictures can be told apart by: tags of the file, or a question of the schema as `question:<id>`. */
export const groupAttributeSchema = z
  .string()
  .regex(/^(sex|age|site|manufacturer|scanner|view|modality|question:.+)$/)
  .describe("sex, age, site, manufacturer, scanner, view, modality, or question:<id>");

const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
const rate = interval.nullable().describe("Wilson 95 % interval; null where there is no case to count");

export const groupFiguresSchema = z.object({
  auc: interval.nullable().describe("DeLong 95 % interval; null when one of the truths is absent"),
  accuracy: rate.describe("of deciding whether it is the positive class"),
  sensitivity: rate,
  specificity: rate,
  ppv: rate.describe("positive predictive value"),
  selectionRate: rate.describe("part of the cases that the model calls positive"),
  brier: z.number().describe("mean squared difference of probability and truth"),
  ece: z.number().describe("expected calibration error of the positive class's probability, 10 equal bins"),
  bias: z.number().describe("mean probability minus part that is positive: above 0 where the model expects too many"),
});
export type GroupFigures = z.infer<typeof groupFiguresSchema>;

export const groupSchema = z.object({
  values: z.array(z.string()).describe("one for each attribute, in their order; empty where nobody knows"),
  cases: z.int(),
  patients: z.int(),
  positives: z.int(),
  figures: groupFiguresSchema.nullable().describe("null for a group of fewer cases than asked for"),
  rules: z
    .object({
      caught: z.array(z.int()).describe("cases, for each of the report's rules"),
      undecided: z.array(z.int()).describe("cases of which nobody knows what the rule asks"),
      left: z.int().describe("cases that no rule refers or gives to a second reader"),
      figures: groupFiguresSchema.nullable().describe("on those; null where they are fewer than asked for"),
    })
    .nullable()
    .describe("null where no rule is switched on"),
});
export type FairnessGroup = z.infer<typeof groupSchema>;

/** A group decided at a place of its own. */
export const groupThresholdSchema = z.object({
  threshold: z.number().describe("probability of the second class, chosen on the group's validation cases"),
  accuracy: rate,
  sensitivity: rate,
  specificity: rate,
});
export type GroupThreshold = z.infer<typeof groupThresholdSchema>;

const difference = z
  .object({
    value: z.number().min(0),
    low: z.number().nullable(),
    high: z.number().nullable().describe("95 % percentile interval by drawing patients again"),
    highest: z.int().describe("group"),
    lowest: z.int().describe("group"),
  })
  .nullable()
  .describe("null where fewer than two groups have the figure");
export type FairnessDifference = z.infer<typeof difference>;

export const fairnessReportSchema = z.object({
  modelId: z.string(),
  part: partSchema,
  by: z.array(groupAttributeSchema),
  minimum: z.int(),
  positive: z.int().describe("class index that is asked about; all others together are the negative class"),
  available: z
    .array(
      z.object({
        attribute: groupAttributeSchema,
        question: z.string().nullable().describe("its words, for a question"),
        known: z.int().describe("cases that say it"),
        values: z.int().describe("different ones"),
      }),
    )
    .describe("what these cases can be told apart by"),
  rules: z.array(ruleSchema.pick({ id: true, name: true, action: true })).describe("that are switched on"),
  overall: groupSchema,
  groups: z.array(groupSchema).describe("largest first; those whose attributes nobody knows last"),
  differences: z.object({
    demographicParity: difference.describe("largest minus smallest selection rate (Dwork et al., 2012)"),
    equalOpportunity: difference.describe("largest minus smallest sensitivity (Hardt et al., NIPS 2016)"),
    equalisedOdds: difference.describe(
      "the larger of the differences in sensitivity and in 1 - specificity (Hardt et al.)",
    ),
    auc: difference.describe("largest minus smallest AUC"),
  }),
  thresholds: z
    .array(groupThresholdSchema.nullable())
    .describe(
      "of each group: what a threshold of its own would do, chosen on validation and judged on the part; null where validation has too few of its cases. Measured, not applied",
    ),
  worst: z.int().nullable().describe("group with the lowest AUC, or accuracy where no group has an AUC"),
});
export type FairnessReport = z.infer<typeof fairnessReportSchema>;

const partCountSchema = z.object({ cases: z.int(), positives: z.int() });

export const balanceGroupSchema = z.object({
  values: z.array(z.string()).describe("one for each attribute, in their order; empty where nobody knows"),
  cases: z.int(),
  patients: z.int(),
  perClass: z.array(z.int()).describe("in the order of the snapshot's classes"),
  rate: interval.nullable().describe("part of the positive class, Wilson 95 % interval; null without a case"),
  parts: z.object({ train: partCountSchema, validation: partCountSchema, test: partCountSchema }),
});
export type BalanceGroup = z.infer<typeof balanceGroupSchema>;

/** Who is in a snapshot, before anything is trained on it. */
export const balanceReportSchema = z.object({
  snapshotId: z.string(),
  by: z.array(groupAttributeSchema),
  minimum: z.int(),
  positive: z.int().describe("class index whose rate is told"),
  available: fairnessReportSchema.shape.available,
  overall: balanceGroupSchema,
  groups: z.array(balanceGroupSchema).describe("largest first; those whose attributes nobody knows last"),
  rates: z
    .object({ value: z.number(), highest: z.int().describe("group"), lowest: z.int().describe("group") })
    .nullable()
    .describe("largest minus smallest rate of groups with the minimum of cases; null with fewer than two of them"),
  leakage: z
    .array(
      z.object({
        kind: z.enum(["patient", "study", "series", "picture"]),
        shared: z.int().describe("that are in more than one part"),
        images: z.int().describe("of those"),
      }),
    )
    .describe("what the parts have in common; picture: images that look the same, of different patients"),
  patientsInGroups: z.int().describe("patients who are in more than one group"),
});
export type BalanceReport = z.infer<typeof balanceReportSchema>;

const groupsBy = z
  .array(groupAttributeSchema)
  .max(MOST_CROSSED)
  .refine((by) => new Set(by).size === by.length)
  .default([]);
const leastInGroup = z.int().min(LEAST_IN_GROUP).max(1_000_000).default(20);

export const fairnessContract = {
  /** Who is in a snapshot: counts, label rates, and what its parts have in common. Errors: app/not-found; app/invalid-input as of `audit`. */
  balance: oc
    .input(
      z.object({
        snapshotId: z.string(),
        by: groupsBy,
        minimum: leastInGroup,
        positive: z.int().min(0).optional().describe("class index; default: the second of two, the first of more"),
      }),
    )
    .output(balanceReportSchema),
  /**
   * How one model does for groups of patients and pictures. Without `by` only the whole part, and what it can be divided by. Computes the evaluation
   * where it is not there yet. Errors: snapshot/part-empty, app/not-found; app/invalid-input for a class or question that is not there.
   */
  audit: oc
    .input(
      z.object({
        modelId: z.string(),
        part: partSchema.default("validation"),
        by: groupsBy,
        minimum: leastInGroup,
        positive: z.int().min(0).optional().describe("class index; default: the second of two, the first of more"),
      }),
    )
    .output(fairnessReportSchema),
};
