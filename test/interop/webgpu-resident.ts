// One process of webgpu.test.ts: several steps with the state on the device, against the same steps in memory. Argument: the device.
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import type { DeviceId } from "../../main/training/engines/session.ts";
import { openStep } from "../../main/training/engines/step-session.ts";

const STEPS = 4;

async function weightsAfter(device: DeviceId): Promise<{ values: number[]; losses: number[] }> {
  const recipe = { architecture: "convnet", inputSize: 8, width: 4 } as const;
  const model = buildModel(recipe, 2, { mean: 0.5, std: 0.3 }, 1);
  const step = trainingStep(model, { optimiser: "adam", batchSize: 2, weightDecay: 0.01 }, "portable");
  const initial = new Map(step.state.map(({ name, initial: tensor }) => [name, tensor]));
  const session = await openStep(step.graph, step.state, initial, { device, threads: 1 });
  const random = createRandom(3);
  const losses: number[] = [];
  for (let at = 1; at <= STEPS; at++) {
    const image: Tensor = floatTensor(
      [2, 1, 8, 8],
      Float32Array.from({ length: 128 }, () => random.uniform()),
    );
    const target = floatTensor([2, 2], [1, 0, 0, 1]);
    losses.push(await session.step({ image, target, ...Object.fromEntries(step.scalars(at, 0.01)) }));
  }
  const state = await session.state();
  await session.dispose();
  const parameters = step.state.filter(({ kind }) => kind === "parameter");
  return { losses, values: parameters.flatMap(({ name }) => Array.from(state.get(name)!.data as Float32Array)) };
}

const [there, here] = [await weightsAfter(process.argv[2] as DeviceId), await weightsAfter("cpu")];
const off = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
console.log(JSON.stringify({ losses: off(there.losses, here.losses), weights: off(there.values, here.values) }));
