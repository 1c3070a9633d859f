import { describe, expect, test } from "vitest";
import { GraphBuilder, type Value } from "../../main/graph/builder.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { adoptModel, replaceHead } from "../../main/models/adopt.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelGraph } from "../../main/models/model-graph.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { randomTensor } from "../graph/central-differences.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const NORMALISE = { mean: 0.4, std: 0.2 };
const picture = { kind: "image", channels: 1, size: [16, 16] } as const;
const ours = (): ModelGraph =>
  buildArchitecture(
    "resnet18",
    { input: picture, output: { kind: "class", classes: 3 }, normalise: NORMALISE, seed: 4 },
    4,
  );

/** A net as another tool writes it: other names, a softmax at the end, a batch fixed to `batch`. */
function foreign(
  batch: number | "batch_size",
  end: (b: GraphBuilder, x: Value) => Value = (b, x) => b.softmax(x, 1),
): Graph {
  const b = new GraphBuilder("theirs");
  const x = b.input("logits", "float32", [batch, 1, 8, 8]);
  const weight = (name: string, dims: readonly number[], seed: number) =>
    b.initializer(name, randomTensor("float32", dims, seed, -0.4, 0.4));
  let y = b.relu(b.conv(x, weight("w1", [4, 1, 3, 3], 1), weight("b1", [4], 2), { pads: [1, 1, 1, 1] }));
  y = b.relu(b.conv(y, weight("w2", [6, 4, 3, 3], 3), null, { pads: [1, 1, 1, 1] }));
  y = b.flatten(b.globalAveragePool(y));
  y = b.add(b.matMul(y, weight("w3", [6, 5], 4)), weight("b3", [5], 5));
  b.output(b.as("image").identity(end(b, y)));
  return b.build();
}

async function lossesOf(model: ModelGraph, classes: number, frozenLayers = 0, steps = 6) {
  const step = trainingStep(model, { optimiser: "adam", batchSize: 4, weightDecay: 0, frozenLayers });
  verifyGraph(step.graph);
  const target = floatTensor(
    [4, classes],
    Array.from({ length: 4 * classes }, (_, i) => (i % classes === ((i / classes) | 0) % classes ? 1 : 0)),
  );
  const image = randomTensor("float32", [4, ...model.graph.inputs[0]!.shape.slice(1)] as number[], 9, 0, 1);
  let state = Object.fromEntries(step.state.map(({ name, initial }) => [name, initial]));
  const losses: number[] = [];
  for (let at = 1; at <= steps; at++) {
    const found = await runGraph(step.graph, {
      image,
      target,
      ...state,
      ...Object.fromEntries(step.scalars(at, 0.01)),
    });
    losses.push(numbers(found.loss!)[0]!);
    state = Object.fromEntries(step.state.map(({ name, output }) => [name, found[output]!]));
  }
  return { losses, state, learnt: step.state.filter(({ kind }) => kind === "parameter").map(({ name }) => name) };
}

