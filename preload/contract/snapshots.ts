import { oc } from "@orpc/contract";
import { z } from "zod";
import { partSchema } from "./images.ts";

/** A frozen, hashed dataset version: labelled images, their classes and their part. A patient is in one part only. */
export const snapshotSchema = z.object({
  id: z.string(),
  name: z.string(),
  hash: z.string().describe("SHA-256 over images, labels and parts, hexadecimal"),
  createdAt: z.iso.datetime(),
  seed: z.int(),
  classes: z.array(z.object({ id: z.string(), name: z.string(), color: z.string() })).describe("in output order"),
  counts: z.array(
    z.object({
      part: partSchema,
      images: z.int(),
      patients: z.int(),
      perClass: z.array(z.int()).describe("in the order of classes"),
    }),
  ),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

export const snapshotsContract = {
  list: oc.output(z.array(snapshotSchema)),
  get: oc.input(z.object({ id: z.string() })).output(snapshotSchema),
  /**
   * Freezes the labelled images. Split by patient (an image without one counts as its own), stratified by class, by seed; with
   * `useSuggestedParts` images that came with a part keep it. Errors: snapshot/empty, snapshot/one-class, snapshot/part-empty.
   */
  create: oc
    .input(
      z.object({
        name: z.string().trim().min(1).max(120),
        seed: z.int().min(0).default(1),
        train: z.number().min(0.05).max(0.95).default(0.7),
        validation: z.number().min(0.01).max(0.9).default(0.15),
        useSuggestedParts: z.boolean().default(true),
      }),
    )
    .output(snapshotSchema),
};
