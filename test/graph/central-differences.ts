// The oldest witness: a gradient is right if it predicts how the output moves when one input number is nudged both ways.
//
// The loss is sum(weights * y) with fixed weights, added up here in double precision. Where ONNX Runtime has a double kernel the whole
// check runs in float64 with a small step. Convolution and pooling have float32 kernels only; they are linear in each input
// (piecewise, for maxima), so a wide step has no truncation error and rounding is all that is left.
import { expect } from "vitest";
import { GraphBuilder, type Value } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { elementCount, floatTensor, type Graph, type Tensor, tensor } from "../../main/graph/graph.ts";
import type { Target } from "../../main/graph/operators/rule.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { createRandom } from "../../main/models/random.ts";
import { load, numbers } from "./onnx-runtime.ts";

/** float64: step^2 truncation and 1e-16 / step rounding are both near 1e-10; curvature of our functions is below 1000. */
const DOUBLE = { step: 1e-5, within: 1e-6 };
/** float32, linear functions of up to a few hundred terms of size 1. */
const LINEAR = { step: 0.5, within: 1e-4 };

export type Precision = "float64" | "float32";

export interface GradientCase {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly build: (b: GraphBuilder, inputs: Readonly<Record<string, Value>>) => Value | readonly Value[];
  readonly target?: Target;
  /** Half the distance over which the function is straight; for float32 only. */
  readonly step?: number;
  /** Largest difference, relative to the gradient where that is above 1; for float32 functions that curve within a step. */
  readonly within?: number;
  /** Inputs to differentiate with respect to; all when absent. */
  readonly wrt?: readonly string[];
}

export function randomTensor(type: Precision, dims: readonly number[], seed: number, low = -1, high = 1): Tensor {
  const random = createRandom(seed, 77);
  const values = Array.from({ length: elementCount(dims) }, () => low + (high - low) * random.uniform());
  return type === "float32" ? floatTensor(dims, values) : tensor(type, dims, Float64Array.from(values));
}

/** All values at least `gap` apart, in random order: no maximum changes hands when one moves by less than half of it. */
export function distinctTensor(dims: readonly number[], seed: number, gap = 0.25): Tensor {
  const count = elementCount(dims);
  const order = createRandom(seed, 78).shuffle(Array.from({ length: count }, (_, i) => i));
  return floatTensor(
    dims,
    order.map((rank) => (rank - count / 2) * gap),
  );
}

/** Outputs y0, y1.. and, in a second graph, gradients of sum(weights * y). */
export function graphs({ inputs, build, target, wrt }: GradientCase): { forward: Graph; backward: Graph } {
  const b = new GraphBuilder("case");
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { type, dims }]) => [name, b.input(name, type, dims)]),
  );
  const built = build(b, values);
  const outputs = Array.isArray(built) ? (built as readonly Value[]) : [built as Value];
  for (const output of outputs) b.output(output);
  const forward = b.build();
  const terms = outputs.map((output, i) => {
    const weights = b.constant(weightsFor(output, i));
    return b.reduceSum(
      b.mul(output, weights),
      output.shape.map((_, axis) => axis),
      false,
    );
  });
  const loss = terms.reduce((sum, term) => b.add(sum, term));
  const asked = wrt ?? Object.keys(inputs);
  const found = gradient(b.build(), loss.name, asked, target);
  verifyGraph(found.graph);
  const back = GraphBuilder.from(found.graph, { outputs: false });
  for (const name of asked) back.output(back.as(`d_${name}`).identity(back.value(found.gradients.get(name)!)));
  return { forward, backward: back.build() };
}

function weightsFor(output: Value, index: number): Tensor {
  return randomTensor(output.type as Precision, output.shape as readonly number[], 1000 + index);
}

/** Outputs, the fixed weights of the loss, and the gradients that our rules give. */
export async function analyticGradients(c: GradientCase): Promise<{
  readonly outputs: readonly Tensor[];
  readonly weights: readonly Tensor[];
  readonly gradients: Readonly<Record<string, Tensor>>;
}> {
  const { forward, backward } = graphs(c);
  const values = await (await load(forward))(c.inputs);
  const found = await (await load(backward))(c.inputs);
  return {
    outputs: forward.outputs.map(({ name }) => values[name]!),
    weights: forward.outputs.map(({ name, type, shape }, i) => weightsFor({ name, type, shape }, i)),
    gradients: Object.fromEntries((c.wrt ?? Object.keys(c.inputs)).map((name) => [name, found[`d_${name}`]!])),
  };
}

export async function expectGradient(c: GradientCase): Promise<void> {
  const { forward, backward } = graphs(c);
  const run = await load(forward);
  const analytic = await (await load(backward))(c.inputs);
  const lossAt = async (inputs: Readonly<Record<string, Tensor>>) => {
    const outputs = await run(inputs);
    let sum = 0;
    for (const [i, { name, type, shape }] of forward.outputs.entries()) {
      const weights = numbers(weightsFor({ name, type, shape }, i));
      numbers(outputs[name]!).forEach((y, k) => {
        sum += y * weights[k]!;
      });
    }
    return sum;
  };
  for (const name of c.wrt ?? Object.keys(c.inputs)) {
    const input = c.inputs[name]!;
    const precision =
      input.type === "float64" ? DOUBLE : { step: c.step ?? LINEAR.step, within: c.within ?? LINEAR.within };
    const got = numbers(analytic[`d_${name}`]!);
    expect(got.length).toBe(input.data.length);
    for (let i = 0; i < got.length; i++) {
      const nudged = async (by: number) => {
        const data = input.data.slice() as Float64Array;
        data[i]! += by;
        return { loss: await lossAt({ ...c.inputs, [name]: { ...input, data } }), at: data[i]! };
      };
      const up = await nudged(precision.step);
      const down = await nudged(-precision.step);
      const expected = (up.loss - down.loss) / (up.at - down.at);
      const off = Math.abs(got[i]! - expected);
      if (!(off <= precision.within * Math.max(1, Math.abs(expected)))) {
        expect.fail(`d loss / d ${name}[${i}] is ${got[i]}, central differences say ${expected}`);
      }
    }
  }
}
