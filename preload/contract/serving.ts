import { z } from "zod";
import { DEFAULT_THRESHOLD } from "./decision.ts";
import { ruleDocumentSchema } from "./rule-document.ts";
import { inputSpecSchema } from "./runs.ts";

/**
 * model.json beside model.onnx in the container image: all that the serving program knows about a model.
 * Names of classes, the input's range and rules; nothing about the images or the people it was made from.
 */
export const servedModelSchema = z.object({
  name: z.string().min(1).max(120).describe("in the address /v2/models/{name}"),
  version: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "a container image tag"),
  input: inputSpecSchema,
  classes: z.array(z.string().min(1)).min(2).describe("names, in output order"),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(DEFAULT_THRESHOLD)
    .describe("of two classes the second is predicted above this probability of it"),
  rules: ruleDocumentSchema.optional().describe("when the model's answer is not enough; applied to whole files"),
});
export type ServedModel = z.infer<typeof servedModelSchema>;
