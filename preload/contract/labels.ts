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

const px = z.number().describe("in image pixels: (0, 0) is the outer corner of the first pixel");
/** Alternating x and y, in image pixels. */
const points = (least: number, most: number) =>
  z
    .array(z.number())
    .min(2 * least)
    .max(2 * most)
    .refine((values) => values.length % 2 === 0, "Points are pairs of x and y.");

/**
 * What a reader draws, in image space and never in screen space. A mask is given as runs: lengths of alternating background
 * and foreground runs, row by row, background first; it covers its whole frame.
 */
export const geometrySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("box"), x: px, y: px, width: z.number().positive(), height: z.number().positive() }),
  z.object({
    kind: z.literal("ellipse"),
    x: px.describe("centre"),
    y: px,
    radiusX: z.number().positive(),
    radiusY: z.number().positive(),
    angle: z.number().describe("degrees, from the x axis towards the y axis"),
  }),
  z.object({ kind: z.literal("polygon"), points: points(3, 20_000) }),
  z.object({ kind: z.literal("polyline"), points: points(2, 20_000) }),
  z.object({ kind: z.literal("point"), x: px, y: px }),
  z.object({ kind: z.literal("length"), points: points(2, 2) }),
  z.object({ kind: z.literal("angle"), points: points(3, 3).describe("the second point is the vertex") }),
  z.object({
    kind: z.literal("mask"),
    rows: z.int().positive(),
    columns: z.int().positive(),
    runs: z.array(z.int().min(0)),
  }),
]);
export type Geometry = z.infer<typeof geometrySchema>;
export type GeometryKind = Geometry["kind"];
export type MaskGeometry = Extract<Geometry, { kind: "mask" }>;

export const attributeValueSchema = z.union([z.string().max(10_000), z.number(), z.boolean()]);
export type AttributeValue = z.infer<typeof attributeValueSchema>;

/** One drawn label. Shapes that share a `track` are one thing over the frames of an image or the slices of a series. */
export const shapeSchema = z.object({
  id: z.uuid().describe("chosen by whoever draws it, so that saving it again is the same shape"),
  imageId: z.string(),
  frame: z.int().min(0),
  classId: z.string().nullable().describe("null only for lengths and angles"),
  geometry: geometrySchema,
  attributes: z.record(z.string().max(120), attributeValueSchema),
  track: z.string().max(120).nullable(),
  source: z
    .string()
    .max(200)
    .nullable()
    .describe("what proposed it: model:ID, interpolation, copy, region, import; null: a reader's own hand"),
  reader: z.string().describe("name of who said it last"),
});
export type Shape = z.infer<typeof shapeSchema>;
export type ShapeInput = Omit<Shape, "reader">;

/** The layer that everybody shares. Every other layer is one reader's answers to one case of a work list, by the id of that read. */
export const SHARED_LAYER = "";

/** What an answer is about: one image, its series, or its patient. */
export const levelSchema = z.enum(["image", "series", "patient"]);
export type Level = z.infer<typeof levelSchema>;
/** id of an option; of several, in the order of the options; or free text. */
export const answerValueSchema = z.union([z.string().min(1).max(10_000), z.array(z.string()).min(1).max(100)]);
export type AnswerValue = z.infer<typeof answerValueSchema>;

/** An answer to a question of the schema (schema.ts). */
export const questionAnswerSchema = z.object({
  questionId: z.string(),
  level: levelSchema,
  subject: z.string().describe("image id, series instance UID or patient ID"),
  value: answerValueSchema,
  reader: z.string().describe("name of who said it last"),
});
export type QuestionAnswer = z.infer<typeof questionAnswerSchema>;

export const imageLabelsSchema = z.object({
  imageId: z.string(),
  layer: z.string(),
  subjects: z
    .object({ series: z.string(), patient: z.string() })
    .describe("what answers of a level are about; empty: the image has none, so nothing can be said of it"),
  answers: z.array(questionAnswerSchema).describe("about the image, its series and its patient"),
  classId: z.string().nullable(),
  classReader: z.string().nullable(),
  shapes: z.array(shapeSchema).describe("in the order in which they were drawn"),
});
export type ImageLabels = z.infer<typeof imageLabelsSchema>;

