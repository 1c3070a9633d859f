// A model as a file for other tools. What the project remembers of it is a line of the audit.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type Model, type ModelFile } from "../../../preload/contract/index.ts";
import { WEIGHTS_FILE } from "../../models/keras/write-keras.ts";
import { type NewFile, writeWhole } from "../../shipping/whole-files.ts";
import { asLayersModel } from "../../training/model-file.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

type Bytes = NewFile & { readonly bytes: Uint8Array };

export async function saveModel(task: TaskOf<"save">, { project }: TaskContext): Promise<ModelFile> {
  const model = project.models.get(task.modelId);
  const onnx = project.models.onnx(model.id);
  const { files, folder, copies } = task.format === "onnx" ? asOnnx(task, onnx) : asLayers(task, model, onnx);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new AppError("project/read-only", "The folder for the model cannot be made: choose another.", { cause });
  });
  await writeWhole(files, task);
  const hash = createHash("sha256");
  for (const { bytes } of files) hash.update(bytes);
  project.exports.addFile(model.id, { format: task.format, sha256: hash.digest("hex") });
  return { path: files[0]!.path, bytes: files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0), copies };
}

interface Written {
  /** The one that other tools are shown comes first. */
  readonly files: readonly [Bytes, ...Bytes[]];
  readonly folder: string;
  readonly copies: boolean;
}

function asOnnx({ folder, name }: TaskOf<"save">, bytes: Uint8Array): Written {
  return { files: [{ path: join(folder, `${name}.onnx`), bytes }], folder, copies: false };
}

function asLayers({ folder, name }: TaskOf<"save">, model: Model, onnx: Uint8Array): Written {
  const { json, weights, copies } = asLayersModel(onnx, {
    classes: model.classes.map((item) => item.name),
    threshold: model.threshold,
    input: model.input,
  });
  const own = join(folder, name);
  const files = [
    { path: join(own, "model.json"), bytes: new TextEncoder().encode(json) },
    { path: join(own, WEIGHTS_FILE), bytes: weights },
  ] as const;
  return { files, folder: own, copies };
}
