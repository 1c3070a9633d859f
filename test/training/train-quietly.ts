import { type Checkpoint, writeCheckpoint } from "../../main/training/checkpoint.ts";
import type { Task } from "../../main/training/task.ts";
import { train } from "../../main/training/trainer.ts";
import type { Recipe } from "../../preload/contract/index.ts";

/** Trains on two threads of the processor to the end, or from a checkpoint on; `kept` is what a checkpoint after every step holds. Disposes of the task. */
export async function trainQuietly(task: Task, recipe: Recipe, from: Checkpoint | null = null) {
  const kept: Uint8Array[] = [];
  let clock = 0;
  try {
    const trained = await train({
      recipe,
      task,
      device: "cpu",
      threads: 2,
      signal: new AbortController().signal,
      from,
      // Every step takes long enough for a checkpoint behind it.
      now: () => (clock += 30_000),
      events: {
        begin: () => {},
        points: () => {},
        progress: () => {},
        checkpoint: (checkpoint) => kept.push(writeCheckpoint(checkpoint)),
        best: () => {},
      },
    });
    return { ...trained, kept };
  } finally {
    await task.dispose();
  }
}
