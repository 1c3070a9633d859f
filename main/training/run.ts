// A run of a project from its recipe to its model: the one place where the loop meets storage.
//
// Order matters, because the process may be killed between any two lines: points and progress are told again after a resume and replace what
// was there, the checkpoint is replaced whole, and the model is added once, in one transaction with the run that it belongs to.
// State, end and error of the run are the supervisor's to write (main/jobs): this function returns or throws.
import type { Model, Part, Progress, Recipe, Run, RunMemory, RunPoint } from "../../preload/contract/index.ts";
import { AppError, DEFAULT_THRESHOLD, deviceSchema } from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { chooseRange, type PreparedPart, prepareImages, type SnapshotItem } from "./dataset.ts";
import { evaluateModel } from "./evaluate.ts";
import { itemsOfRun } from "./folds.ts";
import { casesOf, fitBatch } from "./memory.ts";
import { beginWith, startOf } from "./starting-model.ts";
import { groupsOf } from "./strata.ts";
import type { Task } from "./task.ts";
import { classification } from "./tasks/classification.ts";
import { teacherOf } from "./teacher.ts";
import { train } from "./trainer.ts";

export interface TrainRunInput {
  project: Project;
  runId: string;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  onPoints: (points: RunPoint[]) => void;
  threads: number;
  /** What its model is evaluated on; validation and test when absent. */
  parts?: readonly Part[];
  /** The run's row says something new: its plan, or a checkpoint. */
  onChanged?: () => void;
  /** Bytes that are free; the machine's, or less where the process is held to less. */
  free?: () => number;
}

/** The run's row follows the steps, but not faster than this. */
const ROW_EVERY_MS = 1_000;
/** Before so many are prepared nothing is said about the time left. */
const IMAGES_BEFORE_ESTIMATE = 16;

/**
 * Trains, adds the model of the best epoch to the project and evaluates it on validation and test. Goes on from the run's checkpoint where it has
 * one, and ends with the weights of an undisturbed run; a run that has its model already only gets the evaluations that it lacks.
 * Blocks its thread: child process. Errors: app/aborted (a checkpoint is kept); snapshot/part-empty; training/*; imaging/*.
 */
export async function trainRun(input: TrainRunInput): Promise<void> {
  const run = input.project.runs.get(input.runId);
  const modelId = run.modelId ?? (await learn(input, run));
  const { project, signal, onProgress, threads, parts = ["validation", "test"] } = input;
  for (const part of parts) {
    await evaluateModel({ project, modelId, part, signal, onProgress, threads });
  }
}

async function disposingOnError<T>(task: Task, act: () => T): Promise<T> {
  try {
    return act();
  } catch (error) {
    await task.dispose();
    throw error;
  }
}

/**
 * A run that goes on from a pruned model ends with a pruned model of the same parent, which counts only once the gate has measured it (main/compression); one with a teacher
 * ends with a model of its own worth, made from its teacher.
 */
function lineageOf(project: Project, { startFrom, distil }: Recipe): Pick<Model, "kind" | "parentId" | "accepted"> {
  const start = project.models.list().find(({ id }) => id === startFrom);
  if (start?.kind === "pruned") return { kind: "pruned", parentId: start.parentId, accepted: false };
  if (distil !== null) return { kind: "distilled", parentId: distil.teacher, accepted: true };
  return { kind: "trained", parentId: null, accepted: true };
}

