import { oc } from "@orpc/contract";
import { z } from "zod";
import { imageFilterSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";
import { labelChangeSchema, questionAnswerSchema } from "./labels.ts";
import { verdictSchema } from "./rule-document.ts";

/** A set of cases that readers read. A case is an image, with the slices of its stack. */
export const workListSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  readsPerCase: z.int().min(1).max(9),
  blinded: z.boolean().describe("nobody sees other readers' answers, nor the shared labels, before committing"),
  commitFirst: z.boolean().describe("a model's suggestion is shown only after the reader has committed"),
  modelId: z.string().nullable().describe("whose suggestions are shown"),
  cases: z.int(),
  readers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      committed: z.int(),
      assigned: z.int(),
      medianSeconds: z.number().nullable(),
    }),
  ),
  adjudicated: z.int(),
  discrepancies: z.int().describe("cases whose committed reads differ and that are not adjudicated"),
});
export type WorkList = z.infer<typeof workListSchema>;

export const suggestionSchema = z.object({
  modelId: z.string(),
  classId: z.string().nullable().describe("null where the project has no class of that name any more"),
  className: z.string(),
  probability: z.number().min(0).max(1),
  rules: verdictSchema.nullable().describe("what the model's rules say of the case; null where none was switched on"),
});
export type Suggestion = z.infer<typeof suggestionSchema>;

export const readStateSchema = z.enum(["assigned", "open", "committed", "done"]);
/**
 * One reader's read of one case: assigned, open, then done; with commit-first the first commit reveals the suggestion ("committed"),
 * and the second one ends the read. Its labels lie in the layer of its id; what is changed after the revelation in `id/after`.
 */
export const readSchema = z.object({
  id: z.string(),
  listId: z.string(),
  position: z.int().min(0).describe("of the case in its list"),
  imageId: z.string(),
  reader: z.string(),
  readerId: z.string(),
  state: readStateSchema,
  layer: z.string().describe("where its present labels lie"),
  seconds: z.number().nullable().describe("from opening to committing"),
  secondsAfter: z.number().nullable().describe("from the revelation to the end"),
  suggestion: suggestionSchema.nullable().describe("null while it is hidden, or where there is none"),
  changedMind: z
    .boolean()
    .nullable()
    .describe("the answer after the revelation is another one; null while there is none"),
});
export type Read = z.infer<typeof readSchema>;

export const answerSchema = z.object({
  readId: z.string(),
  layer: z.string().describe("where its last word lies"),
  reader: z.string(),
  classId: z.string().nullable(),
  firstClassId: z.string().nullable().describe("before the suggestion was shown"),
  shapes: z.int(),
  answers: z.array(questionAnswerSchema).describe("to questions of the schema"),
  seconds: z.number().nullable(),
});

/** A case as an adjudicator sees it: who said what, and what was decided. */
export const readingCaseSchema = z.object({
  listId: z.string(),
  position: z.int(),
  imageId: z.string(),
  name: z.string(),
  patient: z.string(),
  answers: z.array(answerSchema),
  complete: z.boolean().describe("every assigned reader has committed"),
  differs: z.boolean(),
  decision: z
    .object({ readId: z.string().nullable(), classId: z.string().nullable(), by: z.string(), at: z.iso.datetime() })
    .nullable()
    .describe("readId null: the adjudicator's own answer"),
});
export type ReadingCase = z.infer<typeof readingCaseSchema>;

export const figureSchema = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
export type Figure = z.infer<typeof figureSchema>;

/** How far readers agree. A figure that cannot be computed is null, with the reason as a code. */
export const agreementSchema = z.object({
  cases: z.int().describe("with at least two committed reads"),
  pairs: z.array(
    z.object({
      readers: z.tuple([z.string(), z.string()]),
      cases: z.int(),
      percent: figureSchema,
      kappa: figureSchema,
      dice: figureSchema.describe("mean over shared masks of one class"),
      reason: z.string().nullable(),
    }),
  ),
  fleissKappa: figureSchema,
  alpha: figureSchema.describe("Krippendorff's, nominal"),
  reason: z.string().nullable(),
});
export type AgreementReport = z.infer<typeof agreementSchema>;

/** How the active arm of a queue is chosen: one model's uncertainty, several models' disagreement, or images unlike those that are labelled. */
export const queueStrategySchema = z.enum([
  "entropy",
  "margin",
  "least-confident",
  "vote-entropy",
  "divergence",
  "diversity",
]);
export type QueueStrategy = z.infer<typeof queueStrategySchema>;

