import { oc } from "@orpc/contract";
import { z } from "zod";
import { imageFilterSchema } from "./images.ts";
import { jobSchema } from "./jobs.ts";

/** What came of taking a copy in. Counts are of this time: taking the same in again counts nothing. */
export const mergeReportSchema = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  project: z.object({ id: z.string(), name: z.string() }).describe("the copy"),
  images: z.int().describe("that we did not have"),
  changes: z.int().describe("entries of their label log that are now in ours"),
  conflicts: z.int().describe("things of which both copies said something else since they parted"),
  same: z.int().describe("things of which both said the same"),
  lists: z.int().describe("work lists that we did not have"),
  reads: z.int().describe("reads that are further now"),
  members: z.int().describe("readers that we did not know"),
  classes: z.int().describe("that we did not have"),
  questions: z.int().describe("that we did not have"),
  auditEntries: z.int().describe("entries of their audit log that are now kept beside ours"),
  head: z.object({ sequence: z.int(), hash: z.string() }).nullable().describe("end of their audit log"),
});
export type MergeReport = z.infer<typeof mergeReportSchema>;

export const partReportSchema = z.object({ path: z.string(), images: z.int(), changes: z.int(), bytes: z.int() });
export type PartReport = z.infer<typeof partReportSchema>;

/** One side of a conflict. Nothing is said (`said` false) where the label or shape was taken away. */
const conflictSideSchema = z.object({
  said: z.boolean(),
  words: z.string().nullable().describe("name of the class, or the answer"),
  geometry: z.string().nullable().describe("kind of the shape"),
  reader: z.string().nullable(),
  at: z.iso.datetime(),
});
export type ConflictSide = z.infer<typeof conflictSideSchema>;

export const conflictStateSchema = z.enum(["open", "ours", "theirs"]);

export const conflictSchema = z.object({
  id: z.string(),
  state: conflictStateSchema,
  source: z.string().describe("name of the copy"),
  imageId: z.string(),
  imageName: z.string(),
  kind: z.enum(["class", "shape", "answer"]),
  question: z.string().nullable().describe("name of the question that was answered"),
  ours: conflictSideSchema,
  theirs: conflictSideSchema,
});
export type Conflict = z.infer<typeof conflictSchema>;

const CHOSEN_IMAGES = z.discriminatedUnion("by", [
  z.object({ by: z.literal("filter"), filter: imageFilterSchema }),
  z.object({ by: z.literal("list"), listId: z.string() }),
  z.object({ by: z.literal("snapshot"), snapshotId: z.string() }),
]);
export type ChosenImages = z.infer<typeof CHOSEN_IMAGES>;

export const copiesContract = {
  /**
   * Gives some images with their labels and the schema away as a new project with a key of its own. The recovery key is returned once and stored
   * nowhere; the job writes the project. Result of the job: PartReport. Errors: project/already-exists, project/passphrase-weak,
   * project/disk-full, project/read-only, snapshot/empty where no image is chosen, reading/hidden where the asker has yet to read some blindly.
   */
  give: oc
    .input(
      z.object({
        images: CHOSEN_IMAGES,
        name: z.string().trim().min(1).max(120),
        folder: z.string().optional().describe("default: the home folder"),
        member: z.string().trim().min(1).max(120).describe("who opens it: its administrator"),
        passphrase: z.string().max(1024),
        layers: z.boolean().default(false).describe("work lists with their reads go along"),
        deidentification: z.boolean().default(true).describe("what was done to the images goes along"),
      }),
    )
    .output(z.object({ job: jobSchema, recoveryKey: z.string() })),
  /**
   * A job that takes in what a copy of the project, or a part of it, says. Result: MergeReport. Without a passphrase the copy is opened with our own
   * key, which fits a copy of the folder. Errors: project/key-wrong, project/not-a-project; of the job: merge/audit-broken and those of opening.
   */
  take: oc.input(z.object({ path: z.string(), passphrase: z.string().optional() })).output(jobSchema),
  /** What was taken in, newest first. */
  merges: oc.output(z.array(mergeReportSchema)),
  /** Newest first; open ones, or those that were decided. Cases that the asker has yet to read blindly are left out. */
  conflicts: oc
    .input(
      z.object({
        decided: z.boolean().default(false),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(200).default(50),
      }),
    )
    .output(z.object({ total: z.int(), open: z.int(), items: z.array(conflictSchema) })),
  /**
   * Says which of the two holds; it can be chosen anew as long as nobody said anything else. Both stay kept. Errors: app/not-found,
   * merge/changed-since, labels/class-unknown, reading/hidden, reading/committed.
   */
  choose: oc.input(z.object({ id: z.string(), choice: z.enum(["ours", "theirs"]) })).output(conflictSchema),
};
