import { oc } from "@orpc/contract";
import { z } from "zod";
import { levelSchema } from "./labels.ts";

/** What can be asked beside the class of an image, and what can be said of a shape beside its class. Ids never change, names may. */
const nameSchema = z.string().trim().min(1).max(120);

/** One choice. An archived one is shown where it was given and not offered any more. */
export const choiceSchema = z.object({
  id: z.string(),
  name: nameSchema,
  archived: z.boolean(),
  mergedInto: z.string().nullable().describe("id of the choice that took over what was said with this one"),
});
export type Choice = z.infer<typeof choiceSchema>;
export const optionSchema = choiceSchema.extend({
  key: z.int().min(1).max(9).nullable().describe("digit that gives it with Alt while its question is active"),
});
export type QuestionOption = z.infer<typeof optionSchema>;

/** text: free, with the options and what was typed before as suggestions. ordinal: single, in the order of the options. */
export const questionKindSchema = z.enum(["single", "multi", "ordinal", "text"]);
export type QuestionKind = z.infer<typeof questionKindSchema>;
export const questionSchema = z.object({
  id: z.string(),
  name: nameSchema,
  level: levelSchema,
  kind: questionKindSchema,
  options: z.array(optionSchema).max(100),
  required: z.boolean().describe("a read is not committed without an answer"),
  help: z.string().trim().max(2000),
  archived: z.boolean(),
});
export type Question = z.infer<typeof questionSchema>;

/** number: finite, from `min` to `max`. flag: yes or no. */
export const attributeKindSchema = z.enum(["choice", "number", "text", "flag"]);
export type AttributeKind = z.infer<typeof attributeKindSchema>;
/** Values lie in a shape's `attributes` under the id; of a choice the id of the chosen one. */
export const attributeSchema = z.object({
  id: z.string(),
  name: nameSchema,
  kind: attributeKindSchema,
  options: z.array(choiceSchema).max(100),
  min: z.number().nullable(),
  max: z.number().nullable(),
  unit: z.string().trim().max(40),
  archived: z.boolean(),
});
export type AttributeDefinition = z.infer<typeof attributeSchema>;
export const classAttributesSchema = z.object({ classId: z.string(), attributes: z.array(attributeSchema).max(50) });
export type ClassAttributes = z.infer<typeof classAttributesSchema>;

/** Without an id it is a new one. What is left out of a list is deleted, which is refused where it was ever said. */
const choiceInputSchema = choiceSchema.omit({ id: true, mergedInto: true }).extend({ id: z.string().optional() });
export const questionInputSchema = questionSchema.omit({ id: true, options: true }).extend({
  id: z.string().optional(),
  options: z.array(choiceInputSchema.extend({ key: optionSchema.shape.key.default(null) })).max(100),
});
export type QuestionInput = z.infer<typeof questionInputSchema>;
export const attributeInputSchema = attributeSchema
  .omit({ id: true, options: true })
  .extend({ id: z.string().optional(), options: z.array(choiceInputSchema).max(100) });
export type AttributeInput = z.infer<typeof attributeInputSchema>;

/** How often something is said now, in every layer; `said`: it ever was, so it can be archived and not deleted. */
const usageSchema = z.object({ id: z.string(), count: z.int(), said: z.boolean() });
export const schemaUsageSchema = usageSchema.extend({ choices: z.array(usageSchema) });
export type SchemaUsage = z.infer<typeof schemaUsageSchema>;

/** What another kind would make of what was said. `invalid` above 0: it is not done. */
export const kindPreviewSchema = z.object({
  answers: z.int(),
  changed: z.int().describe("written in other words or in another form"),
  invalid: z.int().describe("have no place in the other kind"),
  rows: z
    .array(z.object({ before: z.string(), after: z.string().nullable(), count: z.int() }))
    .describe("as a person reads them, the most frequent first; at most 20"),
});
export type KindPreview = z.infer<typeof kindPreviewSchema>;

export const schemaContract = {
  /** In their order. */
  questions: oc.output(z.array(questionSchema)),
  /**
   * Adds a question (no id) or changes one. The kind and level of one that was ever answered stay (`changeKind`).
   * Errors: labels/question-unknown, labels/schema-in-use, app/invalid-input.
   */
  saveQuestion: oc.input(questionInputSchema).output(questionSchema),
  /** Only one that was never answered. Errors: labels/question-unknown, labels/schema-in-use. */
  deleteQuestion: oc.input(z.object({ id: z.string() })).output(z.void()),
  /** All ids in the new order. */
  orderQuestions: oc.input(z.object({ ids: z.array(z.string()).max(1000) })).output(z.void()),
  usage: oc.input(z.object({ questionId: z.string() })).output(schemaUsageSchema),
  /** Errors: labels/question-unknown, reading/hidden for whoever has yet to read blindly. */
  previewKind: oc.input(z.object({ questionId: z.string(), kind: questionKindSchema })).output(kindPreviewSchema),
  /**
   * Every answer in the form of another kind. Earlier answers to it leave everybody's undo.
   * Errors: labels/schema-conflict where an answer has no place in it, labels/question-unknown, reading/hidden.
   */
  changeKind: oc.input(z.object({ questionId: z.string(), kind: questionKindSchema })).output(questionSchema),
  /**
   * Answers with one option become answers with the other, in every layer, as one step of the present member's undo in the shared
   * layer; the first one is archived. Errors: labels/question-unknown, app/not-found, reading/hidden.
   */
  mergeOptions: oc
    .input(z.object({ questionId: z.string(), from: z.string(), into: z.string() }))
    .output(z.object({ rewritten: z.int() })),
  /** What was typed into a question, the most frequent first; only one's own while reads are hidden from one. */
  typed: oc.input(z.object({ questionId: z.string() })).output(z.array(z.string()).max(200)),
  /** Of every class. */
  attributes: oc.output(z.array(classAttributesSchema)),
  /** The same rules as for questions. Errors: labels/class-unknown, labels/schema-in-use, labels/schema-conflict, app/invalid-input. */
  saveAttributes: oc
    .input(z.object({ classId: z.string(), attributes: z.array(attributeInputSchema).max(50) }))
    .output(classAttributesSchema),
  attributeUsage: oc.input(z.object({ classId: z.string() })).output(z.array(schemaUsageSchema)),
  previewAttributeKind: oc
    .input(z.object({ classId: z.string(), attributeId: z.string(), kind: attributeKindSchema }))
    .output(kindPreviewSchema),
  changeAttributeKind: oc
    .input(z.object({ classId: z.string(), attributeId: z.string(), kind: attributeKindSchema }))
    .output(classAttributesSchema),
  mergeChoices: oc
    .input(z.object({ classId: z.string(), attributeId: z.string(), from: z.string(), into: z.string() }))
    .output(z.object({ rewritten: z.int() })),
};
