// The project's file: backed up, checked, made smaller, measured.

import type { BackupReport, CheckReport, CompactReport, Health } from "../../../preload/contract/index.ts";
import { compact, makeBackup } from "../../project/index.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export function backup({ folder }: TaskOf<"backup">, context: TaskContext): Promise<BackupReport> {
  const { project, signal } = context;
  const paces = { copying: new Pace(), verifying: null as Pace | null };
  return makeBackup(project, {
    folder,
    signal,
    onProgress(phase, done, total) {
      if (phase === "verifying") paces.verifying ??= new Pace();
      context.progress((paces[phase] ?? paces.copying).at(done, total, "bytes", phase));
    },
  });
}

export function check({ mode }: TaskOf<"check">, context: TaskContext): Promise<CheckReport> {
  const { project, signal } = context;
  const pace = new Pace();
  const onProgress = (done: number, total: number) => context.progress(pace.at(done, total, "bytes", "verifying"));
  return project.upkeep.check({ mode, signal, onProgress });
}

export function compactProject(_task: TaskOf<"compact">, context: TaskContext): Promise<CompactReport> {
  const { project, signal } = context;
  const pace = new Pace();
  const onProgress = (done: number, total: number) => context.progress(pace.at(done, total, "bytes", "compacting"));
  return compact(project, { signal, onProgress });
}

export function health(_task: TaskOf<"health">, { project }: TaskContext): Promise<Health> {
  return project.upkeep.health();
}
