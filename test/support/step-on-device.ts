// One process of a test of a device and of `bench gpu`: one training step of a net on a device and on the processor, compared. Argument: a Job as JSON.
//
// A process of its own, because a fault in a graphics driver ends the process. Prints one line of JSON: the largest relative difference of any output, where it
// was found, and the loss.
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelShape } from "../../main/models/layers.ts";
import { maskObjective } from "../../main/models/objectives.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { compareWithCpu } from "../../main/training/engines/agreement.ts";
import type { DeviceId } from "../../main/training/engines/session.ts";

export interface Job {
  readonly device: DeviceId;
  readonly architecture: ArchitectureName;
  readonly width: number;
  readonly size: number;
}

const BATCH = 2;

async function compared({ device, architecture, width, size }: Job) {
  const normalise = { mean: 0.5, std: 0.3 };
  const recurrent = architecture === "lstm" || architecture === "gru" || architecture === "transformer";
  const mask = architecture.startsWith("unet");
  const shape: ModelShape = {
    input: recurrent
      ? { kind: "sequence", steps: size, features: 3 }
      : { kind: "image", channels: 1, size: [size, size] },
    output: mask ? { kind: "mask", classes: 2 } : { kind: "class", classes: 3 },
    normalise,
    seed: 7,
  };
  const model = buildArchitecture(architecture, shape, width);
  const objective = mask ? maskObjective({ kind: "dice-cross-entropy" }) : undefined;
  const step = trainingStep(model, { optimiser: "sgd", batchSize: BATCH, weightDecay: 0.01, objective }, "portable");
  const random = createRandom(5);
  const feeds: Record<string, Tensor> = Object.fromEntries(step.scalars(1, 0.1));
  for (const { name, initial } of step.state) feeds[name] = initial;
  for (const { name, shape: dims } of step.graph.inputs) {
    if (feeds[name]) continue;
    const count = (dims as number[]).reduce((product, dim) => product * dim, 1);
    const value = (i: number): number => {
      if (name !== "target") return random.uniform();
      return mask ? i % 2 : Number(i % 3 === Math.floor(i / 3) % 3);
    };
    feeds[name] = floatTensor(
      dims as number[],
      Float32Array.from({ length: count }, (_, i) => value(i)),
    );
  }
  return compareWithCpu(writeOnnx(step.graph), feeds, { device, threads: 2 });
}

console.log(JSON.stringify(await compared(JSON.parse(process.argv[2]!) as Job)));
