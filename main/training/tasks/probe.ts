// A linear probe: the last layer alone learns, from features that the rest of the model gives once for each picture.
//
// The head is trained by the loop that trains whole models, in the order of batches that it has, so its weights are those of the whole model trained with every other layer frozen;
// only the body's work is done once instead of once an epoch. Features take 4 bytes each in memory: pictures x F. What varies pictures by chance cannot be kept, so it is left out.
import { floatTensor, type Graph, type Tensor } from "../../graph/graph.ts";
import { readOnnx } from "../../graph/onnx-reader.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { inferenceModel, type ModelGraph } from "../../models/model-graph.ts";
import { splitAtFeatures } from "../../models/split.ts";
import type { PreparedPart } from "../dataset.ts";
import { createSession, type DeviceId } from "../engines/session.ts";

/** Pictures that the body looks at together. */
const BATCH = 32;

export interface Probe {
  /** The last layer as a model that reads `table` [N, F]. */
  readonly head: ModelGraph;
  /** What the body says of some pictures of each part. */
  readonly train: (cases: Uint32Array) => Tensor;
  readonly validation: (cases: Uint32Array) => Tensor;
  /** Body and learnt head as one ONNX file. */
  readonly joined: (head: Uint8Array) => Uint8Array;
}

/** Asks the body about every picture; blocks its thread. Errors: model/not-adoptable for a model without features. */
export async function probe(
  model: ModelGraph,
  parts: { readonly train: PreparedPart; readonly validation: PreparedPart; readonly size: number },
  on: { readonly device: DeviceId; readonly threads: number },
): Promise<Probe> {
  const { body, head } = splitAtFeatures(model);
  return {
    head,
    train: await featuresOf(body, parts.train, parts.size, on),
    validation: await featuresOf(body, parts.validation, parts.size, on),
    joined: (onnx) => {
      const learnt = readOnnx(onnx).initializers;
      const names = [...model.parameters.map(({ name }) => name), ...model.statistics];
      const weights = names.map((name) => [name, learnt.get(name) ?? model.graph.initializers.get(name)!] as const);
      return writeOnnx(inferenceModel(model, new Map(weights)));
    },
  };
}

async function featuresOf(
  body: Graph,
  { imageIds, pixels }: PreparedPart,
  size: number,
  on: { readonly device: DeviceId; readonly threads: number },
): Promise<(cases: Uint32Array) => Tensor> {
  const [input, output] = [body.inputs[0]!.name, body.outputs[0]!];
  const [area, width] = [size * size, output.shape[1] as number];
  const kept = new Float32Array(imageIds.length * width);
  const session = await createSession(writeOnnx(body), { ...on, use: "inference" });
  try {
    for (let start = 0; start < imageIds.length; start += BATCH) {
      const end = Math.min(start + BATCH, imageIds.length);
      const image = floatTensor([end - start, 1, size, size], pixels.subarray(start * area, end * area));
      const answers = await session.run({ [input]: image });
      kept.set(answers[output.name]!.data as Float32Array, start * width);
    }
  } finally {
    await session.dispose();
  }
  return (cases) => {
    const picked = new Float32Array(cases.length * width);
    for (const [row, index] of cases.entries())
      picked.set(kept.subarray(index * width, (index + 1) * width), row * width);
    return floatTensor([cases.length, width], picked);
  };
}