describe("a graph of our own comes back as the model it was", () => {
  test("with the same weights, statistics, depths and answers", async () => {
    const model = ours();
    const adopted = adoptModel(readOnnx(writeOnnx(model.graph)));
    expect(adopted.input).toEqual(model.input);
    expect(adopted.output).toEqual(model.output);
    const sorted = (one: ModelGraph) => one.parameters.map(({ name, depth }) => ({ name, depth }));
    expect(
      sorted(adopted)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(
      sorted(model)
        .map(({ name }) => name)
        .sort(),
    );
    expect(new Set(adopted.statistics)).toEqual(new Set(model.statistics));
    const image = randomTensor("float32", [2, 1, 16, 16], 1, 0, 1);
    const [before, after] = [await runGraph(model.graph, { image }), await runGraph(adopted.graph, { image })];
    expect(numbers(after.probabilities!)).toEqual(numbers(before.probabilities!));
    expect(numbers(after.logits!)).toEqual(numbers(before.logits!));
  });
});

describe("a graph that another tool wrote", () => {
  test("is taken for any number of cases, its names moved out of the way, and answers as before", async () => {
    for (const batch of [1, "batch_size"] as const) {
      const adopted = adoptModel(foreign(batch));
      verifyGraph(adopted.graph);
      expect(adopted.graph.inputs.map(({ name, shape }) => [name, shape])).toEqual([["image", ["N", 1, 8, 8]]]);
      expect(adopted.output).toEqual({ kind: "class", classes: 5 });
      expect(adopted.parameters).toEqual([
        { name: "w1", decays: true, depth: 0 },
        { name: "b1", decays: false, depth: 0 },
        { name: "w2", decays: true, depth: 1 },
        { name: "w3", decays: true, depth: 2 },
        { name: "b3", decays: false, depth: 2 },
      ]);
      const x = randomTensor("float32", [1, 1, 8, 8], 7, 0, 1);
      const theirs = numbers((await runGraph(foreign(batch), { logits: x })).image!);
      const found = numbers((await runGraph(adopted.graph, { image: x })).probabilities!);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(theirs[i]!, 6);
      });
    }
  });

  test("learns, and with frozen layers only behind them", async () => {
    const adopted = adoptModel(foreign(1));
    const free = await lossesOf(adopted, 5);
    expect(free.losses.at(-1)!).toBeLessThan(free.losses[0]!);
    const held = await lossesOf(adopted, 5, 2);
    expect(held.learnt).toEqual(["w3", "b3"]);
    expect(held.losses.at(-1)!).toBeLessThan(held.losses[0]!);
  });

  test("gets a new head for other classes and keeps the rest", async () => {
    for (const [model, head] of [
      [adoptModel(foreign(1)), ["w3", "b3"]],
      [adoptModel(ours().graph), ["logits.weight", "logits.bias"]],
    ] as const) {
      const changed = replaceHead(model, 7, 3);
      verifyGraph(changed.graph);
      expect(changed.output).toEqual({ kind: "class", classes: 7 });
      for (const { name } of model.parameters) {
        const [before, after] = [model, changed].map(({ graph }) => graph.initializers.get(name)!);
        if ((head as readonly string[]).includes(name)) expect(after!.dims).toContain(7);
        else expect(after).toBe(before);
      }
      const { losses } = await lossesOf(changed, 7);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    }
  });

  test("with a sigmoid at the end answers about labels", () => {
    expect(adoptModel(foreign(1, (b, x) => b.sigmoid(x))).output).toEqual({ kind: "labels", labels: 5 });
  });

  test("that cannot learn here is refused with what was found and what is needed", () => {
    const build = (write: (b: GraphBuilder) => void): Graph => {
      const b = new GraphBuilder("odd");
      write(b);
      return b.build();
    };
    const nothing = build((b) => b.output(b.relu(b.input("x", "float32", ["N", 3]))));
    expect(() => adoptModel(nothing)).toThrow(/no weights that could learn/);
    const words = build((b) => b.output(b.cast(b.input("x", "int64", ["N", 3]), "float32")));
    expect(() => adoptModel(words)).toThrow(/one input of float32 numbers, found: x int64 \[N, 3\]/);
    const sized = build((b) => {
      const x = b.input("x", "float32", ["N", 1, "H", "W"]);
      b.output(b.relu(x));
    });
    expect(() => adoptModel(sized)).toThrow(/sizes of a case must be fixed, its input is \[N, 1, H, W\]/);
    const alone = build((b) => {
      const x = b.input("x", "float32", [2, 6]);
      b.output(b.reshape(b.matMul(x, b.initializer("w", randomTensor("float32", [6, 4], 1))), [2, 4]));
    });
    expect(() => adoptModel(alone)).toThrow(/any number N of cases|batches of 2 alone/);
    const two = build((b) => {
      const x = b.input("x", "float32", ["N", 6]);
      const y = b.matMul(x, b.initializer("w", randomTensor("float32", [6, 4], 1)));
      b.output(b.as("boxes").relu(y));
      b.output(b.as("scores").sigmoid(y));
    });
    expect(() => adoptModel(two)).toThrow(/one answer, it has 2: boxes, scores/);
  });
});
