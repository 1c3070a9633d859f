import { z } from "zod";

/** Options of PS3.15 that hold for a whole import. Clean Pixel Data is missing: it is a person's word about one picture. */
export const deidentifyOptionSchema = z.enum([
  "clean-descriptors",
  "retain-modified-dates",
  "retain-patient-characteristics",
  "retain-device-identity",
  "retain-uids",
]);
export type DeidentifyOption = z.infer<typeof deidentifyOptionSchema>;

/** What a reading room needs: what was scanned and when relative to the last time, how old and heavy the patient is. */
export const READING_ROOM_OPTIONS: readonly DeidentifyOption[] = [
  "clean-descriptors",
  "retain-modified-dates",
  "retain-patient-characteristics",
];

/** `none`: files come in as they are. `basic`: PS3.15 Basic Application Confidentiality Profile with these options. */
export const deidentifySchema = z.object({
  profile: z.enum(["basic", "none"]),
  options: z.array(deidentifyOptionSchema).default([...READING_ROOM_OPTIONS]),
});
export type Deidentify = z.infer<typeof deidentifySchema>;

export const DEFAULT_DEIDENTIFY: Deidentify = { profile: "basic", options: [...READING_ROOM_OPTIONS] };

/** A rectangle in pixels from the upper left corner; `frame` null: of every frame. */
export const textRegionSchema = z.object({
  frame: z.int().min(0).nullable(),
  x: z.number(),
  y: z.number(),
  width: z.number().positive(),
  height: z.number().positive(),
});
export type TextRegion = z.infer<typeof textRegionSchema>;

/** What a look for text did. */
export const textLookReportSchema = z.object({
  looked: z.int().describe("images that were looked at"),
  suspected: z.int().describe("of these, images that may hold text in their pixels"),
  unreadable: z.int().describe("images whose frames cannot be decoded, so nobody looked"),
});
export type TextLookReport = z.infer<typeof textLookReportSchema>;

/** Finding of images with suspected text that no person has judged. */
export const TEXT_SUSPECTED = "text-suspected";

export const deidentificationReportSchema = z.object({
  profile: z.literal("PS3.15 2024b Basic"),
  options: z.array(z.string()),
  counts: z.record(z.string(), z.int()).describe("attributes by what was done to them: removed, emptied, replaced …"),
  changes: z
    .array(z.object({ path: z.string(), tag: z.string(), done: z.string(), count: z.int() }))
    .describe("by attribute, never by value"),
  notes: z.array(z.string()).describe("sentences: what was done to the pixels"),
  warnings: z.array(z.string()).describe("sentences: what a person should look at"),
});
export type DeidentificationReport = z.infer<typeof deidentificationReportSchema>;

export const deidentificationSchema = z.object({
  report: deidentificationReportSchema.nullable().describe("null: the image came in as it was"),
  look: z
    .object({
      at: z.iso.datetime(),
      suspects: z.array(textRegionSchema),
      framesLooked: z.int().describe("of a long film only some are looked at"),
    })
    .nullable()
    .describe("what the program took for text in the pixels when it last looked; null: it has not looked"),
  reviews: z
    .array(
      z.object({
        at: z.iso.datetime(),
        reader: z.string().describe("name of the member who confirmed"),
        blanked: z.array(textRegionSchema),
        stillSuspected: z.array(textRegionSchema),
      }),
    )
    .describe("oldest first"),
});
export type Deidentification = z.infer<typeof deidentificationSchema>;
