// What the settings of a training step promise, each on a small net.
import { describe, expect, test } from "vitest";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelGraph } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { type StepScalars, type StepSettings, trainingStep } from "../../main/models/training-step.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";

/** Absolute, of weights near 1, after a few float32 steps. */
const TOLERANCE = 1e-5;
const FEATURES = 3;

const perceptron = (extra: { dropout?: number } = {}): ModelGraph =>
  buildArchitecture(
    "mlp",
    {
      input: { kind: "table", features: FEATURES },
      output: { kind: "class", classes: 2 },
      normalise: { mean: 0, std: 1 },
      seed: 6,
      ...extra,
    },
    5,
  );

/** `count` cases from the `first` on; the same cases whatever the batches. */
function cases(first: number, count: number): Record<string, Tensor> {
  const rows = Array.from({ length: count }, (_, i) => {
    const random = createRandom(first + i, 5);
    return Array.from({ length: FEATURES }, () => random.normal());
  });
  return {
    table: floatTensor([count, FEATURES], rows.flat()),
    target: floatTensor(
      [count, 2],
      rows.flatMap(([a]) => (a! > 0 ? [1, 0] : [0, 1])),
    ),
  };
}

type State = Record<string, Tensor>;
const base: StepSettings = { optimiser: "sgd", batchSize: 8, weightDecay: 0 };
const RATE = 0.1;

/** States after each of some steps, the initial one first. */
async function states(
  model: ModelGraph,
  settings: StepSettings,
  count: number,
  scalars: (at: number) => StepScalars & { step?: number } = () => ({}),
): Promise<State[]> {
  const step = trainingStep(model, settings);
  const run = await load(step.graph);
  const all: State[] = [Object.fromEntries(step.state.map(({ name, initial }) => [name, initial]))];
  for (let at = 0; at < count; at++) {
    const { step: number = at + 1, ...more } = scalars(at);
    const answers = await run({
      ...cases(at * settings.batchSize, settings.batchSize),
      ...all.at(-1)!,
      ...Object.fromEntries(step.scalars(number, RATE, more)),
      ...Object.fromEntries(step.chance(createRandom(7, at))),
    });
    all.push(Object.fromEntries(step.state.map(({ name, output }) => [name, answers[output]!])));
  }
  return all;
}

const near = (found: State, expected: State, names: readonly string[]) => {
  for (const name of names) {
    numbers(found[name]!).forEach((value, i) => {
      expect(Math.abs(value - numbers(expected[name]!)[i]!), name).toBeLessThan(TOLERANCE);
    });
  }
};
const model = perceptron();
const names = model.parameters.map(({ name }) => name);

