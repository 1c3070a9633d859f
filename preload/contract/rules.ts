import { oc } from "@orpc/contract";
import { z } from "zod";
import { partSchema } from "./images.ts";
import { ruleBodySchema, ruleSchema } from "./rule-document.ts";

/** What a rule did to the cases of a part. An error is a case whose class the model gets wrong. */
export const ruleTestSchema = z.object({
  part: partSchema,
  at: z.iso.datetime(),
  cases: z.int(),
  errors: z.int().describe("among all cases"),
  caught: z.int(),
  caughtErrors: z.int(),
  undecided: z.int().describe("cases of which nobody knows what the rule asks"),
  undecidedErrors: z.int(),
});
export type RuleTest = z.infer<typeof ruleTestSchema>;

export const modelRuleSchema = z.object({
  rule: ruleSchema,
  live: z
    .boolean()
    .describe("it is applied to the model's answers, in the studio and in containers exported from now on"),
  test: ruleTestSchema.nullable().describe("the last one of the rule as it is now; null after every change"),
});
export type ModelRule = z.infer<typeof modelRuleSchema>;

/** All rules of a model tried on a part of its snapshot, live or not. */
export const rulesReportSchema = z.object({
  rules: z.array(modelRuleSchema),
  part: partSchema,
  cases: z.int(),
  errors: z.int(),
  left: z.int().describe("cases that no rule refers or gives to a second reader"),
  leftErrors: z.int(),
});
export type RulesReport = z.infer<typeof rulesReportSchema>;

const modelId = z.string();
const one = z.object({ modelId, id: z.string() });

export const rulesContract = {
  /** In the order in which they were written. */
  list: oc.input(z.object({ modelId })).output(z.array(modelRuleSchema)),
  /**
   * Writes a rule, or writes one anew: then it is off and untested, whatever it was. Errors: app/not-found; app/invalid-input for a class that the model
   * does not know, or more than 100 rules.
   */
  save: oc.input(z.object({ modelId, id: z.string().optional(), rule: ruleBodySchema })).output(modelRuleSchema),
  /** Errors: app/not-found. */
  remove: oc.input(one).output(z.void()),
  /**
   * How many cases of a part each rule catches, with and without errors of the model. Computes the evaluation where it is missing. Errors: app/not-found,
   * snapshot/part-empty.
   */
  test: oc
    .input(z.object({ modelId, part: partSchema.extract(["validation", "test"]).default("validation") }))
    .output(rulesReportSchema),
  /** Switches a rule on or off. Errors: rules/not-tested for one that was not tested as it is now; app/not-found. */
  switch: oc.input(one.extend({ live: z.boolean() })).output(modelRuleSchema),
};