export const queueInputSchema = z.object({
  name: z.string().trim().min(1).max(120),
  strategy: queueStrategySchema,
  modelIds: z
    .array(z.string())
    .min(1)
    .max(10)
    .describe("disagreement needs two that know the same classes; of several, uncertainty is that of their mean"),
  count: z.int().min(2).max(5000).describe("cases of both arms; fewer where fewer images have no label"),
  randomShare: z.number().min(0).max(1).default(0.2).describe("drawn at random; at least one case"),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
  filter: imageFilterSchema.default({}).describe("of the images without a label those that fit"),
  readers: z.array(z.string()).min(1).describe("ids of members"),
  readsPerCase: z.int().min(1).max(9).default(1),
  blinded: z.boolean().default(true),
});
export type QueueInput = z.infer<typeof queueInputSchema>;

/** What the labels of queues say about the models that chose them; every figure with its interval, null where it cannot be computed. */
export const activeFiguresSchema = z.object({
  read: z.object({ active: z.int(), random: z.int() }).describe("cases whose class is known by now"),
  accuracy: figureSchema.describe("of the model, on the random arm, before it was trained on it"),
  auc: figureSchema.describe("the same; only with two classes"),
  yieldActive: figureSchema.describe("cases where the model was wrong, among 100 labels of the active arm"),
  yieldRandom: figureSchema,
  gain: figureSchema.describe("yieldActive - yieldRandom: above 0, choosing pays"),
  enough: z.boolean().describe("enough labels of both arms to look at the gain"),
});
export type ActiveFigures = z.infer<typeof activeFiguresSchema>;

export const activeCurveSchema = z.object({
  rounds: z
    .array(
      z.object({
        listId: z.string(),
        name: z.string(),
        createdAt: z.iso.datetime(),
        strategy: queueStrategySchema,
        modelIds: z.array(z.string()),
        labelledBefore: z.int(),
        cases: z.int(),
        figures: activeFiguresSchema
          .nullable()
          .describe("null while the list's answers are hidden from the person who asks"),
      }),
    )
    .describe("oldest first"),
  overall: activeFiguresSchema.nullable().describe("over all rounds that can be seen; null where there is none"),
});
export type ActiveCurve = z.infer<typeof activeCurveSchema>;

export const readingContract = {
  lists: oc.output(z.array(workListSchema)),
  /**
   * Makes a work list and assigns its cases in turn, `readsPerCase` different readers each. Images of one stack are one case.
   * Errors: reading/readers-missing, reading/empty, app/not-found.
   */
  create: oc
    .input(
      z.object({
        name: z.string().trim().min(1).max(120),
        imageIds: z.array(z.string()).max(100_000).default([]),
        filter: imageFilterSchema.optional().describe("instead of ids: all images that fit, in the order of import"),
        readers: z.array(z.string()).min(1).describe("ids of members"),
        readsPerCase: z.int().min(1).max(9).default(1),
        blinded: z.boolean().default(true),
        commitFirst: z.boolean().default(false),
        modelId: z.string().nullable().default(null),
      }),
    )
    .output(workListSchema),
  /** Takes a list away; what was read stays in the log. Errors: app/not-found. */
  remove: oc.input(z.object({ id: z.string() })).output(z.void()),
  /** The present reader's own reads of a list, in order. */
  mine: oc.input(z.object({ listId: z.string() })).output(z.array(readSchema)),
  /** Opens a read (the clock runs). Errors: app/not-found, reading/not-yours. */
  open: oc.input(z.object({ readId: z.string() })).output(readSchema),
  /** Ends an answer: no label of its layer changes any more. Errors: reading/not-yours, reading/committed, reading/no-answer, reading/required-missing. */
  commit: oc.input(z.object({ readId: z.string() })).output(readSchema),
  /** Cases with what was said, for whoever adjudicates. Errors: reading/hidden for a reader of a blinded list. */
  cases: oc
    .input(z.object({ listId: z.string(), only: z.enum(["all", "differing", "undecided"]).default("all") }))
    .output(z.array(readingCaseSchema)),
  /**
   * Decides a case: one read's labels, or an own class, become the shared labels. Errors: reading/not-complete, reading/hidden.
   */
  adjudicate: oc
    .input(
      z.object({
        listId: z.string(),
        position: z.int().min(0),
        readId: z.string().nullable(),
        classId: z.string().nullable().optional().describe("the adjudicator's own answer, where readId is null"),
      }),
    )
    .output(z.object({ case: readingCaseSchema, change: labelChangeSchema })),
  /** Takes a decision back: the shared labels are what they were before. Errors: app/not-found. */
  takeBack: oc
    .input(z.object({ listId: z.string(), position: z.int().min(0) }))
    .output(z.object({ case: readingCaseSchema, change: labelChangeSchema })),
  /**
   * Makes a work list of the unlabelled images that teach most, and of some at random, mixed so that no reader can tell. A job ("queue", result
   * {listId}): the models answer about every image first. Errors, some of them in the job: app/not-found, active/*, reading/readers-missing.
   */
  queue: oc.input(queueInputSchema).output(jobSchema),
  /** Whether queues pay, round by round. */
  activeCurve: oc.output(activeCurveSchema),
  agreement: oc.input(z.object({ listId: z.string() })).output(agreementSchema),
};
