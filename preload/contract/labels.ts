import { oc } from "@orpc/contract";
import { z } from "zod";

/** One answer that a reader can give. `key` is the digit that gives it in the viewer. */
export const labelClassSchema = z.object({
  id: z.string(),
  name: z.string().min(1).max(120),
  color: z.string().regex(/^#[0-9a-f]{6}$/),
  key: z.int().min(1).max(9).nullable(),
});
export type LabelClass = z.infer<typeof labelClassSchema>;

const imagePx = z.number().describe("in image pixels: (0, 0) is the outer corner of the first pixel");

/** An axis-aligned box in image space; never in screen space. */
export const boxSchema = z.object({
  id: z.string(),
  imageId: z.string(),
  frame: z.int().min(0),
  classId: z.string(),
  x: imagePx,
  y: imagePx,
  width: z.number().positive(),
  height: z.number().positive(),
  reader: z.string(),
});
export type Box = z.infer<typeof boxSchema>;

/** A binary mask as runs: lengths of alternating background and foreground runs, row by row, background first. */
export const maskSchema = z.object({
  id: z.string(),
  imageId: z.string(),
  frame: z.int().min(0),
  classId: z.string(),
  rows: z.int().positive(),
  columns: z.int().positive(),
  runs: z.array(z.int().min(0)),
  reader: z.string(),
});
export type Mask = z.infer<typeof maskSchema>;

export const imageLabelsSchema = z.object({
  imageId: z.string(),
  classId: z.string().nullable(),
  classReader: z.string().nullable(),
  boxes: z.array(boxSchema),
  masks: z.array(maskSchema),
});
export type ImageLabels = z.infer<typeof imageLabelsSchema>;

/** What undo or redo just did, or null where there was nothing to do. */
export const labelChangeSchema = z.object({
  imageId: z.string(),
  kind: z.enum(["class", "box"]),
  labels: imageLabelsSchema.describe("of that image, after the change"),
});
export type LabelChange = z.infer<typeof labelChangeSchema>;

export const labelImportReportSchema = z.object({
  labelled: z.int(),
  unmatched: z.array(z.string()).describe("file names of the CSV that no image has (first 100)"),
  newClasses: z.array(z.string()),
});
export type LabelImportReport = z.infer<typeof labelImportReportSchema>;

export const labelsContract = {
  /** Classes in the order of their keys. */
  classes: oc.output(z.array(labelClassSchema)),
  /** Adds a class (no id) or changes one. The key and colour are chosen when left out. */
  saveClass: oc
    .input(
      z.object({
        id: z.string().optional(),
        name: z.string().trim().min(1).max(120),
        color: z.string().optional(),
        key: z.int().min(1).max(9).nullable().optional(),
      }),
    )
    .output(labelClassSchema),
  /** Errors: labels/class-in-use. */
  deleteClass: oc.input(z.object({ id: z.string() })).output(z.void()),
  forImage: oc.input(z.object({ imageId: z.string() })).output(imageLabelsSchema),
  /** Gives or (null) takes back the image label. On disk when the answer arrives. */
  setClass: oc.input(z.object({ imageId: z.string(), classId: z.string().nullable() })).output(imageLabelsSchema),
  /** Draws a box (no id) or changes one. Errors: labels/geometry-invalid when it lies outside the image. */
  saveBox: oc
    .input(boxSchema.omit({ id: true, reader: true }).extend({ id: z.string().optional() }))
    .output(imageLabelsSchema),
  deleteBox: oc.input(z.object({ id: z.string() })).output(imageLabelsSchema),
  /** Takes back the present reader's last change, wherever it was; survives a restart. */
  undo: oc.output(labelChangeSchema.nullable()),
  redo: oc.output(labelChangeSchema.nullable()),
  /** How many changes undo and redo can still take. */
  history: oc.output(z.object({ undo: z.int(), redo: z.int() })),
  /**
   * Image labels from a CSV with a header: a column `file` (or image, name, filename, path) and a column `label` (or class, finding).
   * Names match by file name or relative path. Errors: labels/csv-invalid.
   */
  importCsv: oc.input(z.object({ csv: z.string().max(50_000_000) })).output(labelImportReportSchema),
};
