// Model files of other tools: one from elsewhere as ONNX (an ONNX file as it is, a TensorFlow.js layers model with the weight files that lie beside its model.json), and a
// classifier of ours as layers.
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { AppError } from "../../preload/contract/index.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { parseKeras, readKeras } from "../models/keras/read-keras.ts";
import { type KerasModel, writeKeras } from "../models/keras/write-keras.ts";
import { withoutCopies } from "../models/test-time-augmentation.ts";

/** What converters call the file, whatever the model is. */
const USUAL_NAME = "model";

export interface ModelFile {
  readonly name: string;
  readonly onnx: Uint8Array;
}

/** Errors: app/not-found for the file or a weight file; model/not-adoptable for a model.json that cannot be read. */
export async function readModelFile(path: string): Promise<ModelFile> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AppError("app/not-found", "There is no file at this path that can be read.", { cause });
  });
  const file = basename(path, extname(path));
  if (extname(path).toLowerCase() !== ".json") return { name: file, onnx: bytes };
  const name = file === USUAL_NAME ? basename(dirname(path)) || file : file;
  return { name, onnx: writeOnnx(await keras(bytes, dirname(path))) };
}

async function keras(json: Uint8Array, folder: string) {
  const file = parseKeras(new TextDecoder().decode(json));
  const groups: Uint8Array[] = [];
  for (const { paths } of file.manifest) {
    const parts: Uint8Array[] = [];
    for (const path of paths) parts.push(await beside(folder, path));
    groups.push(Buffer.concat(parts));
  }
  return readKeras(file, groups);
}

/** A weight file. The manifest is somebody else's text: it names files in its own folder, nothing more. */
async function beside(folder: string, name: string): Promise<Uint8Array> {
  if (name !== basename(name) || name.includes("\\")) {
    throw new AppError(
      "model/not-adoptable",
      `The model names a weight file "${name}" outside of its folder; put all its files into one folder.`,
    );
  }
  return readFile(join(folder, name)).catch((cause: unknown) => {
    throw new AppError(
      "app/not-found",
      `The weight file ${name} is missing: it must lie in the folder of the model.json.`,
      { cause },
    );
  });
}

/**
 * A classifier's ONNX file as a TensorFlow.js layers model that answers with probabilities; the mean over mirrored copies is left out (`copies`), because layers
 * cannot say it. Errors: model/not-exportable.
 */
export function asLayersModel(
  onnx: Uint8Array,
  about: Readonly<Record<string, unknown>>,
): KerasModel & { readonly copies: boolean } {
  const graph = readOnnx(onnx);
  const one = withoutCopies(graph);
  return { ...writeKeras(one, "probabilities", about), copies: one !== graph };
}
