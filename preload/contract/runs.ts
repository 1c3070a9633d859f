import { oc } from "@orpc/contract";
import { z } from "zod";
import { partSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";

export const architectureSchema = z.enum([
  "logistic",
  "mlp",
  "classic",
  "convnet",
  "places",
  "resnet18",
  "resnet34",
  "resnet50",
  "densenet121",
  "mobilenetv3-small",
  "mobilenetv3-large",
  "efficientnet-b0",
  "convnext-tiny",
  "vit-tiny",
  "vit-small",
]);

/**
 * Everything needed to train, beside the snapshot. Same recipe, snapshot, seed and threads: same weights. Fields with a default came later: a recipe kept
 * without them means what it meant then.
 */
export const recipeSchema = z.object({
  architecture: architectureSchema,
  startFrom: z
    .string()
    .nullable()
    .default(null)
    .describe(
      "a model or starting model of this project whose weights it begins with instead of the architecture's; its last layer is drawn anew where its classes are others",
    ),
  inputSize: z.int().min(8).max(512).describe("images are resized to a square of this many pixels"),
  width: z
    .int()
    .min(4)
    .max(4096)
    .describe("channels of the first block, features of a token or units of a layer; not used by logistic"),
  depth: z
    .int()
    .min(1)
    .max(12)
    .nullable()
    .default(null)
    .describe(
      "hidden layers of mlp, stages of convnet at most, blocks in each stage of a resnet; null: as published. Others have one depth",
    ),
  dropout: z.number().min(0).max(0.9).default(0).describe("part of the features left out before the last layer"),
  stochasticDepth: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe("chance that the last residual branch is left out in a step; earlier ones less"),
  frozenLayers: z.int().min(0).max(1000).default(0).describe("layers from the input on that do not learn"),
  probe: z
    .boolean()
    .default(false)
    .describe(
      "linear probe: of the model that it starts from the last layer alone learns, from features that the others give once for each picture; pictures are not varied, and frozenLayers means nothing",
    ),
  distil: z
    .object({
      teacher: z.string().min(1).describe("a model of this project that tells the same classes apart"),
      temperature: z.number().min(1).max(20).default(4).describe("by which both models' logits are divided"),
      weight: z
        .number()
        .min(0)
        .max(1)
        .default(0.7)
        .describe("of the teacher's answers in the loss; the rest are the truths"),
    })
    .nullable()
    .default(null)
    .describe("distillation: it learns from a teacher's answers beside the truths"),
  epochs: z.int().min(1).max(1000),
  batchSize: z.int().min(1).max(512),
  accumulate: z.int().min(1).max(64).default(1).describe("batches whose gradients are averaged before a step"),
  optimiser: z.enum(["adam", "sgd", "rmsprop", "lamb"]).describe("adam with weight decay is AdamW"),
  learningRate: z.number().positive().max(10),
  momentum: z.number().min(0).max(0.999).default(0.9).describe("of sgd and rmsprop"),
  nesterov: z.boolean().default(false).describe("of sgd"),
  schedule: z.enum(["constant", "step", "cosine", "one-cycle", "plateau"]),
  warmUp: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe("part of the steps in which the rate rises; constant and one-cycle have none of their own"),
  layerDecay: z
    .number()
    .min(0.1)
    .max(1)
    .default(1)
    .describe("learning rate of a layer over that of the next one towards the output"),
  clipNorm: z.number().positive().max(1000).nullable().default(null).describe("largest norm of all gradients together"),
  weightDecay: z.number().min(0).max(1),
  l1: z.number().min(0).max(1).default(0).describe("what is added to the loss for each weight, by its size"),
  labelSmoothing: z.number().min(0).max(0.5).default(0).describe("part of the truth that is spread over all classes"),
  focal: z
    .number()
    .min(0)
    .max(5)
    .default(0)
    .describe("exponent by which cases that are already right count less; 0 is plain cross-entropy"),
  mixup: z.number().min(0).max(2).default(0).describe("alpha of its beta distribution; 0 is off"),
  cutmix: z.number().min(0).max(2).default(0).describe("alpha of its beta distribution; 0 is off"),
  classWeights: z.boolean().default(false).describe("a case counts by how rare its class is in the training part"),
  balanced: z.boolean().describe("every class equally often in each batch"),
  groupBy: z
    .string()
    .regex(/^((sex|age|site|manufacturer|scanner|view|modality|question:[^,]+)(,(?!$)|$)){0,3}$/)
    .default("")
    .describe(
      "groups of patients that are to be served alike, crossed: up to three attributes joined by commas; empty: none",
    ),
  groupMethod: z
    .enum(["reweight", "resample", "dro"])
    .default("reweight")
    .describe(
      "what is equal for every group and class: what its cases count in all, how often they come, or (group DRO) the worst of them counts most; not used without groupBy",
    ),
  groupStep: z
    .number()
    .positive()
    .max(1)
    .default(0.01)
    .describe("of dro: how fast the weight of a group with a high loss grows"),
  average: z
    .enum(["none", "ema", "swa"])
    .default("none")
    .describe(
      "weights for use: the last ones, a moving average over a tenth of the steps, the mean of the last quarter",
    ),
  augment: z
    .object({
      shift: z.number().min(0).max(0.5).describe("part of the side, each way"),
      rotate: z.number().min(0).max(180).describe("degrees, each way"),
      scale: z.number().min(0).max(0.5).describe("relative, each way"),
      flip: z.boolean().describe("left and right"),
      intensity: z.number().min(0).max(0.5).describe("relative gain and offset, each way"),
      flipVertical: z.boolean().default(false).describe("up and down"),
      quarterTurns: z.boolean().default(false).describe("by 90 degrees, for pictures without an upper side"),
      shear: z.number().min(0).max(45).default(0).describe("degrees, each way"),
      elastic: z
        .number()
        .min(0)
        .max(0.2)
        .default(0)
        .describe("largest displacement of a smooth field, part of the side"),
      gamma: z.number().min(0).max(1).default(0).describe("logarithm of the exponent, each way"),
      noise: z.number().min(0).max(0.5).default(0).describe("largest standard deviation of Gaussian noise"),
      blur: z.number().min(0).max(3).default(0).describe("largest standard deviation of Gaussian blur, pixels"),
      cutout: z.number().min(0).max(0.7).default(0).describe("side of a square that is blanked, part of the image's"),
    })
    .nullable(),
  calibrate: z
    .boolean()
    .default(false)
    .describe("probabilities for use are scaled by a temperature that is chosen on validation"),
  testTimeAugmentation: z
    .boolean()
    .default(false)
    .describe(
      "in use it answers with the mean over the copies of a picture that its augmentation makes by mirroring and quarter turns",
    ),
  patience: z.int().min(1).max(1000).nullable().describe("epochs without a better validation score before it stops"),
  fold: z
    .object({ index: z.int().min(0).max(19), count: z.int().min(2).max(20) })
    .refine(({ index, count }) => index < count, {
      path: ["index"],
      message: "The fold's index is below their number.",
    })
    .nullable()
    .default(null)
    .describe("training and validation part divided anew by patient; this fold validates, the test part stays"),
  seed: z.int().min(0),
});
export type Recipe = z.infer<typeof recipeSchema>;

/** A recipe as people write it: what has a default may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>;

/** What a model expects: how a decoded image becomes its input. Travels with the model into the container image. */
export const inputSpecSchema = z.object({
  size: z.int().positive().describe("rows and columns of the input tensor [N, 1, size, size]"),
  low: z.number().describe("modality value that becomes 0"),
  high: z.number().describe("modality value that becomes 1; values outside are clipped"),
});
export type InputSpec = z.infer<typeof inputSpecSchema>;

export const deviceSchema = z.object({
  id: z.enum(["cpu", "webgpu", "cuda", "dml", "coreml", "tensorflow"]),
  name: z.string(),
  available: z.boolean(),
  missing: z
    .enum(["nothing", "system", "library", "adapter", "other"])
    .describe(
      "why it cannot be used, or be fast: made for another system, a library to install, no graphics adapter with a driver",
    ),
  reason: z
    .string()
    .describe("the same as a sentence in English with what the runtime says; empty when nothing is missing"),
});
export type Device = z.infer<typeof deviceSchema>;

export const runStateSchema = z.enum(["running", "done", "failed", "cancelled", "interrupted"]);

export const runMemorySchema = z.object({
  needed: z.number().describe("bytes that a step needs, about"),
  free: z.number().describe("bytes that were free before the first step"),
  parts: z
    .int()
    .min(1)
    .describe("batches that the recipe's batch was divided into so that it fits; gradients are averaged over them"),
});
export type RunMemory = z.infer<typeof runMemorySchema>;

export const runSchema = z.object({
  id: z.string(),
  name: z.string(),
  snapshotId: z.string(),
  recipe: recipeSchema,
  state: runStateSchema,
  device: z.string(),
  threads: z.int(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  seconds: z.number().describe("spent training, over all sittings"),
  waited: z.number().describe("seconds of these in which the step waited for its images"),
  memory: runMemorySchema.nullable().describe("null until it was asked, and on graphics devices"),
  step: z.int(),
  steps: z.int().describe("planned in all"),
  parameters: z.int().nullable().describe("trainable numbers"),
  bestEpoch: z.int().nullable(),
  validationAuc: z.number().nullable().describe("of the best epoch; macro one-versus-rest with more than two classes"),
  modelId: z.string().nullable(),
  jobId: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  notes: z.string().describe("what people wrote about it"),
  tags: z.array(z.string()),
  version: z.string().nullable().describe("of the studio that began it; null for runs from before it was kept"),
});
export type Run = z.infer<typeof runSchema>;

/** A point of a curve. metric: loss, accuracy, auc, learning-rate. */
export const runPointSchema = z.object({
  step: z.int(),
  epoch: z.number(),
  part: z.enum(["train", "validation"]),
  metric: z.string(),
  value: z.number(),
});
export type RunPoint = z.infer<typeof runPointSchema>;

export const caseSchema = z.object({
  imageId: z.string(),
  truth: z.int().describe("index into classes"),
  predicted: z.int(),
  probabilities: z.array(z.number()),
  loss: z.number().describe("cross-entropy of this case, nats"),
});
export type Case = z.infer<typeof caseSchema>;

const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });

export const evaluationSchema = z.object({
  modelId: z.string(),
  part: partSchema,
  classes: z.array(z.object({ id: z.string(), name: z.string(), color: z.string() })),
  threshold: z.number().describe("of two classes the second was predicted above this probability of it"),
  cases: z.array(caseSchema).describe("worst first: by loss, descending"),
  accuracy: interval.describe("Wilson 95 % interval"),
  auc: interval
    .nullable()
    .describe("DeLong 95 % interval (two classes) or bootstrap (more); null when a class is absent"),
  roc: z
    .array(z.object({ classIndex: z.int(), points: z.array(z.tuple([z.number(), z.number(), z.number()])) }))
    .describe("points [false positive rate, true positive rate, threshold]"),
  confusion: z.array(z.array(z.int())).describe("[truth][predicted]"),
  calibration: z.object({
    bins: z.array(z.object({ confidence: z.number(), accuracy: z.number(), count: z.int() })),
    ece: z.number().describe("expected calibration error, 10 equal bins"),
  }),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** Why a recipe is as it is: a fact about the snapshot or the machine and what follows; the interface puts it into words. */
export const recipeFactSchema = z.object({
  fact: z.enum([
    "narrowNet",
    "smallNet",
    "deepNet",
    "kept",
    "reduced",
    "resolution",
    "smallBatch",
    "batch",
    "enoughSeen",
    "timeLimits",
    "balanced",
    "mildVariation",
    "strongVariation",
    "averaged",
    "copies",
  ]),
  values: z.record(z.string(), z.number()),
});
export type RecipeFact = z.infer<typeof recipeFactSchema>;

export const recipeSuggestionSchema = z.object({
  recipe: recipeSchema,
  recommended: z.boolean().describe("the automatic recipe, first of the list; the others are to compare with"),
  reasons: z.array(recipeFactSchema),
});
export type RecipeSuggestion = z.infer<typeof recipeSuggestionSchema>;

/** Training images as the network gets them, before and after one variation. */
export const augmentationPreviewSchema = z.object({
  size: z.int().describe("rows and columns of each picture"),
  images: z.array(
    z.object({
      imageId: z.string(),
      before: z.string().describe("base64 of grey bytes, row by row"),
      after: z.string().describe("likewise"),
    }),
  ),
});
export type AugmentationPreview = z.infer<typeof augmentationPreviewSchema>;

/** Words that people give a run to find it by. */
const tagSchema = z.string().trim().min(1).max(40);

export const runsContract = {
  /** Name, notes and tags; nothing else of a run can be changed. */
  describe: oc
    .input(
      z.object({
        id: z.string(),
        name: z.string().trim().min(1).max(120),
        notes: z.string().max(10_000),
        tags: z
          .array(tagSchema)
          .max(20)
          .transform((tags) => [...new Set(tags)]),
      }),
    )
    .output(runSchema),
  /**
   * The same again: a new run of the same recipe and seed on the same snapshot, device and threads. On the processor it ends with the same weights.
   * Errors: app/not-found.
   */
  reproduce: oc.input(z.object({ id: z.string() })).output(z.object({ run: runSchema, job: jobSchema })),
  /** The automatic recipe for the snapshot, this machine and the minutes that a training may take, then one for each architecture. */
  recipes: oc
    .input(z.object({ snapshotId: z.string(), minutes: z.number().min(0.5).max(1440).default(10) }))
    .output(z.array(recipeSuggestionSchema)),
  /** A few training images varied by the recipe; another seed shows others. Errors: snapshot/part-empty, imaging/*. */
  preview: oc
    .input(z.object({ snapshotId: z.string(), recipe: recipeSchema, seed: z.int().min(0) }))
    .output(augmentationPreviewSchema),
  devices: oc.output(z.array(deviceSchema)),
  start: oc
    .input(
      z.object({
        snapshotId: z.string(),
        recipe: recipeSchema,
        name: z.string().trim().max(120).optional(),
        device: deviceSchema.shape.id.default("cpu"),
      }),
    )
    .output(z.object({ run: runSchema, job: jobSchema })),
  /** Goes on from the last checkpoint of an interrupted or cancelled run. Errors: training/not-resumable. */
  resume: oc.input(z.object({ id: z.string() })).output(z.object({ run: runSchema, job: jobSchema })),
  cancel: oc.input(z.object({ id: z.string() })).output(runSchema),
  list: oc.output(z.array(runSchema)),
  get: oc.input(z.object({ id: z.string() })).output(runSchema),
  points: oc.input(z.object({ id: z.string() })).output(z.array(runPointSchema)),
};
