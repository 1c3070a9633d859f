import { oc } from "@orpc/contract";
import { z } from "zod";
import { DEFAULT_DEIDENTIFY, deidentificationSchema, deidentifySchema, textRegionSchema } from "./deidentification.ts";
import { jobSchema } from "./jobs.ts";
import { frameGeometrySchema, pixelDescriptionSchema } from "./pixels.ts";

export const partSchema = z.enum(["train", "validation", "test"]);
export type Part = z.infer<typeof partSchema>;

export const imageFormatSchema = z.enum(["dicom", "png", "jpeg", "tiff", "npz", "nifti"]);
export type ImageFormat = z.infer<typeof imageFormatSchema>;

export const imageSchema = z.object({
  id: z.string(),
  name: z.string().describe("file name as imported"),
  format: imageFormatSchema,
  modality: z.string().describe("DICOM modality, or OT"),
  patient: z.string().describe("patient ID, or empty"),
  study: z.string().describe("study instance UID, or empty"),
  series: z.string().describe("series instance UID, or empty"),
  rows: z.int(),
  columns: z.int(),
  frames: z.int(),
  importedAt: z.iso.datetime(),
  classId: z.string().nullable().describe("image label given by a reader"),
  shapes: z.int().describe("shapes drawn on it, in the layer that everybody shares"),
});
export type ImageSummary = z.infer<typeof imageSchema>;

export const imageDetailSchema = imageSchema.extend({
  pixels: pixelDescriptionSchema,
  tags: z.array(z.object({ tag: z.string(), name: z.string(), value: z.string() })),
  suggestedPart: partSchema.nullable().describe("part of the set it was imported from, where it has one"),
});
export type ImageDetail = z.infer<typeof imageDetailSchema>;

/** Pictures that a reader scrolls through. */
export const imageStackSchema = z.object({
  slices: z
    .array(
      z.object({
        imageId: z.string(),
        frame: z.int().min(0),
        position: z.number().nullable().describe("mm along the normal of the slices; null where the file does not say"),
        geometry: frameGeometrySchema.nullable().describe("where the slice lies in the patient"),
      }),
    )
    .min(1),
  images: z.array(imageSchema.extend({ pixels: pixelDescriptionSchema })).describe("that the slices are frames of"),
  order: z
    .enum(["geometry", "number"])
    .describe("what the order comes from: place in the patient, or the file's numbers"),
  step: z.number().nullable().describe("mm between slices: the median; null where it is not known"),
  gaps: z.int().describe("places where slices are missing"),
  repeated: z.int().describe("slices that lie where the one before lies"),
});
export type ImageStack = z.infer<typeof imageStackSchema>;

export const imageFilterSchema = z.object({
  text: z.string().optional().describe("part of a file name or patient ID, any case"),
  classId: z.string().optional(),
  labelled: z.boolean().optional(),
  modality: z.string().optional(),
  patient: z.string().optional(),
  ids: z.array(z.string()).max(10_000).optional(),
  finding: z.string().max(60).optional().describe("code of what an import found odd about them"),
});
export type ImageFilter = z.infer<typeof imageFilterSchema>;

export const imageSortSchema = z.enum(["imported", "name", "patient"]);

export const facetsSchema = z.object({
  total: z.int(),
  unlabelled: z.int(),
  classes: z.array(z.object({ classId: z.string(), count: z.int() })),
  modalities: z.array(z.object({ modality: z.string(), count: z.int() })),
  findings: z.array(z.object({ code: z.string(), count: z.int() })),
  patients: z.int(),
});
export type Facets = z.infer<typeof facetsSchema>;

export const refusedFileSchema = z.object({ file: z.string(), code: z.string(), message: z.string() });
export type RefusedFile = z.infer<typeof refusedFileSchema>;

export const importReportSchema = z.object({
  imported: z.int().describe("images added"),
  duplicates: z.int().describe("images that were already there, byte for byte in their pixels and identity"),
  labelled: z.int().describe("images that got a label from the import"),
  deidentified: z.int().describe("images added without who the patient is"),
  actions: z.record(z.string(), z.int()).describe("attributes of these by what was done: removed, replaced, mapped …"),
  refused: z.array(refusedFileSchema),
});
export type ImportReport = z.infer<typeof importReportSchema>;

