// Operators without a gradient still have to mean the same to us as to the runtime.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor, intTensor, tensor } from "../../main/graph/graph.ts";
import { randomTensor } from "./central-differences.ts";
import { numbers, runGraph } from "./onnx-runtime.ts";

test("Gather picks rows and columns, and puts the indices' shape in the axis's place", async () => {
  const b = new GraphBuilder("gather");
  const x = b.input("x", "float32", ["N", 3]);
  b.output(b.as("picked").gather(x, b.constant(tensor("int64", [2, 2], BigInt64Array.of(2n, 0n, 1n, 2n))), 1));
  const { picked } = await runGraph(b.build(), { x: floatTensor([2, 3], [0, 1, 2, 10, 11, 12]) });
  expect(picked!.dims).toEqual([2, 2, 2]);
  expect(numbers(picked!)).toEqual([2, 0, 1, 2, 12, 10, 11, 12]);
});

test("a shape taken from a value, cut, picked from and joined, is known in advance", async () => {
  const b = new GraphBuilder("shapes");
  const x = b.input("x", "float32", [2, 3, 4]);
  const first = b.slice(b.shapeOf(x), [-100], [1], [0]);
  const last = b.gather(b.shapeOf(x), b.constant(tensor("int64", [], BigInt64Array.of(-1n))), 0);
  const flat = b.as("flat").reshape(x, b.concat([first, b.ints([-1]), b.unsqueeze(last, [0])], 0));
  expect(flat.shape).toEqual([2, 3, 4]);
  b.output(flat);
  expect((await runGraph(b.build(), { x: randomTensor("float32", [2, 3, 4], 1) })).flat!.dims).toEqual([2, 3, 4]);
});

test("codes to numbers and back, one scale per channel, are within half a step", async () => {
  const b = new GraphBuilder("codes");
  const x = b.input("x", "float32", ["N", 2, 3]);
  const scale = b.constant(floatTensor([2], [0.01, 0.02]));
  const zero = b.constant(tensor("int8", [2], Int8Array.of(0, 5)));
  b.output(b.as("back").dequantizeLinear(b.quantizeLinear(x, scale, zero, 1), scale, zero, 1));
  const values = randomTensor("float32", [4, 2, 3], 2);
  const back = numbers((await runGraph(b.build(), { x: values })).back!);
  numbers(values).forEach((value, i) => {
    const second = Math.floor(i / 3) % 2 === 1;
    expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(second ? 0.0101 : 0.0051);
  });
});

test("scales that fit no axis are refused when written, not when run", () => {
  const b = new GraphBuilder("codes");
  const x = b.input("x", "float32", [1, 2, 3]);
  const zero = b.constant(tensor("int8", [3], new Int8Array(3)));
  expect(() => b.quantizeLinear(x, b.constant(floatTensor([3], [1, 1, 1])), zero, 1)).toThrow(
    /3 scales do not fit axis 1/,
  );
  expect(() => b.gather(x, b.constant(floatTensor([1], [0])), 1)).toThrow(/must be int64 or int32/);
  expect(() => b.reshape(x, b.constant(intTensor([7])))).toThrow(/does not reshape/);
});
