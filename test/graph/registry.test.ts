// Every row of the operator table is proved: by central differences and, where TensorFlow.js has the function, by its kernels and its differentiation.
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { OPERATORS, type OpName } from "../../main/graph/operators/index.ts";
import { createRandom } from "../../main/models/random.ts";
import { analyticGradients, expectGradient } from "./central-differences.ts";
import { numbers } from "./onnx-runtime.ts";
import type { OperatorCase } from "./operator-cases/draw.ts";
import { CASES, ELSEWHERE, NO_WITNESS } from "./operator-cases/index.ts";

/** Random shapes, axes, strides and pads for each operator. */
const DRAWS = 12;
/** Relative, as the issue of the engine asks; both sides count in float32. */
const RELATIVE = 1e-3;

const names = Object.keys(OPERATORS) as OpName[];
const learning = names.filter((name) => !("notDifferentiable" in OPERATORS[name].gradient));

beforeAll(async () => {
  await tf.setBackend("cpu");
});

test("every operator with a gradient has a case, and every case an operator", () => {
  const proved = [...Object.keys(CASES), ...Object.keys(ELSEWHERE)].sort();
  expect(proved).toEqual(learning.toSorted());
});

test("every case has a witness in TensorFlow.js or says why not", () => {
  const without = Object.entries(CASES).flatMap(([name, draw]) => (draw(createRandom(1)).theirs ? [] : [name]));
  expect(without.sort()).toEqual(Object.keys(NO_WITNESS).sort());
});

describe("gradients of random cases match central differences, values and gradients TensorFlow.js's", () => {
  for (const [name, draw] of Object.entries(CASES))
    test(name, () =>
      fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 20 }), async (seed) => {
          const one = draw(createRandom(seed));
          expect(operatorsOf(one)).toContain(name);
          await expectGradient(one);
          await expectTheirs(one);
        }),
        { numRuns: DRAWS, seed: 1 },
      ),
    );
});

function operatorsOf({ inputs, build }: OperatorCase): string[] {
  const b = new GraphBuilder("case");
  build(
    b,
    Object.fromEntries(Object.entries(inputs).map(([name, { type, dims }]) => [name, b.input(name, type, dims)])),
  );
  return b.build().nodes.map(({ op }) => op);
}

async function expectTheirs(one: OperatorCase): Promise<void> {
  const { theirs, inputs } = one;
  if (!theirs) return;
  const ours = await analyticGradients(one);
  const [keys, given] = [Object.keys(inputs), Object.values(inputs)];
  const tensors = given.map(({ dims, data }) => tf.tensor(Float32Array.from(data as Float64Array), [...dims]));
  const byName = (values: readonly tf.Tensor[]) => Object.fromEntries(keys.map((key, i) => [key, values[i]!]));
  const [output, weights] = [ours.outputs[0]!, ours.weights[0]!];
  const value = theirs(byName(tensors));
  expectClose(value, numbers(output), output.dims, "value");
  const dy = tf.tensor(Float32Array.from(weights.data as Float64Array), [...weights.dims]);
  // As a product inside: gradients come back for the loss that central differences nudged.
  const found = tf.grads((...values: tf.Tensor[]) => tf.sum(tf.mul(theirs(byName(values)), dy)))(tensors);
  keys.forEach((key, i) => {
    expectClose(found[i]!, numbers(ours.gradients[key]!), given[i]!.dims, `d ${key}`);
  });
}

function expectClose(theirs: tf.Tensor, ours: readonly number[], dims: readonly number[], what: string): void {
  expect(theirs.shape, what).toEqual([...dims]);
  const values = theirs.dataSync();
  ours.forEach((value, i) => {
    const off = Math.abs(value - values[i]!);
    if (!(off <= RELATIVE * Math.max(1, Math.abs(value)))) {
      expect.fail(`${what}[${i}] is ${value}, TensorFlow.js says ${values[i]}`);
    }
  });
}
