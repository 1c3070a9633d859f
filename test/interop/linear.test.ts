// Linear and logistic regression, trained by our steps to the end, beside scikit-learn's coefficients (Debian: python3-sklearn).
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelOutput } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";

/** Absolute, of coefficients near 1. */
const TOLERANCE = 1e-3;
const [CASES, FEATURES] = [400, 5];

const SOLVE = `
import json, sys
import numpy
from sklearn.linear_model import LinearRegression, LogisticRegression
job = json.load(sys.stdin)
x, y = numpy.array(job["x"]), numpy.array(job["y"])
if job["kind"] == "value":
    model = LinearRegression().fit(x, y)
else:
    model = LogisticRegression(penalty="none", multi_class="multinomial", tol=1e-10, max_iter=10000).fit(x, y)
print(json.dumps({"weights": model.coef_.tolist(), "bias": model.intercept_.tolist()}))
`;

function solved(job: object): { weights: number[][]; bias: number[] } {
  return JSON.parse(execFileSync("/usr/bin/python3", ["-c", SOLVE], { input: JSON.stringify(job) }).toString());
}

const random = createRandom(12, 1);
const x = Array.from({ length: CASES }, () => Array.from({ length: FEATURES }, () => random.normal()));
const table = floatTensor([CASES, FEATURES], x.flat());

/** Weights and bias after full-batch steps whose rate falls to nothing. */
async function fitted(output: ModelOutput, target: Tensor, steps: number) {
  const input = { kind: "table", features: FEATURES } as const;
  const shape = { input, output, normalise: { mean: 0, std: 1 }, seed: 1 };
  const model = buildArchitecture(output.kind === "value" ? "linear" : "logistic", shape);
  const step = trainingStep(model, { optimiser: "adam", batchSize: CASES, weightDecay: 0 });
  const run = await load(step.graph);
  let state: Record<string, Tensor> = Object.fromEntries(step.state.map(({ name, initial }) => [name, initial]));
  for (let at = 1; at <= steps; at++) {
    const rate = (0.05 * (1 + Math.cos((Math.PI * at) / steps))) / 2;
    const answers = await run({ table, target, ...state, ...Object.fromEntries(step.scalars(at, rate)) });
    state = Object.fromEntries(step.state.map(({ name, output: out }) => [name, answers[out]!]));
  }
  const layer = output.kind === "value" ? "values" : "logits";
  return { weights: numbers(state[`${layer}.weight`]!), bias: numbers(state[`${layer}.bias`]!) };
}

const near = (found: readonly number[], expected: readonly number[]) => {
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(TOLERANCE);
  });
};

test("linear regression reaches the coefficients of LinearRegression", async () => {
  const truth = [1.5, -2, 0.3, 0, 0.7];
  const y = x.map((row) => row.reduce((sum, value, i) => sum + value * truth[i]!, 0.4) + 0.3 * random.normal());
  const found = await fitted({ kind: "value", values: 1 }, floatTensor([CASES, 1], y), 1500);
  const expected = solved({ kind: "value", x, y: y.map((value) => [value]) });
  near(found.weights, expected.weights.flat());
  near(found.bias, expected.bias);
});

test("logistic regression over three classes reaches the coefficients of LogisticRegression", async () => {
  const y = x.map((row) => {
    const scores = [row[0]! + random.normal(), row[1]! - row[2]! + random.normal(), 0.5 * row[3]! + random.normal()];
    return scores.indexOf(Math.max(...scores));
  });
  const oneHot = y.flatMap((label) => [0, 1, 2].map((k) => Number(k === label)));
  const found = await fitted({ kind: "class", classes: 3 }, floatTensor([CASES, 3], oneHot), 3000);
  const expected = solved({ kind: "class", x, y });
  // Adding the same to all classes changes no probability: both sides are compared with their mean over classes taken out.
  const centred = (rows: readonly (readonly number[])[]) => {
    const means = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
    return rows.flatMap((row) => row.map((value, i) => value - means[i]!));
  };
  const rows = [0, 1, 2].map((k) => [...found.weights.slice(k * FEATURES, (k + 1) * FEATURES), found.bias[k]!]);
  near(centred(rows), centred(expected.weights.map((row, k) => [...row, expected.bias[k]!])));
});
