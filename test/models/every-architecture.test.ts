// What holds for every row of the table: it can be built small, answers any number of cases as its kinds say, and every parameter learns.
import { describe, expect, test } from "vitest";
import { elementCount, floatTensor, type Tensor, tensor } from "../../main/graph/graph.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { ARCHITECTURES, type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelShape } from "../../main/models/layers.ts";
import { caseShape, type ModelGraph, type ModelInput, type ModelOutput } from "../../main/models/model-graph.ts";
import { maskObjective } from "../../main/models/objectives.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";

const CASES = 2;
/** Nets that halve the map five times need the larger one. */
const DEEP = new Set<ArchitectureName>([
  "densenet121",
  "mobilenetv3-large",
  "mobilenetv3-small",
  "efficientnet-b0",
  "convnext-tiny",
]);
const QUICK = new Set<ArchitectureName>(["logistic", "mlp", "classic", "convnet", "places", "lstm", "transformer"]);
const WIDTH: Partial<Record<ArchitectureName, number>> = { "vit-tiny": 64, "vit-small": 64, mlp: 8, lstm: 6, gru: 6 };

const inputs: Record<ModelInput["kind"], (size: number) => ModelInput> = {
  image: (size) => ({ kind: "image", channels: 2, size: [size, size] }),
  sequence: () => ({ kind: "sequence", steps: 5, features: 3 }),
  tokens: () => ({ kind: "tokens", steps: 5, vocabulary: 7 }),
  table: () => ({ kind: "table", features: 4 }),
};
const outputs: Record<ModelOutput["kind"], ModelOutput> = {
  class: { kind: "class", classes: 3 },
  labels: { kind: "labels", labels: 3 },
  value: { kind: "value", values: 2 },
  mask: { kind: "mask", classes: 3 },
  boxes: { kind: "boxes", classes: 2 },
  heads: {
    kind: "heads",
    heads: [
      { name: "finding", answer: { kind: "class", classes: 3 } },
      { name: "signs", answer: { kind: "labels", labels: 2 } },
      { name: "age", answer: { kind: "value", values: 1, scale: [{ mean: 50, std: 20 }] } },
    ],
  },
};

function cases(input: ModelInput, count: number): Tensor {
  const random = createRandom(3, count);
  if (input.kind === "tokens") {
    const values = Array.from({ length: count * input.steps }, () => BigInt(random.below(input.vocabulary)));
    return tensor("int64", [count, input.steps], BigInt64Array.from(values));
  }
  const dims = [count, ...caseShape(input)];
  return floatTensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => random.uniform()),
  );
}

const rows = (Object.keys(ARCHITECTURES) as ArchitectureName[]).flatMap((name) =>
  ARCHITECTURES[name].inputs.flatMap((input, i) =>
    // Every kind of input with one kind of answer; every kind of answer with the first kind of input, of nets that are built quickly.
    ARCHITECTURES[name].outputs.flatMap((output, k) =>
      k === 0 || (i === 0 && QUICK.has(name)) ? [{ name, input, output }] : [],
    ),
  ),
);

function build({ name, input, output }: (typeof rows)[number], extra: Partial<ModelShape> = {}): ModelGraph {
  const shape: ModelShape = {
    input: inputs[input](DEEP.has(name) ? 64 : 16),
    output: outputs[output],
    normalise: { mean: 0.5, std: 0.3 },
    seed: 4,
    ...extra,
  };
  return buildArchitecture(name, shape, WIDTH[name] ?? 8);
}

describe("every architecture", () => {
  for (const row of rows)
    test(`${row.name} from ${row.input} to ${row.output}: answers one case and three alike`, async () => {
      const { graph, input } = build(row);
      verifyGraph(graph);
      const run = await load(graph);
      const three = cases(input, 3);
      const answers = await run({ [input.kind]: three });
      const length = three.data.length / 3;
      const first = { ...three, dims: [1, ...three.dims.slice(1)], data: three.data.slice(0, length) } as Tensor;
      const alone = await run({ [input.kind]: first });
      for (const [name, value] of Object.entries(answers)) {
        expect(value.dims[0]).toBe(3);
        const found = numbers(alone[name]!);
        numbers(value)
          .slice(0, found.length)
          .forEach((number, i) => {
            expect(Math.abs(number - found[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(number)));
          });
      }
    });

  for (const row of rows.filter(({ output }) => output !== "boxes"))
    test(`${row.name} from ${row.input} to ${row.output}: a step with dropout and stochastic depth has a gradient for every weight, and the loss is a number`, async () => {
      const model = build(row, { dropout: 0.2, stochasticDepth: 0.1 });
      const objective = row.output === "mask" ? maskObjective({ kind: "dice-cross-entropy" }) : undefined;
      const step = trainingStep(model, { optimiser: "sgd", batchSize: CASES, weightDecay: 0, objective });
      verifyGraph(step.graph);
      const truths = step.graph.inputs.filter(({ name }) => /(^|\/)(target|known)$/.test(name));
      const truth = (dims: number[]): Tensor =>
        floatTensor(
          dims,
          Float32Array.from({ length: elementCount(dims) }, (_, i) =>
            Number(row.output === "class" || row.output === "heads" ? i % 3 === 0 : i % 4 === 1),
          ),
        );
      const before = Object.fromEntries(step.state.map(({ name, initial }) => [name, initial]));
      const after = await (await load(step.graph))({
        [model.input.kind]: cases(model.input, CASES),
        ...Object.fromEntries(truths.map(({ name, shape }) => [name, truth(shape as number[])])),
        ...before,
        ...Object.fromEntries(step.scalars(1, 0.1)),
        ...Object.fromEntries(step.chance(createRandom(9))),
      });
      expect(Number.isFinite(numbers(after.loss!)[0]!)).toBe(true);
      // After one step the velocity is the gradient.
      const still = step.state.filter(({ name, kind, output }) => {
        const now = numbers(after[output]!);
        expect(now.every(Number.isFinite), name).toBe(true);
        return kind === "memory" && now.every((value) => value === 0);
      });
      expect(still.map(({ name }) => name)).toEqual([]);
    });
});
