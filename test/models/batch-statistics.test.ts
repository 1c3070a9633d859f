import { expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor } from "../../main/graph/graph.ts";
import { withBatchStatistics } from "../../main/models/batch-statistics.ts";
import { randomTensor } from "../graph/central-differences.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

/** Two batch norms in a row, whose running statistics start out equal, and one channel: what a runtime might share by mistake. */
function twoNorms(channels: number) {
  const b = new GraphBuilder("norms");
  let x = b.input("x", "float32", [3, channels, 2, 2]);
  const ones = floatTensor([channels], new Float32Array(channels).fill(1));
  const names: string[] = [];
  for (const at of ["a", "b"]) {
    const [mean, variance] = [`${at}.mean`, `${at}.variance`].map((name) => b.input(name, "float32", [channels]));
    names.push(mean!.name, variance!.name);
    x = b
      .as(`${at}.out`)
      .batchNormalization(x, b.constant(ones), b.constant(ones), mean!, variance!, { epsilon: 0.01 });
  }
  b.output(x);
  return { graph: b.build(), names };
}

for (const [channels, target] of [
  [1, "cpu"],
  [2, "cpu"],
  [20, "cpu"],
  [2, "portable"],
] as const)
  test(`running statistics move a tenth of the way to the batch's mean and unbiased variance, ${channels} channels, ${target}`, async () => {
    const { graph, names } = twoNorms(channels);
    const { graph: training, updated } = withBatchStatistics(graph, names, (name) => `next/${name}`, target);
    const b = GraphBuilder.from(training);
    for (const name of updated.values()) b.output(b.value(name));
    b.output(b.value("a.out"));
    const x = randomTensor("float32", [3, channels, 2, 2], 1, 2, 5);
    const start = floatTensor([channels], new Float32Array(channels).fill(7));
    const found = await runGraph(b.build(), { x, ...Object.fromEntries(names.map((name) => [name, start])) });

    const follow = (values: number[], at: string) => {
      const normalised: number[] = [];
      for (let c = 0; c < channels; c++) {
        const mine = values.filter((_, i) => Math.floor(i / 4) % channels === c);
        const mean = mine.reduce((sum, v) => sum + v, 0) / 12;
        const square = mine.reduce((sum, v) => sum + (v - mean) ** 2, 0);
        expect(numbers(found[`next/${at}.mean`]!)[c]).toBeCloseTo(0.9 * 7 + 0.1 * mean, 4);
        expect(numbers(found[`next/${at}.variance`]!)[c]).toBeCloseTo(0.9 * 7 + (0.1 * square) / 11, 4);
        values.forEach((v, i) => {
          if (Math.floor(i / 4) % channels === c) normalised[i] = (v - mean) / Math.sqrt(square / 12 + 0.01) + 1;
        });
      }
      return normalised;
    };
    const first = follow(numbers(x), "a");
    numbers(found["a.out"]!).forEach((value, i) => {
      expect(value).toBeCloseTo(first[i]!, 4);
    });
    follow(first, "b");
  });
