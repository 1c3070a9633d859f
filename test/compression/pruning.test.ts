import { describe, expect, test } from "vitest";
import { countFlops } from "../../main/compression/flops.ts";
import {
  type Channels,
  channelsOf,
  magnitude,
  pruneChannels,
  removeUnits,
  taylor,
} from "../../main/compression/pruning/prune.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import { createRandom } from "../../main/models/random.ts";
import { createSession } from "../../main/training/engines/session.ts";

const SIDE = 32;
/** Sums of float32 in another order. */
const ROUNDING = 1e-5;

/** Width, answer and the least share of units that the architecture's form lets go. */
const NETS: readonly (readonly [ArchitectureName, number, "class" | "mask"])[] = [
  ["resnet18", 8, "class"],
  ["resnet50", 8, "class"],
  ["unet", 8, "mask"],
  ["unet-attention", 8, "mask"],
  ["densenet121", 8, "class"],
  ["mobilenetv3-small", 8, "class"],
  ["efficientnet-b0", 8, "class"],
  ["convnext-tiny", 8, "class"],
];

/** The architecture with statistics and scales as a training leaves them: not all zeros and ones. */
function trained(name: ArchitectureName, width: number, kind: "class" | "mask"): Graph {
  const { graph } = buildArchitecture(
    name,
    {
      input: { kind: "image", channels: 1, size: [SIDE, SIDE] },
      output: { kind, classes: 2 },
      normalise: { mean: 0.5, std: 0.25 },
      seed: 3,
    },
    width,
  );
  const random = createRandom(5);
  const initializers = new Map(graph.initializers);
  for (const { op, inputs } of graph.nodes) {
    if (op !== "BatchNormalization") continue;
    inputs.slice(1).forEach((constant, at) => {
      const { dims } = initializers.get(constant)!;
      const values = Float32Array.from({ length: dims[0]! }, () =>
        at % 3 === 0 ? 0.9 + 0.2 * random.uniform() : random.normal() / 10,
      );
      initializers.set(constant, floatTensor(dims, values));
    });
  }
  return { ...graph, initializers };
}

/** Everything that makes, scales or shifts these units set to 0: the channels are there and hold nothing. */
function silenced(graph: Graph, { slices }: Channels, units: ReadonlySet<number>): Graph {
  const initializers = new Map(graph.initializers);
  for (const slice of slices.filter(({ role }) => role !== "reads")) {
    const { dims, data } = initializers.get(slice.constant)!;
    const inner = dims.slice(slice.axis + 1).reduce((product, dim) => product * dim, 1);
    const values = Float32Array.from(data as Float32Array, (value, i) =>
      units.has(slice.units[Math.floor(i / inner) % dims[slice.axis]!]!) ? 0 : value,
    );
    initializers.set(slice.constant, floatTensor(dims, values));
  }
  return { ...graph, initializers };
}

async function logitsOf(graph: Graph): Promise<Float32Array> {
  const random = createRandom(9);
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads: 1, use: "inference" });
  try {
    const values = Float32Array.from({ length: 2 * SIDE ** 2 }, () => random.uniform());
    return (await session.run({ image: floatTensor([2, 1, SIDE, SIDE], values) }, ["logits"])).logits!
      .data as Float32Array;
  } finally {
    await session.dispose();
  }
}

