// Batch normalisation from end to end: what training saw is what inference says.
import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { inferenceModel } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { createSession } from "../../main/training/engines/session.ts";

/** The running variance has Bessel's correction, the batch's has not: 1 part in 32 on the last map, 2x2 of 8 images. */
const BESSEL = 0.04;

for (const architecture of ["convnet", "resnet18"] as const) {
  test(`once the running statistics have settled, inference of a ${architecture} says what training said`, async () => {
    const recipe = { architecture, inputSize: 16, width: 4, optimiser: "sgd", batchSize: 8, weightDecay: 0 } as const;
    const model = buildModel(recipe, 2, { mean: 0.4, std: 0.2 }, 1);
    const step = trainingStep(model, recipe);
    const random = createRandom(8);
    const image = floatTensor(
      [8, 1, 16, 16],
      Float32Array.from({ length: 8 * 256 }, () => random.uniform()),
    );
    const target = floatTensor(
      [8, 2],
      Float32Array.from({ length: 16 }, (_, i) => (i % 2 === Math.floor(i / 2) % 2 ? 1 : 0)),
    );
    const training = await createSession(writeOnnx(step.graph), { device: "cpu", threads: 1, use: "training" });
    let state = new Map(step.state.map(({ name, initial }) => [name, initial]));
    let seen: number[] = [];
    for (let i = 1; i <= 80; i++) {
      // The learning rate is 0: only the statistics move, until 0.9^80 of their way is left.
      const answers = await training.run({
        image,
        target,
        ...Object.fromEntries(state),
        ...Object.fromEntries(step.scalars(i, 0)),
      });
      state = new Map(step.state.map(({ name, output }) => [name, answers[output]!]));
      seen = Array.from(answers.probabilities!.data as Float32Array);
    }
    await training.dispose();
    const inference = await createSession(writeOnnx(inferenceModel(model, state)), {
      device: "cpu",
      threads: 1,
      use: "inference",
    });
    const { probabilities } = await inference.run({ image }, ["probabilities"]);
    await inference.dispose();
    expect(Math.max(...seen) - Math.min(...seen)).toBeGreaterThan(0.05); // not the same for every image
    for (const [i, p] of seen.entries()) expect(Math.abs(Number(probabilities!.data[i]) - p)).toBeLessThan(BESSEL);
  });
}
