// Which range each value of a network takes on real images: the smallest and the largest seen.
//
// The extremes are computed inside the graph (ReduceMax of the value and of its negative), so a batch answers with two numbers per
// value and not with every activation.
import { AppError } from "../../preload/contract/errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { createSession } from "../training/engines/session.ts";
import type { Range } from "./quantize.ts";

export interface Calibration {
  /** Prepared images, [count, 1, size, size] in [0, 1]. */
  readonly images: Float32Array;
  readonly size: number;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onImages: (done: number) => void;
}

const MOST_IMAGES = 16;
/** Of one batch: with every value in the middle of a U-Net that is 160 MB. */
const MOST_PIXELS = 2 ** 18;

/** Images of `size` rows and columns in one run. */
export function batchOf(size: number): number {
  return Math.max(1, Math.min(MOST_IMAGES, Math.floor(MOST_PIXELS / size ** 2)));
}

/** Range of each named value over the images. Errors: app/aborted; snapshot/part-empty without images; graph/invalid for NaN. */
export async function calibrate(
  graph: Graph,
  values: readonly string[],
  { images, size, threads, signal, onImages }: Calibration,
): Promise<ReadonlyMap<string, Range>> {
  const area = size * size;
  const count = images.length / area;
  if (count === 0)
    throw new AppError("snapshot/part-empty", "Calibration needs at least one image of the training part.");
  const session = await createSession(writeOnnx(withExtremes(graph, values)), {
    device: "cpu",
    threads,
    use: "inference",
  });
  const ranges = new Map<string, { min: number; max: number }>();
  const batch = batchOf(size);
  try {
    for (let start = 0; start < count; start += batch) {
      if (signal.aborted) throw new AppError("app/aborted", "The work was stopped.");
      const end = Math.min(count, start + batch);
      const image = floatTensor([end - start, 1, size, size], images.slice(start * area, end * area));
      const answers = await session.run({ [graph.inputs[0]!.name]: image });
      values.forEach((value, i) => {
        const [max, min] = [Number(answers[`max:${i}`]!.data[0]), -Number(answers[`max-negative:${i}`]!.data[0])];
        if (!Number.isFinite(min) || !Number.isFinite(max)) {
          throw new AppError("graph/invalid", `The value "${value}" is not finite on a training image.`);
        }
        const seen = ranges.get(value);
        ranges.set(value, { min: Math.min(seen?.min ?? min, min), max: Math.max(seen?.max ?? max, max) });
      });
      onImages(end);
    }
  } finally {
    await session.dispose();
  }
  return ranges;
}

function withExtremes(graph: Graph, values: readonly string[]): Graph {
  const builder = GraphBuilder.from(graph, { outputs: false });
  values.forEach((name, i) => {
    const value = builder.value(name);
    const axes = value.shape.map((_, axis) => axis);
    builder.output(builder.as(`max:${i}`).reduceMax(value, axes, false));
    const negative = builder.neg(value);
    builder.output(builder.as(`max-negative:${i}`).reduceMax(negative, axes, false));
  });
  return builder.build();
}
