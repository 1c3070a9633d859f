// Which range each value of a network takes on real images: the smallest and the largest seen, or a range that leaves outliers out.
//
// The extremes are computed inside the graph (ReduceMax of the value and of its negative), so a batch answers with two numbers per
// value and not with every activation. Percentile and entropy look at all numbers, in a second pass over the images that counts them between the extremes.
import { AppError, type Quantisation } from "../../preload/contract/index.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { createSession } from "../training/engines/session.ts";
import { addNumbers, emptyHistogram, entropyRange, type Histogram, percentileRange } from "./histogram.ts";
import type { Range } from "./quantize.ts";

export interface RangeRule {
  readonly calibration: Quantisation["calibration"];
  /** Read by "percentile" alone. */
  readonly percentile: number;
}

export interface Calibration {
  /** Prepared images, [count, 1, size, size] in [0, 1]. */
  readonly images: Float32Array;
  readonly size: number;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Images whose extremes are known; a second pass is not told. */
  readonly onImages: (done: number) => void;
  /** Smallest and largest where nothing is said. */
  readonly rule?: RangeRule;
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
  calibration: Calibration,
): Promise<ReadonlyMap<string, Range>> {
  const extremes = await extremesOf(graph, values, calibration);
  const { rule } = calibration;
  if (!rule || rule.calibration === "min-max") return extremes;
  const counted = await histograms(graph, extremes, calibration);
  const cut = (histogram: Histogram): Range =>
    rule.calibration === "entropy" ? entropyRange(histogram) : percentileRange(histogram, rule.percentile);
  return new Map([...counted].map(([name, histogram]) => [name, cut(histogram)]));
}

async function extremesOf(
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

async function histograms(
  graph: Graph,
  extremes: ReadonlyMap<string, Range>,
  { images, size, threads, signal }: Calibration,
): Promise<ReadonlyMap<string, Histogram>> {
  const found = new Map([...extremes].map(([name, range]) => [name, emptyHistogram(range)]));
  const builder = GraphBuilder.from(graph, { outputs: false });
  // What goes in is no output of a graph: it is counted from the images.
  const [image] = graph.inputs;
  const made = [...found.keys()].filter((name) => name !== image!.name);
  for (const name of made) builder.output(builder.value(name));
  const session = await createSession(writeOnnx(builder.build()), { device: "cpu", threads, use: "inference" });
  const area = size * size;
  const batch = batchOf(size) * area;
  try {
    for (let start = 0; start < images.length; start += batch) {
      if (signal.aborted) throw new AppError("app/aborted", "The work was stopped.");
      const data = images.slice(start, Math.min(images.length, start + batch));
      const answers = await session.run({ [image!.name]: floatTensor([data.length / area, 1, size, size], data) });
      for (const name of made) addNumbers(found.get(name)!, answers[name]!.data as Float32Array);
      const shown = found.get(image!.name);
      if (shown) addNumbers(shown, data);
    }
  } finally {
    await session.dispose();
  }
  return found;
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
