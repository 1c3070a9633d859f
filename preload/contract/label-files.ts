import { oc } from "@orpc/contract";
import { z } from "zod";
import { imageFilterSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";
import { SHARED_LAYER } from "./labels.ts";

export const labelFormatIdSchema = z.enum([
  "coco",
  "yolo",
  "yolo-segment",
  "voc",
  "labelme",
  "csv",
  "nifti",
  "png",
  "dicom-seg",
  "dicom-labelmap",
  "dicom-sr",
  "rtstruct",
]);
export type LabelFormatId = z.infer<typeof labelFormatIdSchema>;

/** exact: comes back as it was; approximated: as a figure of another kind, or as pixels; dropped: not in the file. */
export const carriageSchema = z.enum(["exact", "approximated", "dropped"]);
export type Carriage = z.infer<typeof carriageSchema>;

export const carriesSchema = z.object({
  kinds: z.object({
    box: carriageSchema,
    ellipse: carriageSchema,
    polygon: carriageSchema,
    polyline: carriageSchema,
    point: carriageSchema,
    length: carriageSchema,
    angle: carriageSchema,
    mask: carriageSchema,
  }),
  attributes: z.boolean(),
  tracks: z.boolean(),
  imageClass: z.boolean(),
  source: z.boolean().describe("what proposed a shape"),
  reader: z.boolean().describe("who said it; what is read in is said by whoever imports it"),
});
export type Carries = z.infer<typeof carriesSchema>;

export const labelFormatSchema = z.object({
  id: labelFormatIdSchema,
  extensions: z.array(z.string()).describe("of the files that it reads or writes, with the dot"),
  reads: z.boolean(),
  carries: carriesSchema,
});
export type LabelFormatSummary = z.infer<typeof labelFormatSchema>;

export const exportLossCodeSchema = z.enum([
  "shape-dropped",
  "shape-approximated",
  "attributes-dropped",
  "track-dropped",
  "image-class-dropped",
  "source-dropped",
  "reader-dropped",
  "answer-dropped",
  "merged",
  "overlapped",
  "rounded",
  "name-shortened",
  "image-not-dicom",
  "image-without-space",
  "image-hidden",
  "spacing-uneven",
]);
export type ExportLossCode = z.infer<typeof exportLossCodeSchema>;

export const exportLossSchema = z.object({
  code: exportLossCodeSchema,
  kind: z.string().nullable().describe("kind of the shapes, where the loss is one of shapes of a kind"),
  count: z
    .int()
    .describe("shapes; for image-… codes and image-class-dropped images, for answer-dropped answers to questions"),
});
export type ExportLoss = z.infer<typeof exportLossSchema>;

export const exportPreviewSchema = z.object({
  images: z.int(),
  labels: z.int().describe("shapes and image classes"),
  losses: z.array(exportLossSchema).describe("what the format cannot carry; empty: everything comes back"),
});
export type ExportPreview = z.infer<typeof exportPreviewSchema>;

/** A labels-export job's result. */
export const labelExportReportSchema = exportPreviewSchema.extend({
  format: labelFormatIdSchema,
  folder: z.string(),
  files: z.int(),
  bytes: z.int(),
});
export type LabelExportReport = z.infer<typeof labelExportReportSchema>;

export const refusedLabelSchema = z.object({
  file: z.string(),
  reason: z.enum([
    "outside-image",
    "geometry-invalid",
    "frame-missing",
    "class-missing",
    "class-name-invalid",
    "size-differs",
    "kind-unknown",
    "attribute-invalid",
  ]),
  count: z.int(),
});
export type RefusedLabel = z.infer<typeof refusedLabelSchema>;

/** A labels-import job's result. */
export const labelFileReportSchema = z.object({
  labelled: z.int().describe("images whose class is a new one"),
  shapes: z.int().describe("shapes added"),
  unmatched: z.array(z.string()).describe("names in the files that no image has, or more than one (first 100)"),
  newClasses: z.array(z.string()),
  refused: z.array(refusedLabelSchema).describe("by file and reason (first 100)"),
});
export type LabelFileReport = z.infer<typeof labelFileReportSchema>;

const selectionSchema = z.object({
  format: labelFormatIdSchema,
  filter: imageFilterSchema.default({}).describe("images whose labels leave; `ids` names them one by one"),
  layer: z.string().default(SHARED_LAYER),
});

export const labelFilesContract = {
  formats: oc.output(z.array(labelFormatSchema)),
  /** What an export would write and lose. Reads every label; writes nothing. */
  preview: oc.input(selectionSchema).output(exportPreviewSchema),
  /**
   * Writes labels to a new folder; the job's result is a LabelExportReport. Identifiers leave the project with them, which the audit says.
   * Errors: labels/target-exists, labels/not-exportable, project/read-only, project/disk-full.
   */
  export: oc
    .input(selectionSchema.extend({ folder: z.string().min(1).optional().describe("a folder that is not there yet") }))
    .output(jobSchema),
  /** Reads labels from a file or folder, all or nothing; the job's result is a LabelFileReport. Errors: labels/file-invalid, labels/csv-invalid. */
  import: oc.input(z.object({ format: labelFormatIdSchema, path: z.string().min(1) })).output(jobSchema),
};
