// A classifier as another tool writes it: seven classes, colour pictures, names of its own, a softmax at the end, any number of cases.
import { GraphBuilder } from "../../main/graph/builder.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { randomTensor } from "../graph/central-differences.ts";

/** Its ONNX file, for pictures of this side. Three layers: `a` and `b`, `c` and `d`, `e` and `f`. */
export function colourNet(side: number): Uint8Array {
  const b = new GraphBuilder("theirs");
  const weight = (name: string, dims: readonly number[], seed: number) =>
    b.initializer(name, randomTensor("float32", dims, seed, -0.3, 0.3));
  const x = b.input("input.1", "float32", ["batch", 3, side, side]);
  let y = b.relu(b.conv(x, weight("a", [8, 3, 3, 3], 1), weight("b", [8], 2), { pads: [1, 1, 1, 1], strides: [2, 2] }));
  y = b.relu(b.conv(y, weight("c", [12, 8, 3, 3], 3), weight("d", [12], 4), { pads: [1, 1, 1, 1] }));
  y = b.gemm(b.flatten(b.globalAveragePool(y)), weight("e", [7, 12], 5), weight("f", [7], 6), { transB: true });
  b.output(b.as("scores").softmax(y, 1));
  return writeOnnx(b.build());
}
