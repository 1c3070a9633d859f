import { cpus } from "node:os";
import { expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor, type Graph, type Tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { compareWithCpu, requireAgreement, worstExcess } from "../../main/training/engines/agreement.ts";
import { createSession, listDevices } from "../../main/training/engines/session.ts";

const CPU = { device: "cpu", threads: 1, use: "inference" } as const;

/** y = x w + 1 and its row sums, for any number of rows. */
function smallGraph(): Graph {
  const builder = new GraphBuilder("small");
  const x = builder.input("x", "float32", ["N", 2]);
  const w = builder.input("w", "float32", [2, 2]);
  const product = builder.matMul(x, w);
  const y = builder.as("y").add(product, 1);
  builder.output(y);
  builder.output(builder.as("sums").reduceSum(y, [1], false));
  return builder.build();
}
const small = (): Uint8Array => writeOnnx(smallGraph());
const w = floatTensor([2, 2], [1, 2, 3, 4]);
const x = (...rows: number[][]): Tensor => floatTensor([rows.length, 2], rows.flat());

test("a session answers with typed tensors for any batch, all outputs or those asked for", async () => {
  const session = await createSession(small(), CPU);
  expect(session.inputs).toEqual(["x", "w"]);
  expect(await session.run({ x: x([1, 0], [0, 1]), w })).toEqual({
    y: floatTensor([2, 2], [2, 3, 4, 5]),
    sums: floatTensor([2], [5, 9]),
  });
  expect(await session.run({ x: x([1, 1]), w }, ["sums"])).toEqual({ sums: floatTensor([1], [12]) });
  await session.dispose();
});

test("an answer is written into the array that is given for it; the others are fresh", async () => {
  const session = await createSession(small(), CPU);
  const y = floatTensor([2, 2], [0, 0, 0, 0]);
  const answers = await session.run({ x: x([1, 0], [0, 1]), w }, ["y", "sums"], { y });
  expect(answers.y).toBe(y);
  expect(answers).toEqual({ y: floatTensor([2, 2], [2, 3, 4, 5]), sums: floatTensor([2], [5, 9]) });
  await expect(session.run({ x: x([1, 1]), w }, ["y"], { y })).rejects.toMatchObject({ code: "app/invalid-input" });
  await session.dispose();
});

test("a missing input is named; a wrong shape is refused in one sentence", async () => {
  const session = await createSession(small(), CPU);
  await expect(session.run({ x: x([1, 1]) })).rejects.toMatchObject({
    code: "app/invalid-input",
    message: "The graph's input w got no value.",
  });
  await expect(session.run({ x: floatTensor([1, 3], [1, 2, 3]), w })).rejects.toMatchObject({
    code: "app/invalid-input",
  });
  await session.dispose();
});

test("bytes that are no graph are refused as such", async () => {
  await expect(createSession(Uint8Array.of(1, 2, 3), CPU)).rejects.toMatchObject({ code: "graph/invalid" });
});

test("the processor is always a device; another one that is not there says what is missing and cannot be opened", async () => {
  const devices = await listDevices();
  expect(devices.map(({ id }) => id)).toEqual(["cpu", "webgpu", "cuda", "dml", "coreml", "tensorflow"]);
  expect(devices[0]).toMatchObject({ id: "cpu", available: true, missing: "nothing", reason: "" });
  expect(devices[0]!.name.length).toBeGreaterThan(0);
  expect(cpus()[0]!.model).toContain(devices[0]!.name === "Processor" ? "" : devices[0]!.name);
  for (const device of devices.filter((one) => !one.available)) {
    expect(device.missing).not.toBe("nothing");
    expect(device.reason).toMatch(/^It needs .*\.$/);
    if (device.id === "cuda") continue; // asking without its library prints the runtime's own error
    await expect(createSession(small(), { ...CPU, device: device.id })).rejects.toMatchObject({
      code: "app/unsupported-platform",
    });
  }
});

test("the processor agrees with itself exactly; a device that answers NaN or something else does not pass", async () => {
  const on = { device: "cpu", threads: 2 } as const;
  expect(await compareWithCpu(small(), { x: x([1, 2]), w }, on)).toEqual({ difference: 0, output: "" });
  // NaN differs from everything, itself too: what a broken device answers must never count as agreement.
  await expect(requireAgreement(smallGraph(), { x: x([Number.NaN, 2]), w }, on)).rejects.toMatchObject({
    code: "training/device-disagrees",
    message: expect.stringContaining('first in MatMul "'),
  });
  await requireAgreement(smallGraph(), { x: x([1, 2]), w }, on);
});

test("an output that is nothing but rounding is excused; it excuses no other", () => {
  const outputs = (a: number, b: number) => ({ a: floatTensor([1], [a]), b: floatTensor([1], [b]) });
  const expected = outputs(1, 1);
  const moved = [outputs(1.5, 1 + 1e-5), outputs(2, 1 + 1e-4), outputs(1, 1), outputs(1, 1)];
  expect(worstExcess(expected, outputs(4, 1 + 5e-4), moved)).toBeNull();
  expect(worstExcess(expected, outputs(4, 1.01), moved)).toMatchObject({ output: "b", allowed: 1e-3 });
  expect(worstExcess(expected, outputs(20, 1), moved)).toMatchObject({ output: "a", difference: 19, allowed: 5 });
  expect(worstExcess(expected, outputs(Number.NaN, 1), moved)).toMatchObject({ output: "a" });
});
