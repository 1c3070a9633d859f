import { oc } from "@orpc/contract";
import { z } from "zod";
import { groupAttributeSchema, LEAST_IN_GROUP, MOST_CROSSED } from "./fairness.ts";
import { partSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";
import { fileNameSchema } from "./models.ts";

/** More than this nobody reads side by side, and the number of pairs grows with the square. */
export const MOST_COMPARED = 6;

const estimate = z
  .object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() })
  .describe("first minus second; 95 % interval by drawing patients again (BCa; percentile above 1,000 patients)");

const p = z.number().min(0).max(1);
const tested = {
  p: p.nullable().describe("two-sided, of this pair alone; null where there is no test"),
  holm: p.nullable().describe("adjusted for the number of pairs: chance of any false finding"),
  falseDiscovery: p.nullable().describe("adjusted by Benjamini and Hochberg: share of false findings"),
};

/** Models on the same cases, every pair tested. */
export const comparisonSchema = z.object({
  part: partSchema,
  modelIds: z.array(z.string()),
  cases: z.int().describe("that every model was judged on with the same truth; others are left out"),
  patients: z.int().describe("among them; an image whose patient nobody knows counts as one"),
  classes: z.array(z.object({ id: z.string(), name: z.string(), color: z.string() })),
  pairs: z.array(
    z.object({
      first: z.string().describe("model"),
      second: z.string().describe("model"),
      auc: z
        .object({
          estimate: estimate.nullable(),
          delong: z.object({ low: z.number(), high: z.number() }).nullable().describe("95 % interval, two classes"),
          ...tested,
        })
        .describe("p by DeLong's test, two classes only"),
      accuracy: z
        .object({
          estimate: estimate.nullable(),
          onlyFirst: z.int().describe("cases that only the first got right"),
          onlySecond: z.int(),
          ...tested,
        })
        .describe("p by McNemar's exact test"),
      loss: z
        .object({ estimate: estimate.nullable(), ...tested })
        .describe("cross-entropy of a case, nats; p by a paired permutation test over patients"),
    }),
  ),
  decision: z
    .object({
      thresholds: z.array(z.number()),
      classes: z.array(
        z.object({
          all: z.array(z.number()),
          models: z.array(z.array(z.number())).describe("by model, then threshold"),
        }),
      ),
    })
    .describe("net benefit, true positives per case, of each class against the rest; acting on nobody is 0"),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** A curve with few enough points to draw a thousand of them: true points, evenly spaced by step, the last among them. */
export const thinnedCurveSchema = z.object({
  runId: z.string(),
  steps: z.array(z.int()),
  epochs: z.array(z.number()),
  values: z.array(z.number()),
});
export type ThinnedCurve = z.infer<typeof thinnedCurveSchema>;

/**
 * tensorboard: an event file for each run; csv: `runs.csv` with the recipes and `points.csv` with all points; mlflow: a file store, an experiment for each
 * snapshot, with recipes, curves and the figures that are kept.
 */
export const runsFormatSchema = z.enum(["tensorboard", "csv", "mlflow"]);
export type RunsFormat = z.infer<typeof runsFormatSchema>;

/** A runs-export job's result. */
export const runsExportReportSchema = z.object({
  path: z.string().describe("of the folder"),
  files: z.int(),
  bytes: z.int(),
});
export type RunsExportReport = z.infer<typeof runsExportReportSchema>;

/** What a notebook takes out of the project, before it does. */
export const notebookLeavingSchema = z.object({
  images: z.int().describe("pictures that go along"),
  available: z.int().describe("pictures of the part"),
  side: z.int().describe("rows and columns of each, as the network sees it"),
  deidentified: z.int().describe("of those pictures, from files that were de-identified when they came in"),
  textUnseen: z.int().describe("of those pictures, that nobody looked at for burned-in text"),
  textSuspected: z.int().describe("of those pictures, in which text is suspected still"),
});
export type NotebookLeaving = z.infer<typeof notebookLeavingSchema>;

/** A notebook job's result. */
export const notebookReportSchema = z.object({
  path: z.string().describe("of the folder"),
  images: z.int(),
  files: z.int(),
  bytes: z.int(),
});
export type NotebookReport = z.infer<typeof notebookReportSchema>;

const languageSchema = z.enum(["en", "zh-CN"]);

/** A report job's result. */
export const modelReportSchema = z.object({
  path: z.string().describe("of the file"),
  bytes: z.int(),
  format: z.enum(["html", "pdf"]),
});
export type ModelReport = z.infer<typeof modelReportSchema>;

const distinctModels = (least: number) =>
  z
    .array(z.string())
    .min(least)
    .max(MOST_COMPARED)
    .refine((ids) => new Set(ids).size === ids.length, {
      message: "A model is compared with others, not with itself.",
    });

const reportData = {
  modelIds: distinctModels(1),
  part: partSchema.default("test"),
  language: languageSchema.default("en"),
  groups: z
    .array(groupAttributeSchema)
    .max(MOST_CROSSED)
    .default([])
    .describe("what patients are told apart by in the fairness figures; none: no such figures"),
  minimum: z.int().min(LEAST_IN_GROUP).max(1_000_000).default(20).describe("cases that a group needs to be judged"),
};

const notebookData = {
  modelId: z.string(),
  part: partSchema.default("test"),
  images: z.int().min(1).nullable().default(null).describe("pictures to take along, spread over the part; null: all"),
};

export const comparisonContract = {
  /**
   * The report as a page by itself: the models' cards, figures with intervals, plots, and with two or more the tests of every pair. Evaluations that are not there yet are
   * computed and kept. Holds no patient's data. Errors: comparison/nothing-shared, comparison/other-classes, snapshot/part-empty, app/not-found.
   */
  reportPage: oc.input(z.object(reportData)).output(z.object({ html: z.string() })),
  /**
   * Writes that page as a file, or prints it as a PDF: the desktop window itself, elsewhere an installed Chromium, Chrome or Edge. Where there is none the page is written and
   * the job fails with report/no-printer, naming it. The job's result is a ModelReport. Errors also: shipping/target-exists, project/disk-full, project/read-only.
   */
  report: oc
    .input(
      z.object({
        ...reportData,
        format: z.enum(["html", "pdf"]).default("html"),
        folder: z.string().min(1).optional().describe("default: the home folder"),
        name: fileNameSchema.optional().describe("of the file, without its ending"),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(jobSchema),
  /** What `notebook` would take out. Errors: snapshot/part-empty, app/not-found. */
  notebookLeaving: oc.input(z.object(notebookData)).output(notebookLeavingSchema),
  /**
   * Writes a folder for Jupyter: the model as ONNX, pictures of the part as the network sees them, its answers, and a notebook that computes and checks them. No name,
   * number, date or tag of a patient goes along; the pictures do, not encrypted. The job's result is a NotebookReport.
   * Errors: shipping/target-exists, project/disk-full, project/read-only, snapshot/part-empty, imaging/*, app/not-found.
   */
  notebook: oc
    .input(
      z.object({
        ...notebookData,
        language: languageSchema.default("en"),
        folder: z.string().min(1).optional().describe("default: the home folder"),
        name: fileNameSchema.optional().describe("of the folder in it"),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(jobSchema),
  /**
   * Writes recipes and curves of runs to a folder for other tools; no image, no label, but names and notes as people wrote them, not encrypted. The job's
   * result is a RunsExportReport. Errors: shipping/target-exists, project/disk-full, project/read-only, app/not-found.
   */
  export: oc
    .input(
      z.object({
        runIds: z.array(z.string()).min(1).max(10_000),
        format: runsFormatSchema,
        folder: z.string().min(1).optional().describe("default: the home folder"),
        name: fileNameSchema.optional().describe("of the folder in it"),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(jobSchema),
  /** One metric of every run that has it. */
  curves: oc
    .input(
      z.object({
        metric: z.string(),
        part: z.enum(["train", "validation"]),
        places: z.int().min(2).max(200).default(40).describe("points of each curve, the last one not counted"),
      }),
    )
    .output(z.array(thinnedCurveSchema)),
  /**
   * Tests every pair of models on the cases that all were judged on; evaluations that are not there yet are computed and kept.
   * Errors: comparison/nothing-shared, comparison/other-classes, snapshot/part-empty, app/not-found.
   */
  models: oc
    .input(
      z.object({
        modelIds: distinctModels(2),
        part: partSchema.default("test"),
      }),
    )
    .output(comparisonSchema),
};
