// LAMB's steps against those of optax (Google's optimisers for JAX): fixtures/lamb.py.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { LEARNING_RATE, OPTIMISERS } from "../../main/models/optimisers.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";
import optax from "./fixtures/lamb.json" with { type: "json" };

/** Relative where a number is above 1: a dozen steps in float32. */
const TOLERANCE = 1e-5;
const SIZE = optax.start.length;

test.each(optax.cases)("twelve steps with decay $decay end where optax's do", async ({ decay, path }) => {
  const rule = OPTIMISERS.lamb();
  const b = new GraphBuilder("lamb");
  const vector = (name: string) => b.input(name, "float32", [SIZE]);
  const scalars = new Map([LEARNING_RATE, ...rule.scalars].map((name) => [name, b.input(name, "float32", [])]));
  rule.update(b, {
    parameter: vector("p"),
    gradient: vector("g"),
    memories: rule.memories.map(vector),
    scalar: (name) => scalars.get(name)!,
    rate: (name) => scalars.get(name)!,
    decay,
    shrink: null,
    nextParameter: "next/p",
    nextMemories: rule.memories.map((name) => `next/${name}`),
  });
  const kept = ["p", ...rule.memories];
  for (const name of kept) b.output(b.value(`next/${name}`));
  const run = await load(b.build());
  let state: Record<string, Tensor> = { p: floatTensor([SIZE], optax.start) };
  for (const name of rule.memories) state[name] = floatTensor([SIZE], new Array<number>(SIZE).fill(0));
  for (const [i, gradient] of optax.gradients.entries()) {
    const values = Object.entries(rule.values(i + 1, optax.rate)).map(
      ([name, value]) => [name, floatTensor([], [value])] as const,
    );
    const answers = await run({ ...state, ...Object.fromEntries(values), g: floatTensor([SIZE], gradient) });
    state = Object.fromEntries(kept.map((name) => [name, answers[`next/${name}`]!]));
    numbers(state.p!).forEach((value, at) => {
      const expected = path[i]![at]!;
      expect(Math.abs(value - expected)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(expected)));
    });
  }
});