/** One thing that a reader says; several said together are one step of undo. */
export const labelEditSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("class"), imageId: z.string(), classId: z.string().nullable() }),
  z.object({ do: z.literal("put"), shape: shapeSchema.omit({ reader: true }) }),
  z.object({ do: z.literal("remove"), imageId: z.string(), id: z.string() }),
  z
    .object({
      do: z.literal("answer"),
      imageId: z.string(),
      questionId: z.string(),
      value: answerValueSchema.nullable(),
    })
    .describe("about the image, or the series or patient that it belongs to, as the question's level says"),
]);
export type LabelEdit = z.infer<typeof labelEditSchema>;

/** What changed: enough to bring a page up to date without sending every label of the image again. */
export const labelChangeSchema = z.object({
  imageId: z.string().describe("where it happened; of several images the first"),
  frame: z.int().min(0),
  layer: z.string(),
  classes: z.array(
    z.object({ imageId: z.string(), classId: z.string().nullable(), classReader: z.string().nullable() }),
  ),
  put: z.array(shapeSchema),
  removed: z.array(z.object({ imageId: z.string(), id: z.string() })),
  answers: z.array(questionAnswerSchema.extend({ value: answerValueSchema.nullable(), reader: z.string().nullable() })),
  schema: z
    .boolean()
    .describe(
      "true: options were merged, or a merge was taken back; answers in every layer may be others than they were",
    ),
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
  /** Labels of one image in a layer. Errors: app/not-found, reading/hidden for another reader's blinded layer. */
  forImage: oc
    .input(z.object({ imageId: z.string(), layer: z.string().default(SHARED_LAYER) }))
    .output(imageLabelsSchema),
  /** The same of many images, in the order of the question. */
  forImages: oc
    .input(z.object({ imageIds: z.array(z.string()).max(5000), layer: z.string().default(SHARED_LAYER) }))
    .output(z.array(imageLabelsSchema)),
  /**
   * Says something: gives or takes back image labels and answers, draws, changes and removes shapes. All of it or nothing, one step of
   * undo, on disk when the answer arrives. Saying the same thing again changes nothing.
   * Errors: app/not-found, labels/class-unknown, labels/geometry-invalid, labels/question-unknown, labels/answer-invalid,
   * reading/committed.
   */
  apply: oc
    .input(z.object({ layer: z.string().default(SHARED_LAYER), edits: z.array(labelEditSchema).min(1).max(20_000) }))
    .output(labelChangeSchema),
  /**
   * Fills the slices of a stack between two that are labelled by hand, from the nearest one before the place to the nearest after it; where the
   * place is one itself, it is the second of the two, or the first where nothing is before it. Masks of a class, or the shape with an id
   * and its track; all of it gets one track and the source "interpolation", and is one step of undo. What was filled before is filled anew.
   * Errors: app/not-found, labels/nothing-between, labels/geometry-invalid, reading/committed.
   */
  interpolate: oc
    .input(
      z.object({
        layer: z.string().default(SHARED_LAYER),
        imageId: z.string(),
        frame: z.int().min(0).default(0),
        of: z.union([z.object({ classId: z.string() }), z.object({ shapeId: z.uuid() })]),
      }),
    )
    .output(labelChangeSchema),
  /** Takes back the present reader's last step in this layer, wherever it was; survives a restart. */
  undo: oc.input(z.object({ layer: z.string().default(SHARED_LAYER) })).output(labelChangeSchema.nullable()),
  redo: oc.input(z.object({ layer: z.string().default(SHARED_LAYER) })).output(labelChangeSchema.nullable()),
  /** How many steps undo and redo can still take. */
  history: oc
    .input(z.object({ layer: z.string().default(SHARED_LAYER) }))
    .output(z.object({ undo: z.int(), redo: z.int() })),
  /**
   * Image labels from a CSV with a header: a column `file` (or image, name, filename, path) and a column `label` (or class, finding).
   * Names match by file name or relative path. Errors: labels/csv-invalid.
   */
  importCsv: oc.input(z.object({ csv: z.string().max(50_000_000) })).output(labelImportReportSchema),
};
