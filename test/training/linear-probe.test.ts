import { expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { elementCount, floatTensor } from "../../main/graph/graph.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { adoptModel, replaceHead } from "../../main/models/adopt.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelGraph } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { splitAtFeatures } from "../../main/models/split.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { openStep } from "../../main/training/engines/step-session.ts";
import { linearProbe } from "../../main/training/linear-probe.ts";
import { createSampler } from "../../main/training/sampler.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const ON = { device: "cpu", threads: 1 } as const;
/** The body's features are the same numbers up to the order of sums in its two graphs; steps of Adam carry that on. */
const TOLERANCE = 1e-4;
const CASES = 22;
const CLASSES = 3;
const SETTINGS = {
  optimiser: "adam",
  batchSize: 8,
  weightDecay: 0.01,
  learningRate: 0.02,
  epochs: 6,
  seed: 4,
} as const;

/** Noise that is brighter at a place of its class; counts how often each case is asked for. */
function pictures() {
  const random = createRandom(3, 8);
  const pixels = Float32Array.from({ length: CASES * 256 }, (_, i) => {
    const [index, place] = [Math.floor(i / 256), i % 256];
    return random.uniform() * 0.6 + (Math.floor(place / 86) === index % CLASSES ? 0.4 : 0);
  });
  const asked = new Array<number>(CASES).fill(0);
  return {
    asked,
    count: CASES,
    inputs: (cases: Uint32Array) => {
      const image = new Float32Array(cases.length * 256);
      for (const [row, index] of cases.entries()) {
        image.set(pixels.subarray(index * 256, (index + 1) * 256), row * 256);
        asked[index]!++;
      }
      return { image: floatTensor([cases.length, 1, 16, 16], image) };
    },
    truths: (cases: Uint32Array) => {
      const target = new Float32Array(cases.length * CLASSES);
      for (const [row, index] of cases.entries()) target[row * CLASSES + (index % CLASSES)] = 1;
      return { target: floatTensor([cases.length, CLASSES], target) };
    },
  };
}

function ours(): ModelGraph {
  const input = { kind: "image", channels: 1, size: [16, 16] } as const;
  const normalise = { mean: 0.5, std: 0.25 };
  return buildArchitecture("convnet", { input, output: { kind: "class", classes: CLASSES }, normalise, seed: 2 }, 4);
}

/** A net as another tool writes it: a bias behind the product, a softmax at the end, five classes. */
function foreign(): ModelGraph {
  const random = createRandom(5, 1);
  const b = new GraphBuilder("foreign");
  const weight = (name: string, dims: number[]) =>
    b.initializer(
      name,
      floatTensor(
        dims,
        Array.from({ length: elementCount(dims) }, () => random.normal() * 0.4),
      ),
    );
  const x = b.input("x", "float32", [1, 1, 16, 16]);
  const map = b.relu(b.conv(x, weight("w1", [6, 1, 3, 3]), weight("b1", [6]), { strides: [3, 3] }));
  const flat = b.flatten(map);
  b.output(b.as("y").softmax(b.add(b.matMul(flat, weight("w2", [150, 5])), weight("b2", [5])), 1));
  return replaceHead(adoptModel(b.build()), CLASSES, 7);
}

/** The whole graph with every layer but the last frozen, on the same batches. */
async function frozen(model: ModelGraph, cases: ReturnType<typeof pictures>) {
  const { epochs, learningRate, seed, batchSize } = SETTINGS;
  const sampler = createSampler(new Uint8Array(CASES), { batchSize, balanced: false, seed });
  const frozenLayers = Math.max(...model.parameters.map(({ depth }) => depth));
  const step = trainingStep(model, { ...SETTINGS, frozenLayers });
  const initial = new Map(step.state.map((tensor) => [tensor.name, tensor.initial]));
  const session = await openStep(step.graph, step.state, initial, ON);
  for (let at = 0; at < epochs * sampler.stepsPerEpoch; at++) {
    const chosen = sampler.batch(Math.floor(at / sampler.stepsPerEpoch), at % sampler.stepsPerEpoch);
    const scalars = Object.fromEntries(step.scalars(at + 1, learningRate));
    await session.step({ ...cases.inputs(chosen), ...cases.truths(chosen), ...scalars });
  }
  const weights = step.weights(await session.state());
  await session.dispose();
  return weights;
}

for (const [title, make] of [
  ["our own net", ours],
  ["a net of another tool", foreign],
] as const)
  test(`a linear probe of ${title} ends with the weights of the whole graph trained with a frozen body, and runs the body once for each case`, async () => {
    const model = make();
    const cases = pictures();
    const { graph, weights, losses } = await linearProbe(model, cases, SETTINGS, ON);
    expect(cases.asked).toEqual(new Array<number>(CASES).fill(1));
    expect(losses).toHaveLength(SETTINGS.epochs);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.8);

    const whole = await frozen(model, pictures());
    let moved = 0;
    for (const [name, value] of whole) {
      const before = numbers(model.graph.initializers.get(name)!);
      const found = numbers(weights.get(name)!);
      numbers(value).forEach((number, i) => {
        expect(Math.abs(found[i]! - number), name).toBeLessThan(TOLERANCE);
        if (found[i] !== before[i]) moved++;
      });
    }
    const head = splitAtFeatures(model).head.parameters.map(({ name }) => name);
    const inHead = head.reduce((sum, name) => sum + weights.get(name)!.data.length, 0);
    expect(moved).toBe(inHead);

    verifyGraph(graph);
    const answers = await runGraph(graph, cases.inputs(Uint32Array.of(0, 1, 2)));
    const sums = [0, 1, 2].map((row) =>
      numbers(answers.probabilities!)
        .slice(row * CLASSES, (row + 1) * CLASSES)
        .reduce((sum, value) => sum + value),
    );
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
  });

test("body and head one after the other answer as the model does", async () => {
  for (const model of [ours(), foreign()]) {
    const { body, head } = splitAtFeatures(model);
    verifyGraph(body);
    verifyGraph(head.graph);
    const image = pictures().inputs(Uint32Array.of(4, 9));
    const [table] = Object.values(await runGraph(body, image));
    const joined = await runGraph(head.graph, { table: table! });
    expect(numbers(joined.logits!)).toEqual(numbers((await runGraph(model.graph, image)).logits!));
  }
});

test("a model without features is refused with the reason, a stopped probe stops", async () => {
  const none = { ...ours(), features: null };
  await expect(linearProbe(none, pictures(), SETTINGS, ON)).rejects.toThrow(/nothing in it is \[N, F\]/);
  const stopped = AbortSignal.abort();
  await expect(linearProbe(ours(), pictures(), SETTINGS, { ...ON, signal: stopped })).rejects.toMatchObject({
    code: "app/aborted",
  });
  const wild = { ...SETTINGS, optimiser: "sgd", learningRate: 1e30 } as const;
  await expect(linearProbe(ours(), pictures(), wild, ON)).rejects.toMatchObject({ code: "training/diverged" });
});