export const imagesContract = {
  /**
   * Imports a file or a folder (recursively) of this machine: DICOM, NIfTI, PNG, JPEG, TIFF, MedMNIST-style .npz, ZIP archives of them.
   * `labels: "folders"` takes each file's parent folder as its class. The job's result is an ImportReport.
   * `deidentify`: what is taken out of every DICOM file, also within archives, before anything of it is kept; its name becomes one that says
   * nothing, and a file that cannot be de-identified is refused. The report then numbers refused files in the order of their names.
   */
  importPath: oc
    .input(
      z.object({
        path: z.string().min(1),
        labels: z.enum(["none", "folders"]).default("none"),
        deidentify: deidentifySchema.default(DEFAULT_DEIDENTIFY),
      }),
    )
    .output(jobSchema),
  /** Draws the sample set (chest phantoms, two classes, lesions with masks) and imports it as DICOM files. */
  importSample: oc
    .input(z.object({ images: z.int().min(20).max(2000).default(240), seed: z.int().min(0).default(7) }))
    .output(jobSchema),
  /**
   * Imports one file whose bytes the page sends (drag and drop); `name` may be a relative path, whose last folder is the class
   * when `labels` is "folders". Nothing touches the disk unencrypted. `deidentify` as in importPath; the report names files as they were sent,
   * and is kept nowhere.
   */
  importFile: oc
    .input(
      z.object({
        name: z.string().min(1),
        bytes: z.file(),
        labels: z.enum(["none", "folders"]).default("none"),
        deidentify: deidentifySchema.default(DEFAULT_DEIDENTIFY),
      }),
    )
    .output(importReportSchema),
  list: oc
    .input(
      z.object({
        filter: imageFilterSchema.default({}),
        sort: imageSortSchema.default("imported"),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ total: z.int(), items: z.array(imageSchema) })),
  /** Counts over the whole project, for the filter column. */
  facets: oc.output(facetsSchema),
  get: oc.input(z.object({ id: z.string() })).output(imageDetailSchema),
  /** What was done so that nobody is recognised in an image, and what is suspected to be text in its pixels. */
  deidentification: oc.input(z.object({ id: z.string() })).output(deidentificationSchema),
  /**
   * Looks for text in the pixels of images that fit, of the modalities in which it is burned in more often than not; of others only where the
   * filter names the modality or the images. Those that were looked at are left out. What is suspected becomes the finding `text-suspected`.
   * The job's result is a TextLookReport.
   */
  lookForText: oc.input(z.object({ filter: imageFilterSchema.default({}) })).output(jobSchema),
  /**
   * A person has looked at an image: these rectangles are made plain for good, maybe none, and the image is looked at again. The image keeps its
   * identity, so importing its file again does not bring the text back. Errors: imaging/* where a frame cannot be decoded.
   */
  reviewText: oc
    .input(z.object({ id: z.string(), regions: z.array(textRegionSchema).max(1000) }))
    .output(deidentificationSchema),
  /** The slices that an image is read with, in order: its own frames, or those of its series where it is a stack through the patient. */
  stack: oc.input(z.object({ id: z.string() })).output(imageStackSchema),
  /** Writes into the audit log that pixels of this image are about to leave the project unencrypted. Call it before they do. */
  recordExport: oc.input(z.object({ id: z.string(), form: z.enum(["explanation"]) })).output(z.void()),
};

/**
 * Beside the calls, every door answers two plain GET requests with the same session:
 * `/pixels/{imageId}/{frame}` (application/octet-stream: decoded samples, little endian, row by row, as PixelDescription says) and
 * `/thumbnails/{imageId}` (image/png, at most 192 px on the longer side).
 */
export const PIXELS_PATH = "/pixels/";
export const THUMBNAILS_PATH = "/thumbnails/";
