// What recurrent nets and transformers are for: remembering over a long way, and copying from anywhere.
import { expect, test } from "vitest";
import { floatTensor, type Tensor, tensor } from "../../main/graph/graph.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import { inferenceModel, type ModelInput, type ModelOutput } from "../../main/models/model-graph.ts";
import { createRandom, type Random } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { load, numbers, runGraph } from "../graph/onnx-runtime.ts";

interface Problem {
  readonly input: ModelInput;
  readonly output: Extract<ModelOutput, { kind: "class" }>;
  /** Cases and the class of each. */
  readonly draw: (random: Random, count: number) => { readonly cases: Tensor; readonly truth: readonly number[] };
}

const BATCH = 32;

/** Accuracy on 400 fresh cases after training on cases that never come twice. */
async function accuracyAfter(
  problem: Problem,
  net: { architecture: ArchitectureName; width: number; steps: number; rate: number },
): Promise<number> {
  const { input, output, draw } = problem;
  const model = buildArchitecture(
    net.architecture,
    { input, output, normalise: { mean: 0, std: 1 }, seed: 3 },
    net.width,
  );
  const step = trainingStep(model, { optimiser: "adam", batchSize: BATCH, weightDecay: 0, clipNorm: 1 });
  const run = await load(step.graph);
  const random = createRandom(11, 4);
  let state: Record<string, Tensor> = Object.fromEntries(step.state.map(({ name, initial }) => [name, initial]));
  for (let at = 1; at <= net.steps; at++) {
    const { cases, truth } = draw(random, BATCH);
    const rate = Math.min(1, at / 30) * net.rate * Math.min(1, (2 * (net.steps - at + 1)) / net.steps);
    const oneHot = truth.flatMap((label) => Array.from({ length: output.classes }, (_, k) => Number(k === label)));
    const answers = await run({
      [input.kind]: cases,
      target: floatTensor([BATCH, output.classes], oneHot),
      ...state,
      ...Object.fromEntries(step.scalars(at, rate)),
    });
    state = Object.fromEntries(step.state.map(({ name, output: out }) => [name, answers[out]!]));
  }
  const { cases, truth } = draw(createRandom(99), 400);
  const graph = inferenceModel(model, step.weights(new Map(Object.entries(state))));
  const logits = numbers((await runGraph(graph, { [input.kind]: cases })).logits!);
  const right = truth.filter((label, n) => {
    const row = logits.slice(n * output.classes, (n + 1) * output.classes);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / truth.length;
}

/** The first of 40 steps says the class; the rest is noise (Hochreiter and Schmidhuber 1997, long time lag problems). */
function longRange(steps: number): Problem {
  return {
    input: { kind: "sequence", steps, features: 2 },
    output: { kind: "class", classes: 2 },
    draw: (random, count) => {
      const truth = Array.from({ length: count }, () => random.below(2));
      const values = truth.flatMap((label) =>
        Array.from({ length: steps }, (_, t) => [t === 0 ? 2 * label - 1 : 0, t === 0 ? 0 : random.normal()]).flat(),
      );
      return { cases: floatTensor([count, steps, 2], values), truth };
    },
  };
}

/** One place of a row of symbols is asked for by the last token: copy what stands there. */
function copy(length: number, symbols: number): Problem {
  return {
    input: { kind: "tokens", steps: length + 1, vocabulary: symbols + length },
    output: { kind: "class", classes: symbols },
    draw: (random, count) => {
      const truth: number[] = [];
      const tokens = Array.from({ length: count }, () => {
        const row = Array.from({ length }, () => random.below(symbols));
        const place = random.below(length);
        truth.push(row[place]!);
        return [...row, symbols + place];
      });
      const data = BigInt64Array.from(tokens.flat(), (token) => BigInt(token));
      return { cases: tensor("int64", [count, length + 1], data), truth };
    },
  };
}

test("an LSTM says after 40 steps of noise what the first step was, in 95 % of fresh cases", async () => {
  const net = { architecture: "lstm", width: 16, steps: 250, rate: 0.02 } as const;
  expect(await accuracyAfter(longRange(40), net)).toBeGreaterThanOrEqual(0.95);
});

test("a transformer copies the symbol from the place that it is asked for, in 99 % of fresh cases", async () => {
  const net = { architecture: "transformer", width: 32, steps: 700, rate: 0.004 } as const;
  expect(await accuracyAfter(copy(6, 4), net)).toBeGreaterThanOrEqual(0.99);
});
