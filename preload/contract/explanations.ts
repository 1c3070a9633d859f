import { oc } from "@orpc/contract";
import { z } from "zod";
import { partSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";

/**
 * How a map is made. The first four look at gradients with respect to pixels, the next three at those of the last convolutional stage, the last two ask the
 * model about changed pictures and need no gradients.
 */
export const explanationMethodSchema = z.enum([
  "input-gradient",
  "gradient-x-input",
  "smoothgrad",
  "integrated-gradients",
  "grad-cam",
  "grad-cam++",
  "layer-cam",
  "occlusion",
  "rise",
]);
export type ExplanationMethod = z.infer<typeof explanationMethodSchema>;

/** A saliency map over the model's input, resized to the image: 0 (no influence) to 1 (the most), row by row. */
export const explanationSchema = z.object({
  modelId: z.string(),
  imageId: z.string(),
  frame: z.int(),
  method: explanationMethodSchema,
  asked: explanationMethodSchema.describe(
    "the method that was asked for; another one where the model's operators have no gradient",
  ),
  reason: z.string().nullable().describe("why it is another one, naming the operator; null where it is the same"),
  classIndex: z.int(),
  probabilities: z.array(z.number()),
  rows: z.int(),
  columns: z.int(),
  values: z.array(z.number()),
});
export type Explanation = z.infer<typeof explanationSchema>;

const share = z.number().min(0).max(1);

/** A map beside what readers drew. */
export const overlapSchema = z.object({
  pointing: z
    .boolean()
    .describe("the highest point lies in what was drawn or within 3 % of the longer side of it (Zhang et al. 2018)"),
  inside: share.describe("part of the map's sum that lies inside"),
  iou: share.describe("of what was drawn and as many of the map's highest pixels"),
  share: share.describe("part of the picture that was drawn on: what a map that knows nothing has inside"),
});
export type Overlap = z.infer<typeof overlapSchema>;

/** How far a map can be believed. */
export const trustFiguresSchema = z.object({
  randomisation: share
    .nullable()
    .describe(
      "mean rank correlation (Spearman's, its size) with maps of the model after all its layers were drawn anew (Adebayo et al. 2018); null: it has no layers that could be",
    ),
  passed: z.boolean().nullable().describe("randomisation of at most one half; a map that failed shows the picture"),
  cascade: z
    .array(z.object({ layers: z.int(), similarity: share }))
    .describe("the same after the last layer alone was drawn anew, and so on towards the input"),
  stability: z.number().min(-1).max(1).describe("mean rank correlation with maps of the picture under 5 % noise"),
  deletion: z
    .number()
    .describe("area under the score while the map's highest pixels go first (Petsiuk et al. 2018): low is good"),
  insertion: z.number().describe("the same while they come first over a blurred picture: high is good"),
  randomDeletion: z.number().describe("deletion in a random order, to compare with"),
  randomInsertion: z.number(),
});
export type TrustFigures = z.infer<typeof trustFiguresSchema>;

/** A map's trust figures, and its overlap with the shapes of its class; null where readers drew none in that frame. */
export const trustReportSchema = z.object({
  modelId: z.string(),
  imageId: z.string(),
  frame: z.int(),
  method: explanationMethodSchema,
  classIndex: z.int(),
  figures: trustFiguresSchema,
  overlap: overlapSchema.nullable(),
});
export type TrustReport = z.infer<typeof trustReportSchema>;

/** Means over the images of one class that have shapes of it. */
export const explanationRowSchema = z.object({
  method: explanationMethodSchema.describe("the one used"),
  asked: explanationMethodSchema,
  classIndex: z.int(),
  images: z.int(),
  pointing: share.describe("part of the images whose highest point lies in what was drawn"),
  inside: share,
  iou: share,
  share: share.describe("part of the pictures that was drawn on"),
  randomisedPointing: share.describe("the same for a model of the same form that knows nothing"),
  randomisedInside: share,
});
export type ExplanationRow = z.infer<typeof explanationRowSchema>;

export const explanationReportSchema = z.object({
  modelId: z.string(),
  part: partSchema,
  createdAt: z.iso.datetime(),
  images: z.int().describe("of the part that have shapes of their class"),
  without: z.int().describe("images of the part that have none"),
  rows: z.array(explanationRowSchema),
});
export type ExplanationReport = z.infer<typeof explanationReportSchema>;

/** A training image that a model sees much the same in. */
export const neighbourSchema = z.object({
  imageId: z.string(),
  classIndex: z.int().describe("that the snapshot gives it"),
  similarity: z
    .number()
    .min(-1)
    .max(1)
    .describe("cosine of the angle between what the model's last layer reads of both"),
  samePatient: z.boolean().describe("another image of the same patient, which looks alike for that reason"),
});
export type Neighbour = z.infer<typeof neighbourSchema>;

export const neighbourhoodSchema = z.object({
  modelId: z.string(),
  imageId: z.string(),
  frame: z.int(),
  classIndex: z.int().describe("that the model predicts"),
  searched: z.int().describe("images of the training part"),
  neighbours: z.array(neighbourSchema).describe("the nearest first, without the image itself"),
});
export type Neighbourhood = z.infer<typeof neighbourhoodSchema>;

/** What of an answer is explained, in pixels of the frame. */
export const mapTargetSchema = z.discriminatedUnion("kind", [
  z
    .object({ kind: z.literal("predicted") })
    .describe("the class; of a mask its pixels of the class; of boxes the likeliest"),
  z
    .object({
      kind: z.literal("region"),
      x: z.number(),
      y: z.number(),
      width: z.number().positive(),
      height: z.number().positive(),
    })
    .describe(
      "of a mask the class over it; of boxes the likeliest with its centre in it, or around it where it is a point",
    ),
  z.object({ kind: z.literal("box"), index: z.int().min(0).describe("in `found`") }),
]);
export type MapTarget = z.infer<typeof mapTargetSchema>;

/** What the model reads: (value - mean) / std, where value is 0 to 1 over the frame's display window. */
export const fileNormalisationSchema = z.object({ mean: z.number().default(0), std: z.number().positive().default(1) });
export type FileNormalisation = z.infer<typeof fileNormalisationSchema>;

/** Of a mask what has a class and its mean probability; of a detector a box and its score. In pixels of the frame. */
export const foundRegionSchema = z.object({
  classIndex: z.int(),
  score: z.number(),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
});
export type FoundRegion = z.infer<typeof foundRegionSchema>;

/** A map of a model that is not part of the project. */
export const fileExplanationSchema = z.object({
  explanation: explanationSchema.describe(
    "modelId is empty; probabilities are those of each class, of masks their means over the region, of boxes those of the place",
  ),
  answers: z.enum(["class", "mask", "boxes"]),
  classes: z.int().describe("they have no names: a file says none"),
  found: z.array(foundRegionSchema).describe("empty of a classifier"),
});
export type FileExplanation = z.infer<typeof fileExplanationSchema>;

const oneMap = z.object({
  modelId: z.string(),
  imageId: z.string(),
  frame: z.int().min(0).default(0),
  method: explanationMethodSchema,
  classIndex: z.int().min(0).optional().describe("default: the predicted class"),
});

const fileMap = z.object({
  path: z.string().describe("of the file on this machine"),
  imageId: z.string(),
  frame: z.int().min(0).default(0),
  method: explanationMethodSchema,
  target: mapTargetSchema.default({ kind: "predicted" }),
  classIndex: z.int().min(0).optional().describe("default: what the model says most of there"),
  normalise: fileNormalisationSchema.default({ mean: 0, std: 1 }),
});

export const explanationsContract = {
  /** A model whose operators have no gradient is explained by occlusion or RISE, and says so. Maps of a stage need a convolution: explanation/not-possible. */
  map: oc.input(oneMap).output(explanationSchema),
  /** Trust figures of a map. The job's result is a TrustReport. */
  check: oc.input(oneMap).output(jobSchema),
  /**
   * A map of a model in an ONNX file: a classifier, a model that answers with a class for each pixel, or a detector with scores and boxes. Nothing of it is kept.
   * Errors: app/not-found; graph/invalid; graph/operator-unknown; model/not-adoptable; explanation/not-possible.
   */
  ofFile: oc.input(fileMap).output(fileExplanationSchema),
  /** Trust figures of that map. The job's result is TrustFigures. */
  checkOfFile: oc.input(fileMap).output(jobSchema),
  /**
   * The training images that look most like this one to the model. Reads the whole training part the first time. The job's result is a Neighbourhood. Errors of
   * the job: explanation/not-possible for a model without features.
   */
  nearest: oc
    .input(
      z.object({
        modelId: z.string(),
        imageId: z.string(),
        frame: z.int().min(0).default(0),
        count: z.int().min(1).max(100).default(8),
      }),
    )
    .output(jobSchema),
  /**
   * Explains the images of a part that have shapes of their own class, and compares maps with shapes, class by class. The job's result is an ExplanationReport.
   * Errors of the job: explanation/nothing-drawn; explanation/not-possible.
   */
  overPart: oc
    .input(
      z.object({
        modelId: z.string(),
        part: partSchema.default("test"),
        methods: z.array(explanationMethodSchema).min(1),
        limit: z.int().min(1).max(100_000).default(200).describe("images at most, spread evenly over the part"),
      }),
    )
    .output(jobSchema),
  /** The last one made of a part; null where there is none. */
  report: oc.input(z.object({ modelId: z.string(), part: partSchema })).output(explanationReportSchema.nullable()),
};