describe("settings of a step", () => {
  for (const optimiser of ["sgd", "adam", "lamb"] as const)
    test(`${optimiser}: four batches of 2 whose gradients are added up move the weights as one batch of 8 does, and only at the last`, async () => {
      const whole = await states(model, { ...base, optimiser }, 2);
      const micro = await states(model, { ...base, optimiser, batchSize: 2, accumulate: 4 }, 8, (at) => ({
        step: Math.floor(at / 4) + 1,
        micro: at % 4,
      }));
      near(micro[3]!, whole[0]!, names);
      near(micro[4]!, whole[1]!, names);
      near(micro[8]!, whole[2]!, names);
    });

  test("clipping scales all gradients together: the first velocity has the norm that is allowed, in the same direction", async () => {
    const [, free] = await states(model, base, 1);
    const [, held] = await states(model, { ...base, clipNorm: 0.05 }, 1);
    const all = (state: State) => names.flatMap((name) => numbers(state[`velocity/${name}`]!));
    const norm = Math.hypot(...all(free!));
    expect(norm).toBeGreaterThan(0.05);
    expect(Math.hypot(...all(held!))).toBeCloseTo(0.05, 5);
    all(held!).forEach((value, i) => {
      expect(value).toBeCloseTo((all(free!)[i]! * 0.05) / norm, 5);
    });
    const [, untouched] = await states(model, { ...base, clipNorm: 100 }, 1);
    near(untouched!, free!, names);
  });

  test("frozen layers stay as they are, are not part of the state, and are in the weights for use", async () => {
    const settings = { ...base, frozenLayers: 1 };
    const [, after] = await states(model, settings, 1);
    const frozen = model.parameters.filter(({ depth }) => depth < 1).map(({ name }) => name);
    expect(frozen).toEqual(["hidden1.weight", "hidden1.bias"]);
    for (const name of frozen) expect(after![name]).toBeUndefined();
    const weights = trainingStep(model, settings).weights(new Map(Object.entries(after!)));
    for (const name of names) expect(weights.has(name), name).toBe(true);
    expect(weights.get("hidden1.weight")).toBe(model.graph.initializers.get("hidden1.weight"));
    expect(weights.get("logits.weight")).toBe(after!["logits.weight"]);
  });

  test("with a decay of 0.5 a layer each, the first of three layers learns at a quarter of the rate", async () => {
    const [start, even] = await states(model, base, 1);
    const [, graded] = await states(model, { ...base, layerDecay: 0.5 }, 1);
    for (const { name, depth } of model.parameters) {
      const factor = 0.5 ** (2 - depth);
      const [from, plain, slow] = [start!, even!, graded!].map((state) => numbers(state[name]!));
      slow!.forEach((value, i) => {
        expect(value - from![i]!).toBeCloseTo(factor * (plain![i]! - from![i]!), 5);
      });
    }
  });

  test("an average moves by the rate that it is told, and is what is used", async () => {
    const rates = [1, 0.5, 0.25];
    const settings = { ...base, average: true };
    const all = await states(model, settings, 3, (at) => ({ averageRate: rates[at]! }));
    let mean = numbers(all[0]!["logits.weight"]!);
    for (const [i, rate] of rates.entries()) {
      const now = numbers(all[i + 1]!["logits.weight"]!);
      mean = mean.map((value, k) => value + rate * (now[k]! - value));
    }
    const used = trainingStep(model, settings)
      .weights(new Map(Object.entries(all[3]!)))
      .get("logits.weight")!;
    numbers(used).forEach((value, i) => {
      expect(value).toBeCloseTo(mean[i]!, 5);
    });
  });

  test("L1 pulls every weight towards 0 by its rate, and no bias", async () => {
    const [start, plain] = await states(model, base, 1);
    const [, pulled] = await states(model, { ...base, l1: 0.3 }, 1);
    for (const { name, decays } of model.parameters) {
      numbers(pulled![name]!).forEach((value, i) => {
        const pull = decays ? RATE * 0.3 * Math.sign(numbers(start![name]!)[i]!) : 0;
        expect(value).toBeCloseTo(numbers(plain![name]!)[i]! - pull, 5);
      });
    }
  });

  test("LAMB moves each parameter by its own norm over its direction's, decay inside", async () => {
    const [start, after] = await states(model, { ...base, optimiser: "lamb", weightDecay: 0.1 }, 1);
    for (const { name, decays } of model.parameters) {
      const p = numbers(start![name]!);
      // After one step the moments are (1 - beta) times the gradient and its square.
      const g = numbers(after![`moment1/${name}`]!).map((value) => value / 0.1);
      const u = g.map((value, i) => value / (Math.abs(value) + 1e-6) + (decays ? 0.1 * p[i]! : 0));
      const [own, its] = [Math.hypot(...p), Math.hypot(...u)];
      const trust = own > 0 && its > 0 ? own / its : 1;
      numbers(after![name]!).forEach((value, i) => {
        expect(value).toBeCloseTo(p[i]! - RATE * trust * u[i]!, 3);
      });
    }
  });

  test("what is left out is drawn from the seed: the same draws give the same weights bit for bit, others do not", async () => {
    const chanced = perceptron({ dropout: 0.5 });
    const last = async () => (await states(chanced, base, 3)).at(-1)!;
    expect(await last()).toEqual(await last());
    const step = trainingStep(chanced, base);
    const draw = (key: number) => [...step.chance(createRandom(key)).values()].flatMap((mask) => numbers(mask));
    expect(draw(1)).not.toEqual(draw(2));
    expect(new Set(draw(1))).toEqual(new Set([0, 2]));
  });
});
