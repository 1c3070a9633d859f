// A model with pictures of one part as a folder for Jupyter. What leaves is counted first and asked for; the audit keeps that it left.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type Model, type NotebookLeaving, type NotebookReport } from "../../../preload/contract/index.ts";
import { notebookTexts, npy, spread } from "../../comparison/notebook.ts";
import type { Project } from "../../project/index.ts";
import { applicationFolder } from "../../shipping/sources.ts";
import { type FolderFile, writeFolder } from "../../shipping/whole-folder.ts";
import { prepareImages, type SnapshotItem } from "../../training/dataset.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import { itemsOfRun } from "../../training/folds.ts";
import type { NotebookData, TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

/** The reader of ONNX files and the notebook as a Python file (resources/notebook). */
const READER = "loupe_onnx.py";

interface Chosen {
  model: Model;
  available: number;
  items: SnapshotItem[];
}

function choose(project: Project, { modelId, part, images }: NotebookData): Chosen {
  const model = project.models.get(modelId);
  const { recipe } = project.runs.get(model.runId);
  const all = itemsOfRun(project, model.snapshotId, recipe).filter((item) => item.part === part);
  if (all.length === 0) throw new AppError("snapshot/part-empty", `The ${part} part of this snapshot has no image.`);
  return { model, available: all.length, items: spread(all, images) };
}

export async function whatLeaves(task: TaskOf<"notebook-leaving">, { project }: TaskContext): Promise<NotebookLeaving> {
  const { model, available, items } = choose(project, task);
  const known = items.map(({ imageId }) => project.deidentification.of(imageId));
  const suspects = known.map(({ look, reviews }) => reviews.at(-1)?.stillSuspected ?? look?.suspects ?? []);
  return {
    images: items.length,
    available,
    side: model.input.size,
    deidentified: known.filter(({ report }) => report !== null).length,
    textUnseen: known.filter(({ look, reviews }) => look === null && reviews.length === 0).length,
    textSuspected: suspects.filter(({ length }) => length > 0).length,
  };
}

export async function exportNotebook(
  task: TaskOf<"notebook">,
  { project, signal, progress }: TaskContext,
): Promise<NotebookReport> {
  const { model, items } = choose(project, task);
  const evaluation = await evaluateModel({ project, modelId: model.id, part: task.part, signal, onProgress: progress });
  const pace = new Pace();
  let done = 0;
  const onImage = (): void => progress(pace.at(++done, items.length, "images", "preparing"));
  const { pixels } = await prepareImages(project, items, model.input, { signal, onImage });
  const folder = join(applicationFolder(), "resources", "notebook");
  const [template, reader] = await Promise.all([
    readFile(join(folder, "notebook.py"), "utf8"),
    readFile(join(folder, READER), "utf8"),
  ]);
  const texts = notebookTexts({
    template,
    language: task.language,
    model,
    run: project.runs.get(model.runId),
    snapshot: project.snapshots.get(model.snapshotId),
    evaluation,
    imageIds: items.map(({ imageId }) => imageId),
  });
  const { size } = model.input;
  const files: FolderFile[] = [
    ...Object.entries(texts).map(([path, bytes]) => ({ path, bytes })),
    { path: READER, bytes: reader },
    { path: "model.onnx", bytes: project.models.onnx(model.id) },
    { path: "images.npy", bytes: npy(pixels, [items.length, 1, size, size]) },
  ];
  const written = await writeFolder(task.path, files, { ...task, signal });
  const { part, language } = task;
  project.audit.record("model/notebook", model.id, { part, images: items.length, side: size, language });
  return { path: task.path, images: items.length, ...written };
}
