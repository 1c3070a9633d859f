// What decoded samples mean: the record that turns a frame into values and into a picture. Windows and lookup tables are described, never baked in.
//
// Everything behind `spacing` came later and may be missing: projects keep these records as they were written.

import { z } from "zod";

export const pixelTypeSchema = z.enum(["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"]);
export type PixelType = z.infer<typeof pixelTypeSchema>;

export const windowFunctionSchema = z
  .enum(["linear", "linear-exact", "sigmoid"])
  .describe("PS3.3 C.11.2.1.2, C.11.2.1.3.2, C.11.2.1.3.1");

const windowSchema = z.object({ center: z.number(), width: z.number().positive() });

export const namedWindowSchema = windowSchema.extend({
  name: z.string().describe("the file's explanation of the window; empty without one"),
  function: windowFunctionSchema,
});
/** In modality values. */
export type NamedWindow = z.infer<typeof namedWindowSchema>;

export const lookupTableSchema = z.object({
  first: z
    .int()
    .describe("input that takes the first entry; smaller ones do too, and what lies behind the last takes that"),
  bits: z.int().min(1).max(16).describe("of an entry"),
  entries: z.base64().describe("unsigned 16-bit entries, little endian"),
  name: z.string().describe("the file's explanation or the type of its values; empty without one"),
});
export type LookupTable = z.infer<typeof lookupTableSchema>;

const spacingSchema = z
  .tuple([z.number().positive(), z.number().positive()])
  .nullable()
  .describe("[between rows, between columns] in mm");

/** What a frame has of its own, where it differs from its image (enhanced objects, PS3.3 C.7.6.16). */
const frameDescriptionSchema = z.object({
  slope: z.number().optional(),
  intercept: z.number().optional(),
  unit: z.string().optional(),
  window: windowSchema.optional(),
  windows: z.array(namedWindowSchema).optional(),
  spacing: spacingSchema.optional(),
});
export type FrameDescription = z.infer<typeof frameDescriptionSchema>;

/** What is needed to turn decoded frames into values and into a picture. Windows are never baked in. */
export const pixelDescriptionSchema = z.object({
  rows: z.int().positive(),
  columns: z.int().positive(),
  frames: z.int().positive(),
  samples: z.union([z.literal(1), z.literal(3)]).describe("per pixel: 1 grey, 3 RGB interleaved"),
  type: pixelTypeSchema.describe("of one decoded sample, little endian"),
  bitsStored: z.int().min(1).max(32),
  inverted: z.boolean().describe("true for MONOCHROME1: low values are bright"),
  slope: z.number().describe("modality value = stored * slope + intercept, unless there is a modality lookup table"),
  intercept: z.number(),
  unit: z.string().describe("of modality values, for example HU; empty when unknown"),
  window: windowSchema.describe("in modality values; from the file or from its darkest and brightest value"),
  spacing: spacingSchema,
  spacingSource: z
    .enum(["patient", "calibrated", "detector", "scanner"])
    .optional()
    .describe(
      "where the spacing holds: in the patient, there by calibration, at the detector (magnified), on the scanned film",
    ),
  aspect: z
    .tuple([z.int().positive(), z.int().positive()])
    .optional()
    .describe("height : width of a pixel where it is not square and its spacing is unknown"),
  windows: z
    .array(namedWindowSchema)
    .optional()
    .describe("every window the file names, in its order; the first is `window`"),
  voiLuts: z.array(lookupTableSchema).optional().describe("from modality values to grey, instead of a window"),
  modalityLut: lookupTableSchema.optional().describe("from stored to modality values, instead of slope and intercept"),
  perFrame: z.array(frameDescriptionSchema).optional().describe("one for each frame, where frames differ"),
});
export type PixelDescription = z.infer<typeof pixelDescriptionSchema>;

/** The description as it holds for one frame. Reads nothing but the record, so every side of the studio may ask. */
export function pixelsOfFrame(pixels: PixelDescription, frame: number): PixelDescription {
  const { perFrame, ...common } = pixels;
  return perFrame ? { ...common, ...perFrame[frame] } : pixels;
}

const vector = (length: number) => z.array(z.number()).length(length).nullable();

/** Where a frame lies in the patient (PS3.3 C.7.6.2): LPS, mm. null for what the file does not say. */
export const frameGeometrySchema = z.object({
  position: vector(3).describe("ImagePositionPatient: centre of the first pixel"),
  orientation: vector(6).describe("ImageOrientationPatient: direction cosines along a row, then along a column"),
  spacing: spacingSchema,
  thickness: z.number().positive().nullable().describe("SliceThickness"),
  frameOfReference: z.string().nullable().describe("frames of one frame of reference share their coordinates"),
});
export type FrameGeometry = z.infer<typeof frameGeometrySchema>;
