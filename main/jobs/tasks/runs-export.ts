// Runs for other tools: event files for TensorBoard, tables, or the folder of an MLflow. Curves, recipes and figures leave, never images or labels.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError, type Run, type RunsExportReport } from "../../../preload/contract/index.ts";
import { experimentFiles, type MlflowFile, runFiles } from "../../comparison/mlflow.ts";
import { POINTS_HEAD, pointsCsv, runsCsv } from "../../comparison/run-csv.ts";
import { eventFile, eventFileName } from "../../comparison/tensorboard.ts";
import type { Project } from "../../project/index.ts";
import { type NewFile, writeWhole } from "../../shipping/whole-files.ts";
import { writeFolder } from "../../shipping/whole-folder.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export async function exportRuns(task: TaskOf<"runs-export">, context: TaskContext): Promise<RunsExportReport> {
  const { project, signal } = context;
  const runs = task.runIds.map((id) => project.runs.get(id));
  const pace = new Pace();
  const onRun = (done: number): void => context.progress(pace.at(done, runs.length, "files", "exporting-runs"));
  if (task.format === "mlflow") {
    const written = await writeFolder(task.path, mlflow(project, runs, task.path, onRun), { ...task, signal });
    project.audit.record("run/export", "", { format: task.format, runs: runs.length });
    return { path: task.path, ...written };
  }
  let bytes = 0;
  const files: NewFile[] = [];
  const folders = [task.path];
  const measured = async function* (content: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for (const piece of content) {
      bytes += piece.length;
      yield piece;
    }
  };
  if (task.format === "tensorboard") {
    for (const [i, run] of runs.entries()) {
      const folder = join(task.path, folderOf(run));
      folders.push(folder);
      files.push({ path: join(folder, eventFileName(run)), bytes: measured(events(project, run, () => onRun(i + 1))) });
    }
  } else {
    files.push({ path: join(task.path, "runs.csv"), bytes: measured([Buffer.from(runsCsv(runs))]) });
    files.push({ path: join(task.path, "points.csv"), bytes: measured(points(project, runs, onRun)) });
  }
  for (const folder of folders) {
    await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
      throw new AppError("project/read-only", "The folder for the runs cannot be made: choose another.", { cause });
    });
  }
  await writeWhole(files, { overwrite: task.overwrite, signal });
  project.audit.record("run/export", "", { format: task.format, runs: runs.length });
  return { path: task.path, files: files.length, bytes };
}

/** TensorBoard names a run by its folder; names may repeat and hold anything, so the id's beginning goes along. */
function folderOf({ name, id }: Run): string {
  return `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+/, "")}-${id.slice(0, 8)}`;
}

function* events(project: Project, run: Run, done: () => void): Generator<Uint8Array> {
  yield eventFile(run, project.runs.points(run.id));
  done();
}

function* points(project: Project, runs: readonly Run[], onRun: (done: number) => void): Generator<Uint8Array> {
  yield Buffer.from(POINTS_HEAD);
  for (const [i, { id }] of runs.entries()) {
    yield Buffer.from(pointsCsv(id, project.runs.points(id)));
    onRun(i + 1);
  }
}

function* mlflow(
  project: Project,
  runs: readonly Run[],
  folder: string,
  onRun: (done: number) => void,
): Generator<MlflowFile> {
  const root = pathToFileURL(folder).href;
  const snapshots = new Map(project.snapshots.list().map((snapshot) => [snapshot.id, snapshot]));
  for (const id of new Set(runs.map(({ snapshotId }) => snapshotId))) yield* experimentFiles(snapshots.get(id)!, root);
  for (const [i, run] of runs.entries()) {
    const { modelId } = run;
    const parts = ["validation", "test"] as const;
    const kept = modelId === null ? [] : parts.flatMap((part) => project.models.evaluation(modelId, part) ?? []);
    yield* runFiles(run, project.runs.points(run.id), kept, snapshots.get(run.snapshotId)!, root);
    onRun(i + 1);
  }
}
