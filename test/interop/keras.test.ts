// Layers models that we write, answered by Keras 3 itself. Debian has no Keras: LOUPE_KERAS_PYTHON names a Python that has it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { elementCount, floatTensor, type Graph } from "../../main/graph/graph.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import { writeKeras } from "../../main/models/keras/write-keras.ts";
import type { ModelInput, ModelOutput } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const PYTHON = process.env.LOUPE_KERAS_PYTHON;
const CASES = 2;
const TOLERANCE = 2e-4;
const folder = mkdtempSync(join(tmpdir(), "loupe-keras-"));
afterAll(() => rmSync(folder, { recursive: true }));
const script = fileURLToPath(new URL("keras_answers.py", import.meta.url));

const IMAGE: ModelInput = { kind: "image", channels: 2, size: [32, 32] };
const CLASSES: ModelOutput = { kind: "class", classes: 3 };
const MASK: ModelOutput = { kind: "mask", classes: 2 };
const SEQUENCE: ModelInput = { kind: "sequence", steps: 7, features: 3 };

/** The same numbers with channels last, and first again. */
function turned(values: Float32Array, [cases, channels, ...size]: readonly number[], toLast: boolean): Float32Array {
  const pixels = elementCount(size);
  return values.map((_, i) => {
    const [n, rest] = [Math.floor(i / (channels! * pixels)), i % (channels! * pixels)];
    const [c, p] = toLast
      ? [rest % channels!, Math.floor(rest / channels!)]
      : [Math.floor(rest / pixels), rest % pixels];
    return n < cases! ? values[n * channels! * pixels + (toLast ? c * pixels + p : p * channels! + c)]! : Number.NaN;
  });
}

async function expectSame(graph: Graph, output: string): Promise<void> {
  const [input] = graph.inputs;
  const dims = [CASES, ...(input!.shape.slice(1) as number[])];
  const random = createRandom(4);
  const x = Float32Array.from({ length: elementCount(dims) }, () => random.uniform() * 2 - 0.5);
  const { [output]: expected } = await runGraph(graph, { [input!.name]: floatTensor(dims, x) });
  const { json, weights } = writeKeras(graph, output);
  const isImage = dims.length > 3;
  writeFileSync(join(folder, "model.json"), json);
  writeFileSync(join(folder, "weights.bin"), weights);
  writeFileSync(join(folder, "x.bin"), new Uint8Array((isImage ? turned(x, dims, true) : x).buffer));
  const shape = isImage ? [dims[0], ...dims.slice(2), dims[1]] : dims;
  execFileSync(PYTHON!, [script, folder, JSON.stringify(shape)], { stdio: ["ignore", "pipe", "pipe"] });
  const answer = new Float32Array(new Uint8Array(readFileSync(join(folder, "y.bin"))).buffer);
  const found = expected!.dims.length > 3 ? turned(answer, expected!.dims, false) : answer;
  expect(found).toHaveLength(elementCount(expected!.dims));
  numbers(expected!).forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(value)));
  });
}

const skipped = PYTHON ? "" : " (skipped: LOUPE_KERAS_PYTHON names no Python with Keras 3, which Debian does not have)";

describe.skipIf(!PYTHON)(`Keras reads what we write${skipped}`, () => {
  test.each<[ArchitectureName, ModelInput, ModelOutput, number]>([
    ["convnet", IMAGE, CLASSES, 4],
    ["resnet18", IMAGE, CLASSES, 4],
    ["densenet121", IMAGE, CLASSES, 4],
    ["mobilenetv3-small", IMAGE, CLASSES, 8],
    ["efficientnet-b0", IMAGE, CLASSES, 8],
    ["convnext-tiny", IMAGE, CLASSES, 8],
    ["unet-attention", IMAGE, MASK, 4],
    ["unet", { kind: "image", channels: 1, size: [16, 16, 16] }, MASK, 4],
    ["mlp", { kind: "table", features: 6 }, CLASSES, 8],
    ["lstm", SEQUENCE, CLASSES, 5],
    ["gru", SEQUENCE, CLASSES, 5],
  ])("%s", { timeout: 120_000 }, async (name, input, output, width) => {
    const { graph } = buildArchitecture(name, { input, output, normalise: { mean: 0.3, std: 0.2 }, seed: 1 }, width);
    await expectSame(graph, graph.outputs.at(-1)!.name);
  });
});
