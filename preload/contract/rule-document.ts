import { z } from "zod";
import { TAG_ATTRIBUTES } from "./case-tags.ts";

/** What happens to a case that a rule catches, the strongest first. `warn` leaves the case to the model and says so. */
export const ruleOutcomeSchema = z.enum(["refer", "second-reader", "warn"]);
export type RuleOutcome = z.infer<typeof ruleOutcomeSchema>;

const years = z.number().min(0).max(150);
const share = z.number().min(0).max(1);
const className = z.string().min(1).max(120).describe("of the model's classes");
const attribute = z.enum(TAG_ATTRIBUTES);

/** One condition about a patient's tags or about what the model said. Both ends of a range of probabilities belong to it. */
export const ruleConditionSchema = z.discriminatedUnion("kind", [
  z
    .object({
      kind: z.literal("age"),
      from: years.nullable().describe("years; null: no lower end"),
      below: years.nullable().describe("years, not among them; null: no upper end"),
    })
    .refine(({ from, below }) => from !== null || below !== null, { path: ["from"], message: "needs an end" })
    .refine(({ from, below }) => from === null || below === null || from < below, {
      path: ["below"],
      message: "wrong order",
    }),
  z.object({
    kind: z.literal("tag"),
    attribute: attribute.exclude(["age"]),
    values: z.array(z.string().trim().min(1).max(64)).min(1).max(50).describe("any of them, in any case"),
    not: z.boolean().default(false).describe("true: none of them"),
  }),
  z.object({ kind: z.literal("unknown"), attribute }).describe("nobody knows it"),
  z
    .object({ kind: z.literal("probability"), class: className, from: share, to: share })
    .refine(({ from, to }) => from <= to, { path: ["to"], message: "wrong order" }),
  z.object({ kind: z.literal("predicted"), class: className }),
  z
    .object({ kind: z.literal("unsure"), below: z.number().gt(0).max(1) })
    .describe("the probability of the likeliest class lies below"),
]);
export type RuleCondition = z.infer<typeof ruleConditionSchema>;

/** A rule as people write it. */
export const ruleBodySchema = z.object({
  name: z.string().trim().min(1).max(80),
  match: z.enum(["all", "any"]).describe("of the conditions"),
  conditions: z.array(ruleConditionSchema).min(1).max(20),
  action: ruleOutcomeSchema,
});
export type RuleBody = z.infer<typeof ruleBodySchema>;

export const ruleSchema = ruleBodySchema.extend({ id: z.string().min(1).max(64) });
export type Rule = z.infer<typeof ruleSchema>;

export const RULES_FORMAT = "loupe-rules/1";

/** Rules as they travel with a model: plain JSON, in model.json of the container. */
export const ruleDocumentSchema = z.object({
  format: z.literal(RULES_FORMAT),
  rules: z.array(ruleSchema).max(100),
});

/** What the rules say of one case. */
export const verdictSchema = z.object({
  outcome: ruleOutcomeSchema.nullable().describe("the strongest of the rules that caught it; null: none did"),
  rules: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        action: ruleOutcomeSchema,
        result: z
          .enum(["caught", "undecided"])
          .describe("undecided: it depends on something that nobody knows of this case"),
        missing: z.array(z.string()).describe("what is not known: attributes, or class:<name>; empty when caught"),
      }),
    )
    .describe("those that caught it or could not be decided"),
});
export type Verdict = z.infer<typeof verdictSchema>;