describe.each(NETS)("channels removed from %s", (name, width, kind) => {
  test("are gone from every layer, and were silent ones if they held nothing", async () => {
    const graph = trained(name, width, kind);
    const channels = channelsOf(graph);
    const random = createRandom(7);
    // One channel stays of each set of layers; of the others about half go.
    const removed = new Set(channels.layers.flatMap((units) => units.slice(1).filter(() => random.uniform() < 0.5)));
    const silent = silenced(graph, channels, removed);
    const smaller = removeUnits(silent, channels, removed);
    verifyGraph(smaller);
    const numbers = (one: Graph) => [...one.initializers.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(numbers(smaller)).toBeLessThan(0.8 * numbers(graph));
    const [before, after] = [await logitsOf(silent), await logitsOf(smaller)];
    expect(Math.max(...before) - Math.min(...before)).toBeGreaterThan(0);
    for (const [i, value] of before.entries()) {
      expect(Math.abs(value - after[i]!)).toBeLessThan(ROUNDING * Math.max(1, Math.abs(value)));
    }
  });
});

test("half of the operations go from ResNet-18 and U-Net, and not twice as many", () => {
  for (const [name, width, kind] of [
    ["resnet18", 16, "class"],
    ["unet", 16, "mask"],
  ] as const) {
    const graph = trained(name, width, kind);
    const channels = channelsOf(graph);
    const { graph: smaller, flopsBefore, flopsAfter } = pruneChannels(graph, channels, magnitude(graph, channels), 0.5);
    verifyGraph(smaller);
    expect(flopsBefore).toBe(countFlops(graph));
    expect(flopsAfter).toBe(countFlops(smaller));
    expect(flopsAfter / flopsBefore).toBeLessThanOrEqual(0.5);
    expect(flopsAfter / flopsBefore).toBeGreaterThan(0.35);
  }
});

test("more than a network's form allows is refused with what it allows", () => {
  const graph = trained("resnet18", 8, "class");
  const channels = channelsOf(graph);
  expect(() => pruneChannels(graph, channels, magnitude(graph, channels), 0.999)).toThrow(/at most \d+ %/);
});

test("operations are those of the published ResNet-18: 1.8 billion multiply-adds at 224 pixels", () => {
  const { graph } = buildArchitecture("resnet18", {
    input: { kind: "image", channels: 3, size: [224, 224] },
    output: { kind: "class", classes: 1000 },
    normalise: { mean: 0.5, std: 0.25 },
    seed: 1,
  });
  // He et al. 2016, table 1: 1.8e9 multiply-adds, counted as 2 each here.
  expect(countFlops(graph) / 2e9).toBeGreaterThan(1.79);
  expect(countFlops(graph) / 2e9).toBeLessThan(1.85);
});

test("importance by Taylor expansion is the squared change of the loss to first order, and 0 for a silent unit", async () => {
  const graph = trained("convnet", 8, "class");
  const channels = channelsOf(graph);
  const silentUnit = channels.layers[0]![0]!;
  const silent = silenced(graph, channels, new Set([silentUnit]));
  const random = createRandom(11);
  const cases = Float32Array.from({ length: 4 * SIDE ** 2 }, () => random.uniform());
  const target = Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1);
  const found = await taylor(silent, channels, [{ cases, target }], { batch: 4, threads: 1 });
  expect(found[silentUnit]).toBe(0);

  const lossOf = async (one: Graph): Promise<number> => {
    const session = await createSession(writeOnnx(one), { device: "cpu", threads: 1, use: "inference" });
    const { data } = (await session.run({ image: floatTensor([4, 1, SIDE, SIDE], cases) }, ["probabilities"]))
      .probabilities!;
    await session.dispose();
    let sum = 0;
    for (let i = 0; i < 4; i++) sum -= Math.log((data as Float32Array)[2 * i + (target[2 * i] === 1 ? 0 : 1)]!);
    return sum / 4;
  };
  // All that makes the unit times (1 + e) and (1 - e): the derivative along the weights themselves.
  const step = 1e-3;
  const unit = channels.layers.at(-1)![1]!; // behind the last corners of Relu but one, so differences are smooth
  const scaled = (factor: number): Graph => {
    const initializers = new Map(silent.initializers);
    const norms = new Set(
      silent.nodes.filter(({ op }) => op === "BatchNormalization").flatMap(({ inputs }) => inputs.slice(3)),
    );
    for (const { constant, axis, units, role } of channels.slices) {
      if (role === "reads" || norms.has(constant) || !units.includes(unit)) continue;
      const { dims, data } = initializers.get(constant)!;
      const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
      const values = Float32Array.from(data as Float32Array, (v, i) =>
        units[Math.floor(i / inner) % dims[axis]!] === unit ? v * factor : v,
      );
      initializers.set(constant, floatTensor(dims, values));
    }
    return { ...silent, initializers };
  };
  const slope = ((await lossOf(scaled(1 + step))) - (await lossOf(scaled(1 - step)))) / (2 * step);
  expect(Math.abs(slope)).toBeGreaterThan(1e-3);
  expect(Math.abs(Math.sqrt(found[unit]!) / Math.abs(slope) - 1)).toBeLessThan(0.02);
});
