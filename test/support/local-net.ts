// A small net whose last map is still fine (a row for eight of the picture's): what it sees at a place lies at that place, so maps of its stage can point.
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { ModelBuilder } from "../../main/models/layers.ts";

/** Four convolutions, three poolings, the mean of each channel: an untrained classifier of two classes as an ONNX file, for grey pictures of `size` pixels. */
export function localNet(size: number): Uint8Array {
  const m = new ModelBuilder("local", {
    input: { kind: "image", channels: 1, size: [size, size] },
    output: { kind: "class", classes: 2 },
    normalise: { mean: 0.5, std: 0.25 },
    seed: 3,
  });
  const widths = [8, 16, 32, 32];
  let x = m.input();
  for (const [stage, channels] of widths.entries()) {
    x = m.batchNorm(`stage${stage}.norm`, m.conv(`stage${stage}.conv`, x, channels, { bias: false }));
    x = m.b.relu(stage < widths.length - 1 ? m.b.maxPool(x, [2, 2], { strides: [2, 2] }) : x);
  }
  return writeOnnx(m.finish(m.b.flatten(m.b.globalAveragePool(x)), x).graph);
}
