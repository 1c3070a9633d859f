import { expect, test } from "vitest";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../../main/training/checkpoint.ts";

const checkpoint: Checkpoint = {
  step: 17,
  state: new Map<string, Tensor>([
    ["w", floatTensor([2, 3], [1, -0, 2.5, 1e-40, 3.4e38, -7])],
    ["steps", { type: "int64", dims: [1], data: BigInt64Array.of(2n ** 53n + 1n) }],
    ["scalar", floatTensor([], [0.1])],
    ["flags", { type: "bool", dims: [3], data: Uint8Array.of(1, 0, 1) }],
    ["größe/重み", floatTensor([1], [4])],
  ]),
  best: { epoch: 2, score: 0.1 + 0.2, loss: 1 / 3, highest: 0.5, weights: new Map([["w", floatTensor([0], [])]]) },
  plateau: { reductions: 2, since: 3 },
  pending: { loss: 0.1 * 3, steps: 3 },
  seconds: 12.25,
};

test("a checkpoint comes back bit for bit, unaligned lengths and odd names included", () => {
  expect(readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint);
  expect(readCheckpoint(writeCheckpoint({ ...checkpoint, best: null })).best).toBeNull();
});

test("it is read from anywhere inside a larger buffer", () => {
  const bytes = writeCheckpoint(checkpoint);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(readCheckpoint(shifted.subarray(3))).toEqual(checkpoint);
});

test("what is not a whole checkpoint is refused as not resumable, wherever it was cut", () => {
  const bytes = writeCheckpoint(checkpoint);
  const broken = [
    new Uint8Array(0),
    new Uint8Array(64),
    ...[4, 11, 40, bytes.length - 1].map((cut) => bytes.slice(0, cut)),
  ];
  for (const piece of broken) {
    expect(() => readCheckpoint(piece)).toThrow(expect.objectContaining({ code: "training/not-resumable" }));
  }
});
