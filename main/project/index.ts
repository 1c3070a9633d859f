// The door of the room: what others may take from it.

export type { NewImage, StoredFrame } from "./images.ts";
export type { PassphraseCost } from "./keys.ts";
export { createProject, openProject, openProjectWithKey, type Project, recoverProject } from "./project.ts";
export { recentProjects } from "./recent-projects.ts";
export type { SnapshotItem } from "./snapshots.ts";
