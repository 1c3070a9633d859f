// The forward side of each case is the runtime's own LSTM, GRU or RNN kernel; the backward side is ours, step by step.
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { gradient } from "../../../main/graph/gradient.ts";
import { expectGradient, randomTensor } from "../central-differences.ts";

const T = 3;
const N = 2;
const F = 2;
const H = 3;
/** The kernels are float32 and smooth: rounding of the losses over the step leaves a few 1e-4. */
const CURVED = { step: 0.01, within: 1e-3 };

describe("gradients match central differences of the runtime's kernels", () => {
  for (const [op, gates, states, attributes] of [
    ["LSTM", 4, 2, {}],
    ["GRU", 3, 1, { linear_before_reset: 0 }],
    ["GRU", 3, 1, { linear_before_reset: 1 }],
    ["RNN", 1, 1, {}],
  ] as const)
    for (const direction of ["forward", "reverse", "bidirectional"]) {
      const D = direction === "bidirectional" ? 2 : 1;
      const weights = {
        x: randomTensor("float32", [T, N, F], 1),
        w: randomTensor("float32", [D, gates * H, F], 2),
        r: randomTensor("float32", [D, gates * H, H], 3),
        bias: randomTensor("float32", [D, 2 * gates * H], 4),
      };
      const title = `${op} ${JSON.stringify(attributes)}, ${direction}`;
      const all = { ...attributes, hidden_size: H, direction };
      test(`${title}: whole sequence and last states, from zeros`, () =>
        expectGradient({
          inputs: weights,
          ...CURVED,
          build: (b, { x, w, r, bias }) => b.node(op, [x!, w!, r!, bias!], all, 1 + states),
        }));
      test(`${title}: from given states, without bias`, () =>
        expectGradient({
          inputs: {
            x: weights.x,
            w: weights.w,
            r: weights.r,
            ...Object.fromEntries(
              Array.from({ length: states }, (_, i) => [`s${i}`, randomTensor("float32", [D, N, H], 5 + i)]),
            ),
          },
          ...CURVED,
          build: (b, { x, w, r, s0, s1 }) => b.node(op, [x!, w!, r!, null, null, s0!, ...(s1 ? [s1] : [])], all, 1)[0]!,
        }));
    }
});

test("a layer that nothing is asked of stays one node", () => {
  const b = new GraphBuilder("frozen");
  const x = b.input("x", "float32", [T, N, F]);
  const w = b.initializer("w", randomTensor("float32", [1, 4 * H, F], 2));
  const r = b.initializer("r", randomTensor("float32", [1, 4 * H, H], 3));
  const scale = b.input("scale", "float32", []);
  const y = b.node("LSTM", [x, w, r], { hidden_size: H }, 1)[0]!;
  const loss = b.reduceSum(b.mul(y, scale), [0, 1, 2, 3], false);
  const ops = (wrt: string) => gradient(b.build(), loss.name, [wrt]).graph.nodes.map((node) => node.op);
  expect(ops("scale")).toContain("LSTM");
  expect(ops("w")).not.toContain("LSTM");
});
