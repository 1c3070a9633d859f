// Locks the project when the person has gone: before the machine sleeps, and when the system's screen lock comes on.
//
// Sleep: at once, whatever runs; the key must not lie in the memory of a machine that is carried away, and a stopped training goes on
// from its last checkpoint. Screen lock: when the work that runs has ended, because locking stops it and a training runs for a night
// behind a locked screen; somebody who unlocks the screen before that finds the project open. See decision D2 in README.md.

import { powerMonitor } from "electron";
import type { RunningStudio } from "../api/studio.ts";
import type { JobsInSight } from "./electron-jobs.ts";

export function lockWithSystem(
  studio: RunningStudio,
  jobs: JobsInSight,
  report: (code: string, where: string) => void,
) {
  const lock = () => void studio.client.projects.lock().catch(() => report("app/internal", "automatic lock"));
  powerMonitor.on("suspend", lock);
  powerMonitor.on("shutdown", lock);
  powerMonitor.on("lock-screen", () => jobs.whenQuiet(lock));
  powerMonitor.on("unlock-screen", () => jobs.whenQuiet(null));
}
