import { expect, test } from "vitest";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { gradient } from "../../../main/graph/gradient.ts";
import { floatTensor, tensor } from "../../../main/graph/graph.ts";
import { numbers, runGraph } from "../onnx-runtime.ts";

/** Gradient of sum(weights * back(codes(x))) with scales and zero points of two channels. */
async function throughCodes(values: readonly number[], weights: readonly number[]): Promise<readonly number[]> {
  const b = new GraphBuilder("codes");
  const x = b.input("x", "float32", [1, 2, 3]);
  const scale = b.constant(floatTensor([2], [0.01, 0.02]));
  const zero = b.constant(tensor("int8", [2], Int8Array.of(0, 5)));
  const back = b.dequantizeLinear(b.quantizeLinear(x, scale, zero, 1), scale, zero, 1);
  const loss = b.reduceSum(b.mul(back, b.constant(floatTensor([1, 2, 3], weights))), [0, 1, 2], false);
  const found = gradient(b.build(), loss.name, ["x"]);
  const asked = GraphBuilder.from(found.graph, { outputs: false });
  asked.output(asked.as("dx").identity(asked.value(found.gradients.get("x")!)));
  return numbers((await runGraph(asked.build(), { x: floatTensor([1, 2, 3], values) })).dx!);
}

test("gradients pass straight through 8-bit codes and stop where codes are cut off", async () => {
  // Channel 0 holds -1.28 to 1.27, channel 1 (zero point 5) -2.66 to 2.44.
  const found = await throughCodes([0.5, 1.26, 1.29, -2.7, 0.3, 2.43], [1, 2, 3, 4, 5, 6]);
  [1, 2, 0, 0, 5, 6].forEach((expected, i) => {
    expect(found[i]).toBeCloseTo(expected, 5);
  });
});
