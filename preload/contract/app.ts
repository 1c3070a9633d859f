import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { jobSchema } from "./jobs.ts";
import { labelChangeSchema } from "./labels.ts";
import { runPointSchema } from "./runs.ts";

export const topicSchema = z.enum([
  "project",
  "images",
  "labels",
  "reading",
  "snapshots",
  "runs",
  "models",
  "exports",
  "pacs",
  "jobs",
]);
export type Topic = z.infer<typeof topicSchema>;

/** Events announce; the page then asks. `changed` means: what you know about this topic may be old. */
export const studioEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello") }).describe("sent first: the stream is open"),
  z.object({ type: z.literal("job"), job: jobSchema }),
  z.object({ type: z.literal("points"), runId: z.string(), points: z.array(runPointSchema) }),
  z.object({ type: z.literal("changed"), topic: topicSchema }),
  z
    .object({ type: z.literal("rekeying"), done: z.int(), total: z.int() })
    .describe(
      "the project is being copied under a new key: bytes; done = total when it is over, also when it was stopped",
    ),
  z
    .object({ type: z.literal("labels"), change: labelChangeSchema })
    .describe("what somebody said, with all it changed"),
]);
export type StudioEvent = z.infer<typeof studioEventSchema>;

export const appInfoSchema = z.object({
  version: z.string(),
  host: z.enum(["electron", "browser", "cli"]),
  platform: z.string(),
  projectsFolder: z.string().describe("where new projects go unless told otherwise"),
  homeFolder: z.string(),
  canPickFolder: z.boolean().describe("true where the host can show a system dialog"),
});
export type AppInfo = z.infer<typeof appInfoSchema>;

/** What somebody may choose for the idle lock, in minutes. */
export const IDLE_LOCK_MINUTES = [5, 15, 30, 60, 120, 240, 480] as const;

export const machineSettingsSchema = z.object({
  idleLockMinutes: z
    .int()
    .min(5)
    .max(480)
    .describe("the project is locked when nobody has touched the studio for this long"),
});
export type MachineSettings = z.infer<typeof machineSettingsSchema>;

export const folderEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  kind: z.enum(["folder", "project", "file"]),
});

export const appContract = {
  info: oc.output(appInfoSchema),
  /** Folders and files of the workstation, for hosts without a system dialog. Hidden ones are left out. */
  browse: oc
    .input(z.object({ path: z.string().optional().describe("default: the home folder") }))
    .output(z.object({ path: z.string(), parent: z.string().nullable(), entries: z.array(folderEntrySchema) })),
  /** What holds on this machine for every project. */
  settings: oc.output(machineSettingsSchema),
  /** Holds at once. Administrators of the open project only. Errors: project/not-allowed, project/read-only when the configuration folder cannot be written. */
  saveSettings: oc.input(machineSettingsSchema).output(machineSettingsSchema),
  events: oc.output(eventIterator(studioEventSchema)),
};
