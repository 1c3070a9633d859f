// Test-time augmentation against the plain model asked about pictures that were mirrored and turned by hand.
import { describe, expect, test } from "vitest";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { averagedOverCopies, copiesOf, withoutCopies } from "../../main/models/test-time-augmentation.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { randomTensor } from "../graph/central-differences.ts";

const SIZE = 8;
const CASES = 3;
const NONE = { flip: false, flipVertical: false, quarterTurns: false };

const { graph } = buildArchitecture(
  "convnet",
  {
    input: { kind: "image", channels: 1, size: [SIZE, SIZE] },
    output: { kind: "class", classes: 3 },
    normalise: { mean: 0.4, std: 0.2 },
    seed: 5,
  },
  8,
);
const images = randomTensor("float32", [CASES, 1, SIZE, SIZE], 3).data as Float32Array;

async function answers(of: Graph, pixels: Float32Array) {
  verifyGraph(of);
  const session = await createSession(writeOnnx(of), { device: "cpu", threads: 1, use: "inference" });
  try {
    const { logits, probabilities } = await session.run({ image: floatTensor([CASES, 1, SIZE, SIZE], pixels) });
    expect(logits!.dims).toEqual([CASES, 3]);
    return { logits: Array.from(logits!.data as Float32Array), probabilities: probabilities!.data as Float32Array };
  } finally {
    await session.dispose();
  }
}

/** Each picture read at the place that `from` names for a place. */
function moved(pixels: Float32Array, from: (row: number, column: number) => readonly [number, number]): Float32Array {
  return pixels.map((_, i) => {
    const [picture, at] = [i - (i % SIZE ** 2), i % SIZE ** 2];
    const [row, column] = from(Math.floor(at / SIZE), at % SIZE);
    return pixels[picture + row * SIZE + column]!;
  });
}

const END = SIZE - 1;
const across = (pixels: Float32Array) => moved(pixels, (row, column) => [row, END - column]);
const down = (pixels: Float32Array) => moved(pixels, (row, column) => [END - row, column]);
const turned = (pixels: Float32Array) => moved(pixels, (row, column) => [column, END - row]);

describe("the answer over copies is the mean of the answers about each", () => {
  const same = (pixels: Float32Array) => pixels;
  const turns = [same, turned, (p: Float32Array) => turned(turned(p)), (p: Float32Array) => turned(turned(turned(p)))];
  test.each([
    ["mirrored left and right", { flip: true }, [same, across]],
    ["mirrored up and down", { flipVertical: true }, [same, down]],
    [
      "mirrored both ways",
      { flip: true, flipVertical: true },
      [same, across, down, (p: Float32Array) => across(down(p))],
    ],
    ["turned", { quarterTurns: true }, turns],
    [
      "turned and mirrored",
      { flip: true, quarterTurns: true },
      turns.flatMap((turn) => [turn, (p: Float32Array) => across(turn(p))]),
    ],
  ] as const)("%s", async (_, symmetry, byHand) => {
    const copies = copiesOf({ ...NONE, ...symmetry });
    expect(copies[0]).toEqual({ transposed: false, mirrored: [false, false] });
    expect(copies).toHaveLength(byHand.length);
    const averaged = averagedOverCopies(graph, copies);
    const each: number[][] = [];
    for (const make of byHand) each.push((await answers(graph, make(images))).logits);
    const { logits, probabilities } = await answers(averaged, images);
    for (const [i, logit] of logits.entries()) {
      expect(logit).toBeCloseTo(each.reduce((sum, one) => sum + one[i]!, 0) / each.length, 5);
    }
    // No copy is told apart from another.
    for (const make of byHand) {
      const again = (await answers(averaged, make(images))).logits;
      for (const [i, logit] of again.entries()) expect(logit).toBeCloseTo(logits[i]!, 5);
    }
    for (let row = 0; row < CASES; row++) {
      const exponents = logits.slice(3 * row, 3 * row + 3).map(Math.exp);
      const sum = exponents.reduce((total, one) => total + one, 0);
      for (const [i, one] of exponents.entries()) expect(probabilities[3 * row + i]).toBeCloseTo(one / sum, 5);
    }
  });
});

test("weights are there once, and without its copies it is the model that it was, also when it comes from a file", async () => {
  const averaged = averagedOverCopies(graph, copiesOf({ ...NONE, flip: true }));
  for (const [name, weight] of graph.initializers) expect(averaged.initializers.get(name)).toBe(weight);
  expect(writeOnnx(averaged).length).toBeLessThan(1.2 * writeOnnx(graph).length);
  const back = withoutCopies(readOnnx(writeOnnx(averaged)));
  expect(back.nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
  expect((await answers(back, images)).logits).toEqual((await answers(graph, images)).logits);
});

test("without a symmetry there is one copy, and the model stays as it is", () => {
  expect(averagedOverCopies(graph, copiesOf(NONE))).toBe(graph);
  expect(withoutCopies(graph)).toBe(graph);
});
