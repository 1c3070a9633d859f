// The door of the room: what others may take from it.

export type { Answer } from "./adjudication.ts";
export { auditFile } from "./audit-file.ts";
export { makeBackup, restoreBackup } from "./backup.ts";
export { compact } from "./compaction.ts";
export { judge } from "./compliance-checks.ts";
export { assertClass, assertFits } from "./geometry.ts";
export type { NewImage, SeriesImage } from "./images.ts";
export { machineSettings } from "./machine-settings.ts";
export type { PacsAddress } from "./pacs.ts";
export { beginPart, finishPart, unlockCopy } from "./part.ts";
export { overwriteHashed } from "./passphrase-memory.ts";
export {
  createProject,
  openProject,
  openProjectWithKey,
  openRemembered,
  type Project,
  recoverProject,
} from "./project.ts";
export type { QueueRound } from "./queues.ts";
export { configFolder, recentProjects } from "./recent.ts";
export { fileName } from "./project-folder.ts";
export { rememberedKeys } from "./remembered.ts";
export { forgetUnlockFailures, noteUnlockFailure, unlockFailures } from "./unlock-failures.ts";
