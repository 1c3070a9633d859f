// How much the network needs each unit of channels.
//
// By magnitude: the mean L1 norm of the weights that make it (Li et al. 2017, https://arxiv.org/abs/1608.08710), each layer's divided by its mean, because layers have scales of their own.
// By first-order Taylor expansion: how much the loss would change if its weights were 0, (sum of gradient times weight)^2, averaged over batches (Molchanov et al. 2019,
// https://arxiv.org/abs/1906.10771, equation 8). Its numbers are changes of the same loss, so they are compared across layers as they are.
import { AppError } from "../../../preload/contract/errors.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { gradient } from "../../graph/gradient.ts";
import { bindDimensions, floatTensor, type Graph, type Tensor } from "../../graph/graph.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { softmaxCrossEntropy } from "../../models/losses.ts";
import { createSession } from "../../training/engines/session.ts";
import type { Channels, Slice } from "./channels.ts";

/** Importance of each unit by the L1 norm of the weights that make it; 1 is the mean of its layer. */
export function magnitude(graph: Graph, { count, slices }: Channels): Float64Array {
  const [sums, layers] = [new Float64Array(count), new Float64Array(count)];
  for (const { constant, axis, units } of slices.filter(({ role }) => role === "makes")) {
    const norms = entrySums(graph.initializers.get(constant)!, axis, Math.abs);
    const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
    units.forEach((unit, i) => {
      if (unit < 0) return;
      sums[unit]! += mean > 0 ? norms[i]! / mean : 0;
      layers[unit]!++;
    });
  }
  return sums.map((sum, unit) => sum / Math.max(1, layers[unit]!));
}

function entrySums({ dims, data }: Tensor, axis: number, of: (value: number) => number): Float64Array {
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const sums = new Float64Array(dims[axis]!);
  for (let i = 0; i < data.length; i++) sums[Math.floor(i / inner) % sums.length]! += of(Number(data[i]));
  return sums;
}

/** Cases with their truths, as many as a batch. */
interface Batch {
  /** As the graph's input wants them, [batch, ...]. */
  readonly cases: Float32Array;
  /** [batch, classes] or [batch, classes, ...size]: one-hot or soft. */
  readonly target: Float32Array;
}

export interface TaylorOptions {
  readonly batch: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
}

/**
 * Importance of each unit by what the cross-entropy of `logits` would change without it, over these batches.
 * @throws graph/not-differentiable; app/aborted; snapshot/part-empty without a batch
 */
export async function taylor(
  graph: Graph,
  channels: Channels,
  batches: Iterable<Batch>,
  { batch, threads, signal }: TaylorOptions,
): Promise<Float64Array> {
  const slices = channels.slices.filter(({ role, units }) => role !== "reads" && units.some((unit) => unit >= 0));
  const moving = slices.filter(({ constant }) => !isStatistic(graph, constant));
  const bound = bindDimensions(graph, { N: batch });
  const [input] = bound.inputs;
  const session = await createSession(writeOnnx(withSensitivity(bound, moving)), {
    device: "cpu",
    threads,
    use: "training",
  });
  const importance = new Float64Array(channels.count);
  let seen = 0;
  try {
    for (const { cases, target } of batches) {
      if (signal?.aborted) throw new AppError("app/aborted", "The work was stopped.");
      const dims = (shape: Graph["inputs"][number]["shape"]) => shape as readonly number[];
      const logits = bound.outputs.find(({ name }) => name === "logits")!;
      const answers = await session.run({
        [input!.name]: floatTensor(dims(input!.shape), cases),
        target: floatTensor([batch, ...dims(logits.shape.slice(1))], target),
      });
      const change = new Float64Array(channels.count);
      moving.forEach(({ units }, at) => {
        const { data } = answers[`change:${at}`]!;
        units.forEach((unit, i) => {
          if (unit >= 0) change[unit]! += Number(data[i]);
        });
      });
      change.forEach((value, unit) => {
        importance[unit]! += value * value;
      });
      seen++;
    }
  } finally {
    await session.dispose();
  }
  if (seen === 0) throw new AppError("snapshot/part-empty", "Importance needs at least one batch of images.");
  return importance.map((sum) => sum / seen);
}

/** Running means and variances belong to channels but nothing learns them. */
function isStatistic({ nodes }: Graph, constant: string): boolean {
  return nodes.some(({ op, inputs }) => op === "BatchNormalization" && inputs.indexOf(constant) >= 3);
}

/** Output `change:i` [entries]: gradient times weight, summed over everything but the axis of slice i. */
function withSensitivity(graph: Graph, slices: readonly Slice[]): Graph {
  const forward = GraphBuilder.from(graph, { outputs: false });
  const logits = forward.value("logits");
  const target = forward.input("target", "float32", logits.shape);
  const loss = softmaxCrossEntropy(forward, logits, target);
  forward.output(loss);
  const wanted = [...new Set(slices.map(({ constant }) => constant))];
  const { graph: both, gradients } = gradient(forward.build(), loss.name, wanted);
  const b = GraphBuilder.from(both, { outputs: false });
  slices.forEach(({ constant, axis }, at) => {
    const weight = b.value(constant);
    const change = b.mul(weight, b.value(gradients.get(constant)!));
    const others = weight.shape.map((_, i) => i).filter((i) => i !== axis);
    const summed = others.length > 0 ? b.reduceSum(change, others, false) : change;
    b.output(b.as(`change:${at}`).identity(summed));
  });
  return b.build();
}
