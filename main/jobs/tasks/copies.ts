// A part given away, and a copy taken in.

import type { MergeReport, PartReport } from "../../../preload/contract/index.ts";
import { finishPart, openProjectWithKey } from "../../project/index.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export function givePart(task: TaskOf<"part">, context: TaskContext): Promise<PartReport> {
  const { project, signal } = context;
  const { images, layers, deidentification } = task;
  const empty = { path: task.path, key: Uint8Array.from(task.key), memberId: task.memberId };
  task.key.fill(0);
  const pace = new Pace();
  let verifying: Pace | null = null;
  return finishPart(project, empty, {
    images,
    layers,
    deidentification,
    signal,
    onProgress(phase, done, total) {
      if (phase === "copying") return context.progress(pace.at(done, total, "images", phase));
      verifying ??= new Pace();
      context.progress(verifying.at(done, total, "bytes", phase));
    },
  });
}

export async function takeCopy(task: TaskOf<"merge">, context: TaskContext): Promise<MergeReport> {
  const { project, signal } = context;
  const key = Uint8Array.from(task.key);
  task.key.fill(0);
  const theirs = openProjectWithKey({ path: task.path, key, memberId: task.memberId });
  const pace = new Pace();
  try {
    const onProgress = (done: number, total: number) => context.progress(pace.at(done, total, "images", "merging"));
    return await project.takeIn(theirs, { layers: true, deidentification: true, audit: true, signal, onProgress });
  } finally {
    theirs.close();
  }
}
