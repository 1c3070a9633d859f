import { expect, test } from "vitest";
import { compressMasks } from "../../main/compression/masks.ts";
import { floatTensor } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { inferenceModel } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { slidingWindow } from "../../main/training/sliding-window.ts";
import { likeliest, type MaskedImage } from "../../main/training/tasks/segmentation.ts";

const PATCH = 32;
const CLASSES = 2;
const LIMITS = { maxDiceDrop: 0.05, maxWorstClassDrop: null, minSmaller: 3.5, minFaster: null };

const net = buildArchitecture(
  "unet",
  {
    input: { kind: "image", channels: 1, size: [PATCH, PATCH] },
    output: { kind: "mask", classes: CLASSES },
    normalise: { mean: 0.5, std: 0.3 },
    seed: 3,
  },
  16,
);

/** Smooth blobs, so that masks have insides. */
function image(seed: number): MaskedImage {
  const random = createRandom(seed);
  const waves = Array.from({ length: 4 }, () => [random.uniform(), random.uniform(), random.uniform() * 6]);
  const side = 48;
  const pixels = Float32Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side) / side, (i % side) / side];
    return 0.5 + waves.reduce((sum, [a, b, phase]) => sum + Math.sin(12 * (a! * x + b! * y) + phase!), 0) / 8;
  });
  return { rows: side, columns: side, pixels, classes: new Int8Array(side * side) };
}

/** The truth is what the network says in float, its head shifted so that both classes come: what int8 loses is all that is lost. */
async function subject() {
  const { weight, bias } = { weight: "head.weight", bias: "head.bias" };
  const initializers = new Map(net.graph.initializers);
  expect([...initializers.keys()]).toEqual(expect.arrayContaining([weight, bias]));
  const images = [1, 2, 3].map(image);
  const onnx = async (shift: number) => {
    initializers.set(bias, floatTensor([CLASSES], [0, shift]));
    return writeOnnx(inferenceModel({ ...net, graph: { ...net.graph, initializers } }, initializers));
  };
  const answers = async (file: Uint8Array, one: MaskedImage) => {
    const session = await createSession(file, { device: "cpu", threads: 1, use: "inference" });
    try {
      return await slidingWindow(session, one, { patch: PATCH, classes: CLASSES });
    } finally {
      await session.dispose();
    }
  };
  const plain = await answers(await onnx(0), images[0]!);
  const area = plain.length / CLASSES;
  const margins = Array.from({ length: area }, (_, i) => Math.log(plain[i]! / plain[area + i]!)).sort((a, b) => a - b);
  const file = await onnx(margins[area >> 1]!);
  const held: MaskedImage[] = [];
  for (const one of images) {
    held.push({ ...one, classes: Int8Array.from(likeliest(await answers(file, one), CLASSES)) });
  }
  return { onnx: file, patch: PATCH, classes: CLASSES, training: images, validation: held, threads: 1 };
}

test("a U-Net becomes at least 3.5 times smaller in int8 and its masks stay within the limit on Dice", async () => {
  const given = await subject();
  const report = await compressMasks({ ...given, limits: LIMITS });
  expect(report.reason).toBe("");
  expect(report.accepted).toBe(true);
  expect(report.before.dice).toBe(1);
  expect(report.after.dice).toBeGreaterThan(0.95);
  expect(report.after.dice).toBeLessThan(1);
  expect(report.after.flops).toBeGreaterThan(0);

  const { nodes } = readOnnx(report.file);
  const maker = (name: string) => nodes.find(({ outputs }) => outputs.includes(name))?.op;
  const layers = nodes.filter(({ op }) => op === "Conv" || op === "ConvTranspose");
  expect(layers.some(({ op }) => op === "ConvTranspose")).toBe(true);
  for (const { name, inputs } of layers) {
    expect(maker(inputs[0]!), `what ${name} reads`).toBe("DequantizeLinear");
    expect(maker(inputs[1]!), `weights of ${name}`).toBe("DequantizeLinear");
  }
});

test("masks that fall short of a limit are refused with Dice and by how much, and repaired by layers in float", async () => {
  const given = await subject();
  const limits = { ...LIMITS, maxDiceDrop: 0, minSmaller: null };
  const refused = await compressMasks({ ...given, limits, repair: false });
  expect(refused.accepted).toBe(false);
  expect(refused.missed.map(({ limit }) => limit)).toEqual(["dice"]);
  expect(refused.reason).toMatch(
    /^The Dice fell by 0\.\d+ \(from 1\.0000 to 0\.\d+\); the limit is 0, missed by 0\.\d+\.$/,
  );

  const within = (refused.before.dice - refused.after.dice) * 0.6;
  const repaired = await compressMasks({ ...given, limits: { ...limits, maxDiceDrop: within } });
  expect(repaired.accepted).toBe(true);
  expect(repaired.layers.filter(({ float }) => float).length).toBeGreaterThan(0);
});