async function learn(input: TrainRunInput, run: Run): Promise<string> {
  const { project, signal, onProgress, onPoints, threads, onChanged, free = () => process.availableMemory() } = input;
  const snapshot = project.snapshots.get(run.snapshotId);
  const items = itemsOfRun(project, run.snapshotId, run.recipe);
  const partOf = (part: SnapshotItem["part"]): SnapshotItem[] => {
    const found = items.filter((item) => item.part === part);
    if (found.length === 0)
      throw new AppError("snapshot/part-empty", `The ${part} part of this snapshot has no image.`);
    return found;
  };
  const [trainItems, validationItems] = [partOf("train"), partOf("validation")];
  partOf("test"); // better now than after the training
  const total = trainItems.length + validationItems.length;
  let prepared = 0;
  const began = performance.now();
  const onImage = (): void => {
    prepared++;
    const each = (performance.now() - began) / 1000 / prepared;
    const secondsLeft = prepared < IMAGES_BEFORE_ESTIMATE ? null : each * (total - prepared);
    onProgress({ done: prepared, total, unit: "images", secondsLeft, note: "preparing" });
  };
  const spec = { size: run.recipe.inputSize, ...chooseRange(project, trainItems) };
  const prepare = (some: SnapshotItem[]): Promise<PreparedPart> =>
    prepareImages(project, some, spec, { signal, onImage });
  const [trainPart, validationPart] = [await prepare(trainItems), await prepare(validationItems)];

  const kept = project.runs.checkpoint(run.id);
  const from: Checkpoint | null = kept && readCheckpoint(kept.bytes);
  let rowAt = Number.NEGATIVE_INFINITY;
  const device = deviceSchema.shape.id.parse(run.device);
  const classIds = snapshot.classes.map(({ id }) => id);
  const { startFrom, inputSize, seed, distil } = run.recipe;
  const start = startFrom === null ? null : startOf(project, startFrom);
  const teacher = distil && teacherOf(project, distil.teacher, { input: spec, classIds });
  const lineage = lineageOf(project, run.recipe);
  const { groupBy } = run.recipe;
  const groups = groupBy === "" ? null : groupsOf(project, run.snapshotId, trainItems, groupBy);
  const taskOf = (recipe: Recipe): Promise<Task> =>
    classification({
      recipe,
      classes: snapshot.classes.length,
      start: start && ((normalise) => beginWith(start, { size: inputSize, classIds, normalise, seed })),
      teacher,
      groups,
      train: trainPart,
      validation: validationPart,
      device,
      threads,
    });
  const whole = await taskOf(run.recipe);
  const batchSize = Math.min(run.recipe.batchSize, whole.count);
  // What was decided at the first step holds for the whole run, also where nothing was asked then. Memory of graphics devices is not known.
  const asked = (): RunMemory | null =>
    device === "cpu" && from === null ? fitBatch(batchSize, free(), (cases) => whole.step(cases, "cpu")) : null;
  const memory = run.memory ?? (await disposingOnError(whole, asked));
  if (run.memory === null && memory) project.runs.update(run.id, { memory });
  const parts = memory?.parts ?? 1;
  const recipe: Recipe = {
    ...run.recipe,
    batchSize: casesOf(batchSize, parts),
    accumulate: run.recipe.accumulate * parts,
  };
  if (parts > 1) await whole.dispose();
  const task = parts > 1 ? await taskOf(recipe) : whole;
  try {
    const {
      best,
      onnx: learnt,
      step,
      seconds,
    } = await train({
      recipe,
      task,
      device,
      threads,
      signal,
      from,
      events: {
        begin: ({ parameters, steps }) => {
          project.runs.update(run.id, { parameters, steps });
          onChanged?.();
        },
        points: (points) => {
          project.runs.addPoints(run.id, points);
          onPoints(points);
        },
        progress: (progress) => {
          if (performance.now() - rowAt >= ROW_EVERY_MS) {
            project.runs.update(run.id, {
              step: progress.step,
              seconds: progress.seconds,
              waited: run.waited + progress.waited,
            });
            rowAt = performance.now();
          }
          onProgress({
            done: progress.step,
            total: progress.steps,
            unit: "steps",
            secondsLeft: progress.secondsLeft,
            note: "training",
          });
        },
        checkpoint: (checkpoint) => {
          const bytes = writeCheckpoint(checkpoint);
          project.transaction(() => {
            project.runs.saveCheckpoint(run.id, { step: checkpoint.step, bytes });
            project.runs.update(run.id, { step: checkpoint.step, seconds: checkpoint.seconds });
          });
          onChanged?.();
        },
        best: ({ epoch, score }) => {
          project.runs.update(run.id, { bestEpoch: epoch + 1, validationAuc: score });
        },
      },
    });
    const { onnx, threshold } = (await task.conclude?.(learnt)) ?? { onnx: learnt, threshold: DEFAULT_THRESHOLD };
    return project.transaction(() => {
      const { id } = project.models.add({
        name: run.name,
        runId: run.id,
        snapshotId: run.snapshotId,
        ...lineage,
        onnx,
        input: spec,
        classes: snapshot.classes,
        threshold,
      });
      project.runs.update(run.id, {
        step,
        seconds,
        bestEpoch: best.epoch + 1,
        validationAuc: best.score,
        modelId: id,
      });
      return id;
    });
  } finally {
    await task.dispose();
  }
}
