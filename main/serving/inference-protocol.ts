// Open Inference Protocol, REST, version 2: the records, and what is refused.
//
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
// JSON tensors only; the binary tensor extension is refused by its header. Data may be flat or nested, as the protocol allows.

import { z } from "zod";
import { AppError } from "../../preload/contract/errors.ts";
import type { ServedModel } from "../../preload/contract/serving.ts";

/** One input tensor [N, 1, size, size], float32 in [0, 1] where the caller prepared it as the studio does. */
export const INPUT = "image";
export const OUTPUTS = ["probabilities", "logits"] as const;
export type OutputName = (typeof OUTPUTS)[number];
/** Images in one request. */
export const MAX_BATCH = 64;

/** A full batch in decimal digits with room to spare: JSON is parsed in one go, on the thread that answers everybody. */
export function maxRequestBytes({ input }: ServedModel): number {
  return 2 ** 16 + MAX_BATCH * input.size ** 2 * 32;
}

export interface TensorRequest {
  readonly id: string | undefined;
  readonly count: number;
  readonly data: Float32Array;
  readonly outputs: readonly OutputName[];
}

/** Row by row: N × classes. */
export type Outputs = Record<OutputName, Float32Array>;

const requestSchema = z.object({
  id: z.string().max(200).optional(),
  inputs: z.array(
    z.object({ name: z.string(), shape: z.array(z.int()), datatype: z.string(), data: z.array(z.unknown()) }),
  ),
  outputs: z.array(z.object({ name: z.string() })).optional(),
});

export function modelMetadata(model: ServedModel): object {
  const { size } = model.input;
  const output = (name: OutputName) => ({ name, datatype: "FP32", shape: [-1, model.classes.length] });
  return {
    name: model.name,
    versions: [model.version],
    platform: "onnx_onnxv1",
    inputs: [{ name: INPUT, datatype: "FP32", shape: [-1, 1, size, size] }],
    outputs: OUTPUTS.map(output),
  };
}

/** Errors: app/invalid-input, with what was expected and what was found. */
export function parseInferRequest(body: unknown, model: ServedModel): TensorRequest {
  const { size } = model.input;
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) throw invalid(`The request is not an inference request: ${z.prettifyError(parsed.error)}`);
  const [input, ...others] = parsed.data.inputs;
  if (input?.name !== INPUT || others.length > 0) throw invalid(`Expected one input named ${INPUT}.`);
  if (input.datatype !== "FP32") throw invalid(`Expected datatype FP32 for ${INPUT}.`);
  const [count = 0, ...rest] = input.shape;
  if (rest.join() !== [1, size, size].join() || count < 1 || count > MAX_BATCH) {
    throw invalid(
      `Expected shape [N, 1, ${size}, ${size}] with N from 1 to ${MAX_BATCH}, got [${input.shape.join(", ")}].`,
    );
  }
  const data = new Float32Array(count * size * size);
  const filled = fill(data, input.data, 0);
  if (filled !== data.length) throw invalid(`Expected ${data.length} numbers for ${INPUT}, got ${filled}.`);
  return { id: parsed.data.id, count, data, outputs: wantedOutputs(parsed.data.outputs) };
}

export function inferResponse(model: ServedModel, request: TensorRequest, outputs: Outputs): object {
  return {
    model_name: model.name,
    model_version: model.version,
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs: request.outputs.map((name) => ({
      name,
      datatype: "FP32",
      shape: [request.count, model.classes.length],
      data: Array.from(outputs[name]),
    })),
  };
}

function wantedOutputs(outputs: { name: string }[] | undefined): OutputName[] {
  if (outputs === undefined || outputs.length === 0) return [...OUTPUTS];
  return outputs.map(({ name }) => {
    const known = OUTPUTS.find((output) => output === name);
    if (known === undefined) throw invalid(`Expected outputs among ${OUTPUTS.join(", ")}.`);
    return known;
  });
}

/** Copies numbers in reading order from `at` on; returns where it came to. Counts beyond the end, so that the message can say it. */
function fill(target: Float32Array, values: readonly unknown[], at: number, depth = 0): number {
  let next = at;
  for (const value of values) {
    if (Array.isArray(value) && depth < 3) {
      next = fill(target, value, next, depth + 1);
    } else if (typeof value === "number" && Number.isFinite(Math.fround(value))) {
      if (next < target.length) target[next] = value;
      next += 1;
    } else {
      throw invalid(`Expected finite numbers for ${INPUT}.`);
    }
  }
  return next;
}

function invalid(message: string): AppError {
  return new AppError("app/invalid-input", message);
}
