import { oc } from "@orpc/contract";
import { z } from "zod";
import { groupAttributeSchema, LEAST_IN_GROUP, MOST_CROSSED } from "./fairness.ts";
import { partSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";
import { architectureSchema, evaluationSchema, inputSpecSchema } from "./runs.ts";

/** What a model's numbers can become; each is a kind of model too. */
export const numberFormatSchema = z
  .enum(["int8", "int8-dynamic", "int8-weights", "int4-weights", "float16"])
  .describe(
    "int8: weights and activations, ranges from training images; int8-dynamic: the same, ranges from each image; int8-weights, int4-weights: weights alone, 4 bits in matrix products only; float16: weights alone, half as large",
  );
export type NumberFormat = z.infer<typeof numberFormatSchema>;

export const modelSchema = z.object({
  id: z.string(),
  name: z.string(),
  runId: z.string(),
  snapshotId: z.string(),
  kind: z
    .enum(["trained", "pruned", "distilled", ...numberFormatSchema.options])
    .describe(
      "pruned: channels were removed; distilled: it learnt from the answers of its parent; both are float and can learn on. Number formats are for use alone",
    ),
  parentId: z.string().nullable().describe("the model it was made from"),
  createdAt: z.iso.datetime(),
  bytes: z.int().describe("of its ONNX file"),
  input: inputSpecSchema,
  classes: z.array(z.object({ id: z.string(), name: z.string(), color: z.string() })).describe("in output order"),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .describe("of two classes the second is predicted above this probability of it; chosen on validation"),
  accepted: z.boolean().describe("false for a compressed model that the gate refused"),
});
export type Model = z.infer<typeof modelSchema>;

/** Whether a model's numbers were made smaller: it cannot learn on, and nothing can be removed from it. */
export function hasSmallerNumbers({ kind }: Pick<Model, "kind">): boolean {
  return numberFormatSchema.safeParse(kind).success;
}

/** A model from elsewhere that runs can begin with. */
export const startingModelSchema = z.object({
  id: z.string(),
  name: z.string().describe("of its file, without the ending, or of the folder of a model.json"),
  createdAt: z.iso.datetime(),
  bytes: z.int().describe("of its ONNX file"),
  size: z.int().nullable().describe("rows and columns that it needs; null where it takes any"),
  classes: z.int().describe("that it was trained for"),
  layers: z.int().describe("with weights: what frozenLayers counts"),
});
export type StartingModel = z.infer<typeof startingModelSchema>;

const costSchema = z.object({
  bytes: z.int(),
  latencyMs: z.number().describe("median of one image at a time on this machine"),
  auc: z.number().describe("on the validation part"),
  accuracy: z.number(),
  worstClass: z.number().nullable().describe("smallest share of right answers among the classes; null in old reports"),
  worstGroup: z
    .object({
      values: z
        .array(z.string())
        .describe("one for each attribute that groups were told apart by; empty where nobody knows"),
      accuracy: z.number(),
      cases: z.int(),
    })
    .nullable()
    .describe("the group of patients with the smallest share of right answers; null where no limit asked for groups"),
  flops: z.number().nullable().describe("floating-point operations for one image; null in old reports"),
});

const drop = z.number().min(0).max(0.5);
const times = z.number().min(0.1).max(100);

/** What a compressed model must keep and gain to be accepted; all measured on the validation part and this machine. */
export const compressionLimitsSchema = z.object({
  maxAucDrop: drop.default(0.01),
  maxAccuracyDrop: drop.nullable().default(null).describe("null: no limit"),
  maxWorstClassDrop: drop.nullable().default(null).describe("of the smallest share of right answers among the classes"),
  maxWorstGroupDrop: drop
    .nullable()
    .default(null)
    .describe("of the smallest share of right answers among groups of patients; needs groupBy"),
  groupBy: z
    .array(groupAttributeSchema)
    .max(MOST_CROSSED)
    .default([])
    .describe("attributes that make the groups, crossed"),
  groupMinimum: z
    .int()
    .min(LEAST_IN_GROUP)
    .max(10_000)
    .default(LEAST_IN_GROUP)
    .describe("cases that a group needs to count"),
  minSmaller: times.nullable().default(null).describe("times; it must become smaller in any case"),
  minFaster: times.nullable().default(null).describe("times, one image at a time"),
});
export type CompressionLimits = z.infer<typeof compressionLimitsSchema>;

const epochs = z.int().min(0).max(1000);

const pruningSchema = z.object({
  step: z.literal("prune"),
  share: z.number().min(0.05).max(0.95).default(0.5).describe("of the floating-point operations that go"),
  importance: z
    .enum(["taylor", "magnitude"])
    .default("taylor")
    .describe("of a channel: first-order change of the loss without it, or the L1 norm of its weights"),
  epochs: epochs.default(10).describe("of training afterwards, as a run of its own; 0: none"),
});
export type Pruning = z.infer<typeof pruningSchema>;

const distillationSchema = z.object({
  step: z.literal("distil"),
  student: z
    .object({ architecture: architectureSchema, width: z.int().min(4).max(4096) })
    .nullable()
    .default(null)
    .describe("the net that learns, from drawn weights; null: what the step before left, from where it is"),
  temperature: z.number().min(1).max(20).default(4),
  weight: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe("of the teacher's answers in the loss; the rest are the truths"),
  epochs: epochs.min(1).default(20).describe("of training, as a run of its own"),
});
export type Distillation = z.infer<typeof distillationSchema>;

const quantisationSchema = z.object({
  step: z.literal("quantise"),
  format: numberFormatSchema.default("int8"),
  calibration: z
    .enum(["min-max", "percentile", "entropy"])
    .default("min-max")
    .describe("of int8: what range of a value's numbers on training images has codes"),
  percentile: z
    .number()
    .min(90)
    .max(100)
    .default(99.99)
    .describe("of calibration by percentile: at most the rest lies outside at each end"),
  symmetric: z
    .boolean()
    .default(false)
    .describe("of int8: as many codes below zero as above it, for values with both signs"),
  repair: z
    .boolean()
    .default(true)
    .describe("whether layers are put back to float, most sensitive first, where quality falls too far"),
});
export type Quantisation = z.infer<typeof quantisationSchema>;

/**
 * prune: channels removed through all layers that share them, then trained on. distil: a net learns from the answers of the model that the recipe began with. quantise:
 * smaller numbers, in one of the formats.
 */
export const compressionStepSchema = z.discriminatedUnion("step", [
  pruningSchema,
  distillationSchema,
  quantisationSchema,
]);
export type CompressionStep = z.infer<typeof compressionStepSchema>;

/** Steps one after the other, each on what the one before left. */
export const compressionRecipeSchema = z.array(compressionStepSchema).min(1).max(8);

const missedLimitSchema = z.object({
  limit: z.enum(["auc", "accuracy", "worst-class", "worst-group", "size", "latency"]),
  allowed: z.number(),
  found: z.number().describe("a drop, or times smaller or faster"),
});
export type MissedLimit = z.infer<typeof missedLimitSchema>;

const layerSensitivitySchema = z.object({
  layer: z.string(),
  moved: z
    .number()
    .min(0)
    .max(1)
    .describe("how far the probabilities move with this layer alone in the new format: mean total variation distance"),
  float: z.boolean().describe("put back to float because the gate did not hold"),
});
export type LayerSensitivity = z.infer<typeof layerSensitivitySchema>;

export const compressionReportSchema = z.object({
  modelId: z.string(),
  accepted: z.boolean(),
  maxAucDrop: z.number(),
  limits: compressionLimitsSchema,
  missed: z.array(missedLimitSchema).describe("empty when accepted, and in old reports"),
  reason: z.string().describe("why it was refused: which limits and by how much; empty when accepted"),
  layers: z.array(layerSensitivitySchema).describe("in the order of the network; empty where nothing was quantised"),
  against: z
    .string()
    .nullable()
    .describe("id of the model that it was measured against; null in old reports: its parent"),
  steps: z.array(compressionStepSchema).describe("of the recipe, as far as this model; empty in old reports"),
  before: costSchema,
  after: costSchema,
});
export type CompressionReport = z.infer<typeof compressionReportSchema>;

const cardText = z.string().max(5000).default("");

/** What only people know of a model, for its card (Mitchell et al. 2019, Model Cards for Model Reporting). Empty: not filled in. */
export const modelCardSchema = z.object({
  developers: cardText,
  licence: cardText,
  contact: cardText,
  intendedUse: cardText,
  intendedUsers: cardText,
  outOfScope: cardText,
  factors: cardText.describe("patients, devices and conditions that matter"),
  trainingData: cardText.describe("where images and labels come from"),
  ethics: cardText,
  caveats: cardText.describe("and recommendations"),
});
export type ModelCard = z.infer<typeof modelCardSchema>;

export const exportReportSchema = z.object({
  id: z.string(),
  modelId: z.string(),
  path: z.string().describe("of the OCI archive"),
  reference: z.string().describe("name and tag, for example loupe/chest:1"),
  digest: z.string().describe("sha256 of the image manifest"),
  bytes: z.int(),
  createdAt: z.iso.datetime(),
  platform: z.string().describe("linux/amd64 or linux/arm64"),
  layers: z.array(z.object({ name: z.string(), bytes: z.int(), digest: z.string() })),
  commands: z.array(z.string()).describe("how to load and run it"),
});
export type ExportReport = z.infer<typeof exportReportSchema>;

/** A model as a file that other tools open. */
export const modelFileSchema = z.object({
  path: z.string().describe("of the ONNX file, or of the model.json"),
  bytes: z.int().describe("of all files"),
  copies: z
    .boolean()
    .describe(
      "whether the model's mean over mirrored and turned copies was left out, because the format has no word for it",
    ),
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** A file's name on every system, in any alphabet: no separators, no control characters, nothing that Windows keeps for itself. */
export const fileNameSchema = z
  .string()
  .min(1)
  .max(70)
  .regex(/^(?![. ])[^\\/:*?"<>|\p{Cc}]+(?<![. ])$/u)
  .refine((name) => !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name));

export const modelsContract = {
  list: oc.output(z.array(modelSchema)),
  get: oc.input(z.object({ id: z.string() })).output(modelSchema),
  starting: oc.output(z.array(startingModelSchema)),
  /**
   * Takes a classifier of images as a starting model: an ONNX file, or the model.json of a TensorFlow.js layers model with its weights beside it; what cannot learn here is refused with what was found and what is needed.
   * Errors: graph/invalid, graph/operator-unknown, model/not-adoptable; app/not-found for a path without a file.
   */
  importStarting: oc.input(z.object({ path: z.string() })).output(startingModelSchema),
  /** Computed once and kept. Errors: snapshot/part-empty. */
  evaluation: oc.input(z.object({ modelId: z.string(), part: partSchema.default("test") })).output(evaluationSchema),
  /** The recipe's steps in turn, each result kept and accepted only within the limits. The job's result is the last one's CompressionReport. */
  compress: oc
    .input(
      z.object({
        modelId: z.string(),
        recipe: compressionRecipeSchema.prefault([{ step: "quantise" }]),
        limits: compressionLimitsSchema.prefault({}),
      }),
    )
    .output(jobSchema),
  /** Report of a compressed model; null for a trained one. */
  compressionReport: oc.input(z.object({ modelId: z.string() })).output(compressionReportSchema.nullable()),
  /** Reports of everything that was measured against this model, newest first. */
  compressions: oc.input(z.object({ modelId: z.string() })).output(z.array(compressionReportSchema)),
  /** Writes an OCI image archive. The job's result is an ExportReport. Errors: shipping/base-missing, shipping/target-exists. */
  export: oc
    .input(
      z.object({
        modelId: z.string(),
        folder: z.string().optional().describe("default: the user's home folder"),
        name: z
          .string()
          .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/)
          .max(63),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(jobSchema),
  /**
   * Writes the model for other tools: `<name>.onnx`, or a folder `<name>` with the model.json and weights of a TensorFlow.js layers model, which Keras 3 reads too.
   * Neither holds patient data, neither is encrypted. Errors: shipping/target-exists; model/not-exportable, naming the operator; project/disk-full, project/read-only.
   */
  save: oc
    .input(
      z.object({
        modelId: z.string(),
        format: z.enum(["onnx", "tensorflow"]),
        folder: z.string().optional().describe("default: the user's home folder"),
        name: fileNameSchema,
        overwrite: z.boolean().default(false),
      }),
    )
    .output(modelFileSchema),
  exports: oc.output(z.array(exportReportSchema)),
  /** What people wrote about the model; empty texts where nobody did. Errors: app/not-found. */
  card: oc.input(z.object({ modelId: z.string() })).output(modelCardSchema),
  saveCard: oc.input(z.object({ modelId: z.string(), card: modelCardSchema })).output(modelCardSchema),
};
