// Whole nets, forward and backward, against TensorFlow.js: another team's kernels and another team's differentiation.
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";
import { lossAndGradients, NETS } from "./tensorflow-nets.ts";

/** Both sides add up in float32; the worst of 12 nets measured 4.6e-6. Ten times that allows for other kernels, and no wrong rule comes near. */
const RELATIVE_L2 = 5e-5;

const MEAN = 0.45;
const STD = 0.22;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const cases: readonly { architecture: keyof typeof NETS; size: number; batch: number; why: string }[] = [
  { architecture: "logistic", size: 8, batch: 3, why: "plain" },
  { architecture: "convnet", size: 16, batch: 4, why: "windows that tile" },
  { architecture: "convnet", size: 21, batch: 3, why: "odd maps, where pooling leaves an edge out" },
  { architecture: "resnet18", size: 16, batch: 4, why: "small stem, maps down to 2x2" },
  { architecture: "resnet18", size: 19, batch: 4, why: "small stem, odd maps under stride 2" },
  { architecture: "resnet18", size: 66, batch: 2, why: "large stem with 7x7 and overlapping pooling" },
];

for (const { architecture, size, batch, why } of cases)
  for (const target of ["portable", "cpu"] as const)
    test(`${architecture} at ${size} pixels (${why}), ${target}: loss and every gradient equal TensorFlow.js's`, async () => {
      const model = buildModel({ architecture, inputSize: size, width: 4 }, 3, { mean: MEAN, std: STD }, 11);
      // Momentum starts at 0, so after one step the velocity is the gradient.
      const step = trainingStep(model, { optimiser: "sgd", batchSize: batch, weightDecay: 0 }, target);
      const random = createRandom(12);
      const image = Float32Array.from({ length: batch * size * size }, () => random.uniform());
      // The first image has another most likely class than the rest, so that the biases' gradients do not cancel.
      const truth = Float32Array.from({ length: batch * 3 }, (_, i) => [0.7, 0.2, 0.1][(i + (i < 3 ? 1 : 0)) % 3]!);
      const found = await runGraph(step.graph, {
        image: floatTensor([batch, 1, size, size], image),
        target: floatTensor([batch, 3], truth),
        ...Object.fromEntries(step.state.map(({ name, initial }) => [name, initial])),
        ...Object.fromEntries(step.scalars(1, 0.1)),
      });

      const weights = new Map(
        model.parameters.map(({ name }) => {
          const { data, dims } = model.graph.initializers.get(name)!;
          return [name, tf.tensor(data as Float32Array, [...dims])];
        }),
      );
      const normalised = tf.div(tf.sub(tf.tensor(image, [batch, size, size, 1]), MEAN), STD) as tf.Tensor4D;
      const expected = lossAndGradients(
        (w) => NETS[architecture](w, normalised),
        tf.tensor2d(truth, [batch, 3]),
        weights,
      );

      expect(numbers(found.loss!)[0]).toBeCloseTo(expected.loss, 4);
      for (const [name, theirs] of expected.gradients) {
        const ours = numbers(found[`next/velocity/${name}`]!);
        expect(ours.length).toBe(theirs.length);
        const norm = Math.hypot(...theirs);
        const off = Math.hypot(...ours.map((value, i) => value - theirs[i]!)) / norm;
        expect(norm, name).toBeGreaterThan(0);
        expect(off, name).toBeLessThan(RELATIVE_L2);
      }
    });
