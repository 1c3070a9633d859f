// Training and what is asked before it: recipes that fit a snapshot, devices of this machine.
import { listDevices } from "../../training/engines/session.ts";
import { readModelFile } from "../../training/model-file.ts";
import { previewAugmentation } from "../../training/preview.ts";
import { suggestRecipes } from "../../training/recipes.ts";
import { trainRun } from "../../training/run.ts";
import { describeStart } from "../../training/starting-model.ts";
import type { TaskOf, TaskResults } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function train(task: TaskOf<"train">, context: TaskContext): Promise<TaskResults["train"]> {
  const { project, signal } = context;
  const { runId } = task;
  await trainRun({
    project,
    runId,
    signal,
    threads: project.runs.get(runId).threads,
    onProgress: context.progress,
    onPoints: (points) => context.points(runId, points),
    onChanged: () => context.changed("runs"),
  });
  return { runId };
}

export async function recipes(task: TaskOf<"recipes">, { project }: TaskContext): Promise<TaskResults["recipes"]> {
  return suggestRecipes(project, task.snapshotId, { minutes: task.minutes });
}

export async function preview(task: TaskOf<"preview">, { project }: TaskContext): Promise<TaskResults["preview"]> {
  return previewAugmentation(project, task.snapshotId, task.recipe, task.seed);
}

export async function starting(
  { path }: TaskOf<"starting">,
  { project }: TaskContext,
): Promise<TaskResults["starting"]> {
  const file = await readModelFile(path);
  return project.startingModels.add({ ...file, ...describeStart(file.onnx) });
}

export async function devices(): Promise<TaskResults["devices"]> {
  return listDevices();
}
