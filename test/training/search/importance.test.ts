import { expect, test } from "vitest";
import { ask } from "../../../main/training/search/ask.ts";
import { importance } from "../../../main/training/search/importance.ts";
import type { Configuration, SearchSpace, Trial } from "../../../main/training/search/space.ts";

const SPACE: SearchSpace = [
  { name: "much", kind: "float", low: 0, high: 1 },
  { name: "little", kind: "float", low: 1e-4, high: 1, log: true },
  { name: "nothing", kind: "integer", low: 1, high: 9 },
];

function tried(space: SearchSpace, count: number, value: (c: Configuration) => number): Trial[] {
  const trials: Trial[] = [];
  while (trials.length < count) {
    const configuration = ask(space, trials, { sampler: "random", seed: 2 })!;
    trials.push({ configuration, value: value(configuration) });
  }
  return trials;
}

test("of a sum the shares are those of the terms' variances", () => {
  // Variances 4/12 and 1/12: shares 0.8, 0.2 and 0.
  const shares = importance(
    SPACE,
    tried(SPACE, 40, (c) => 2 * Number(c.much) + Math.log10(Number(c.little)) / 4),
  )!;
  expect(Math.abs(shares[0]! - 0.8)).toBeLessThan(0.1);
  expect(Math.abs(shares[1]! - 0.2)).toBeLessThan(0.1);
  expect(shares[2]).toBeLessThan(0.02);
});

test("of a product both count for what they do together", () => {
  // (x - 1/2)(y - 1/2): neither does anything alone, and all is lost when either is held still.
  const centred = (c: Configuration) => (Number(c.much) - 0.5) * (Math.log10(Number(c.little)) / 4 + 0.5);
  const shares = importance(SPACE, tried(SPACE, 60, centred))!;
  expect(shares[0]).toBeGreaterThan(0.8);
  expect(shares[1]).toBeGreaterThan(0.8);
  expect(shares[2]).toBeLessThan(0.1);
});

test("a choice and what exists only beside it have shares, failures among the trials or not", () => {
  const space: SearchSpace = [
    { name: "optimiser", kind: "choice", options: ["sgd", "adam"] },
    { name: "momentum", kind: "float", low: 0, high: 1, when: { name: "optimiser", is: ["sgd"] } },
  ];
  const trials = tried(space, 40, (c) => (c.optimiser === "adam" ? 0 : 1 + 0.2 * Number(c.momentum)));
  const shares = importance(space, [...trials.with(3, { ...trials[3]!, value: Number.NaN })])!;
  expect(shares[0]).toBeGreaterThan(0.8);
  expect(shares[1]).toBeLessThan(0.1);
});

test("where nothing can be told there are no shares", () => {
  expect(
    importance(
      SPACE,
      tried(SPACE, 1, () => 1),
    ),
  ).toBeNull();
  expect(
    importance(
      SPACE,
      tried(SPACE, 9, () => 1),
    ),
  ).toBeNull();
});
