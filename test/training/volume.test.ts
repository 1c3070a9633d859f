// A 3-D U-Net learns to find balls in noisy volumes that it has never seen.
import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { inferenceModel } from "../../main/models/model-graph.ts";
import { maskObjective } from "../../main/models/objectives.ts";
import { createRandom, type Random } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { openStep } from "../../main/training/engines/step-session.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const SIDE = 16;
const VOXELS = SIDE ** 3;
const BATCH = 4;
const STEPS = 80;

/** Grey noise with a brighter ball each, and where the ball is. */
function volumes(count: number, random: Random) {
  const image = new Float32Array(count * VOXELS);
  const target = new Float32Array(count * VOXELS);
  for (let volume = 0; volume < count; volume++) {
    const radius = 3 + 2 * random.uniform();
    const [z, y, x] = [0, 1, 2].map(() => radius + random.uniform() * (SIDE - 1 - 2 * radius)) as [
      number,
      number,
      number,
    ];
    for (let voxel = 0; voxel < VOXELS; voxel++) {
      const place = [Math.floor(voxel / SIDE ** 2) - z, (Math.floor(voxel / SIDE) % SIDE) - y, (voxel % SIDE) - x];
      const inside = Math.hypot(...place) <= radius;
      const at = volume * VOXELS + voxel;
      target[at] = Number(inside);
      image[at] = random.normal() * 0.3 + (inside ? 1 : 0);
    }
  }
  const size = [SIDE, SIDE, SIDE];
  return { image: floatTensor([count, 1, ...size], image), target: floatTensor([count, ...size], target) };
}

test("a 3-D U-Net finds balls in noise: Dice above 0.9 on volumes it has never seen", {
  timeout: 120_000,
}, async () => {
  const model = buildArchitecture(
    "unet",
    {
      input: { kind: "image", channels: 1, size: [SIDE, SIDE, SIDE] },
      output: { kind: "mask", classes: 2 },
      normalise: { mean: 0, std: 1 },
      seed: 1,
    },
    4,
  );
  const objective = maskObjective({ kind: "dice-cross-entropy" });
  const step = trainingStep(model, { optimiser: "adam", batchSize: BATCH, weightDecay: 0, objective });
  const initial = new Map(step.state.map((tensor) => [tensor.name, tensor.initial]));
  const session = await openStep(step.graph, step.state, initial, { device: "cpu", threads: 2 });
  const random = createRandom(2, 1);
  for (let at = 0; at < STEPS; at++) {
    const loss = await session.step({
      ...volumes(BATCH, random),
      ...Object.fromEntries(step.scalars(at + 1, 5e-3)),
    });
    expect(Number.isFinite(loss)).toBe(true);
  }
  const learnt = inferenceModel(model, step.weights(await session.state()));
  await session.dispose();

  const unseen = volumes(8, createRandom(3, 1));
  const { probabilities } = await runGraph(learnt, { image: unseen.image });
  expect(probabilities!.dims).toEqual([8, 2, SIDE, SIDE, SIDE]);
  const found = numbers(probabilities!);
  const truth = numbers(unseen.target);
  let [both, either] = [0, 0];
  truth.forEach((value, i) => {
    const [volume, voxel] = [Math.floor(i / VOXELS), i % VOXELS];
    const says = Number(found[(2 * volume + 1) * VOXELS + voxel]! > 0.5);
    both += 2 * says * value;
    either += says + value;
  });
  expect(both / either).toBeGreaterThan(0.9);
});
