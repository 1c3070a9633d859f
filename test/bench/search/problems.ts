// Three problems whose answers are known or measured: Branin, Hartmann-6, and the training of a small perceptron on phantoms.
import { floatTensor, type Tensor } from "../../../main/graph/graph.ts";
import { writeOnnx } from "../../../main/graph/onnx-writer.ts";
import { drawChest, PHANTOM_BITS, PHANTOM_SIDE } from "../../../main/imaging/phantoms/chest.ts";
import { mlp } from "../../../main/models/architectures/mlp.ts";
import { inferenceModel } from "../../../main/models/model-graph.ts";
import { createRandom } from "../../../main/models/random.ts";
import { trainingStep } from "../../../main/models/training-step.ts";
import { createSession } from "../../../main/training/engines/session.ts";
import { openStep } from "../../../main/training/engines/step-session.ts";
import type { Configuration, NumberParameter } from "../../../main/training/search/space.ts";

export interface Problem {
  readonly name: string;
  readonly space: readonly NumberParameter[];
  readonly trials: number;
  /** The lowest value there is; null: the lowest that any search of the run found stands for it. */
  readonly lowest: number | null;
  readonly value: (configuration: Configuration) => number | Promise<number>;
}

/** https://www.sfu.ca/~ssurjano/branin.html */
export const branin: Problem = {
  name: "branin",
  space: [
    { name: "x1", kind: "float", low: -5, high: 10 },
    { name: "x2", kind: "float", low: 0, high: 15 },
  ],
  trials: 40,
  lowest: 0.39788735772973816,
  value: (configuration) => {
    const [x1, x2] = [Number(configuration.x1), Number(configuration.x2)];
    const bowl = x2 - (5.1 / (4 * Math.PI ** 2)) * x1 ** 2 + (5 / Math.PI) * x1 - 6;
    return bowl ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x1) + 10;
  },
};

const HEIGHTS = [1, 1.2, 3, 3.2];
const WIDTHS = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const CENTRES = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];

/** https://www.sfu.ca/~ssurjano/hart6.html */
export const hartmann: Problem = {
  name: "hartmann6",
  space: Array.from({ length: 6 }, (_, i) => ({ name: `x${i + 1}`, kind: "float", low: 0, high: 1 }) as const),
  trials: 60,
  lowest: -3.322368011415515,
  value: (configuration) => {
    const sum = HEIGHTS.map((height, hill) => {
      const far = WIDTHS[hill]!.map((w, i) => w * (Number(configuration[`x${i + 1}`]) - CENTRES[hill]![i]! / 1e4) ** 2);
      return height * Math.exp(-far.reduce((a, b) => a + b));
    });
    return -sum.reduce((a, b) => a + b);
  },
};

const SIDE = 16;
const CASES = 192;
const BATCH = 32;
const EPOCHS = 20;

/** Small pictures of drawn chests and, of each, whether the body is a woman's. */
function chests(first: number): { pixels: Float32Array; female: boolean[] } {
  const block = PHANTOM_SIDE / SIDE;
  const pixels = new Float32Array(CASES * SIDE * SIDE);
  const female = Array.from({ length: CASES }, (_, i) => i % 2 === 1);
  for (const [i, woman] of female.entries()) {
    const patient = first + i;
    const drawn = drawChest({ seed: 11, patient, exposure: patient, female: woman, lesion: i % 4 < 2 });
    for (let at = 0; at < drawn.pixels.length; at++) {
      const [row, column] = [Math.floor(at / PHANTOM_SIDE / block), Math.floor((at % PHANTOM_SIDE) / block)];
      pixels[(i * SIDE + row) * SIDE + column]! += drawn.pixels[at]! / 2 ** PHANTOM_BITS / block ** 2;
    }
  }
  return { pixels, female };
}

const oneHot = (female: readonly boolean[]): Tensor =>
  floatTensor(
    [female.length, 2],
    female.flatMap((woman) => [Number(!woman), Number(woman)]),
  );

/** Loss of unseen chests after a real training run; the same configuration is trained once. */
export function perceptron(): Problem {
  const [train, validation] = [chests(0), chests(CASES)];
  const area = SIDE * SIDE;
  const known = new Map<string, Promise<number>>();
  return {
    name: "perceptron",
    space: [
      { name: "learningRate", kind: "float", low: 1e-4, high: 1, log: true },
      { name: "momentum", kind: "float", low: 0, high: 0.99 },
      { name: "weightDecay", kind: "float", low: 1e-5, high: 1, log: true },
      { name: "width", kind: "integer", low: 4, high: 64, log: true },
      { name: "layers", kind: "integer", low: 1, high: 3 },
    ],
    trials: 30,
    lowest: null,
    value: (configuration) => {
      const key = JSON.stringify(configuration);
      const value = known.get(key) ?? learnt(configuration);
      known.set(key, value);
      return value;
    },
  };

  async function learnt(configuration: Configuration): Promise<number> {
    const setting = (name: string): number => Number(configuration[name]);
    const shape = {
      input: { kind: "image", channels: 1, size: [SIDE, SIDE] },
      output: { kind: "class", classes: 2 },
      normalise: { mean: 0.4, std: 0.2 },
      seed: 1,
    } as const;
    const model = mlp(shape, setting("width"), setting("layers"));
    const step = trainingStep(model, {
      ...{ optimiser: "sgd", momentum: setting("momentum"), weightDecay: setting("weightDecay"), batchSize: BATCH },
    });
    const on = { device: "cpu", threads: 1 } as const;
    const state = new Map(step.state.map(({ name, initial }) => [name, initial]));
    const session = await openStep(step.graph, step.state, state, on);
    try {
      let at = 0;
      for (let epoch = 0; epoch < EPOCHS; epoch++) {
        const order = createRandom(1, epoch).shuffle(Array.from({ length: CASES }, (_, i) => i));
        for (let start = 0; start < CASES; start += BATCH) {
          const chosen = order.slice(start, start + BATCH);
          const image = new Float32Array(BATCH * area);
          for (const [i, from] of chosen.entries())
            image.set(train.pixels.subarray(from * area, (from + 1) * area), i * area);
          const feeds = {
            image: floatTensor([BATCH, 1, SIDE, SIDE], image),
            target: oneHot(chosen.map((i) => train.female[i]!)),
            ...Object.fromEntries(step.scalars(++at, setting("learningRate"))),
          };
          if (!Number.isFinite(await session.step(feeds))) return Number.POSITIVE_INFINITY;
        }
      }
      const graph = inferenceModel(model, step.weights(await session.state()));
      const inference = await createSession(writeOnnx(graph), { ...on, use: "inference" });
      try {
        const image = floatTensor([CASES, 1, SIDE, SIDE], validation.pixels);
        const answers = await inference.run({ image }, ["probabilities"]);
        const p = answers.probabilities!.data as Float32Array;
        const losses = validation.female.map((woman, i) => -Math.log(Math.max(1e-7, p[2 * i + Number(woman)]!)));
        return losses.reduce((a, b) => a + b) / CASES;
      } finally {
        await inference.dispose();
      }
    } finally {
      await session.dispose();
    }
  }
}
