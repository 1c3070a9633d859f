import { describe, expect, test } from "vitest";
import { createRandom } from "../../../main/models/random.ts";
import { ask, type Sampler } from "../../../main/training/search/ask.ts";
import { logImprovement } from "../../../main/training/search/bayesian.ts";
import { haltonPoint } from "../../../main/training/search/halton.ts";
import {
  type Configuration,
  configurationAt,
  type SearchSpace,
  type Trial,
  unitOf,
  valueAt,
} from "../../../main/training/search/space.ts";

const MIXED: SearchSpace = [
  { name: "optimiser", kind: "choice", options: ["sgd", "adam"] },
  { name: "learningRate", kind: "float", low: 1e-4, high: 1, log: true },
  { name: "momentum", kind: "float", low: 0, high: 0.99, when: { name: "optimiser", is: ["sgd"] } },
  { name: "width", kind: "integer", low: 4, high: 64, log: true },
  { name: "nesterov", kind: "choice", options: [false, true], when: { name: "momentum", is: [0] } },
];

const SAMPLERS: readonly Sampler[] = ["grid", "random", "bayesian", "tpe", "auto"];

/** Asks `count` times, and tells each time what `value` says. */
function search(
  space: SearchSpace,
  sampler: Sampler,
  count: number,
  value: (c: Configuration) => number | null,
  seed = 1,
) {
  const trials: Trial[] = [];
  while (trials.length < count) {
    const configuration = ask(space, trials, { sampler, seed });
    if (!configuration) break;
    trials.push({ configuration, value: value(configuration) });
  }
  return trials;
}

const lowest = (trials: readonly Trial[]): number =>
  Math.min(...trials.map(({ value }) => value ?? Number.POSITIVE_INFINITY));
/** Smallest for adam at a learning rate of 0.01 and a width of 32. */
const mixedLoss = (c: Configuration): number =>
  (c.optimiser === "adam" ? 0 : 1 + (Number(c.momentum) - 0.9) ** 2) +
  (Math.log10(Number(c.learningRate)) + 2) ** 2 +
  Math.log2(Number(c.width) / 32) ** 2;

describe.each(SAMPLERS)("%s", (sampler) => {
  test("gives only parameters that exist, within their ranges, and whole numbers where it must", () => {
    for (const { configuration } of search(MIXED, sampler, 40, mixedLoss)) {
      expect("momentum" in configuration).toBe(configuration.optimiser === "sgd");
      expect("nesterov" in configuration).toBe(configuration.momentum === 0);
      expect(configuration.learningRate).toBeGreaterThanOrEqual(1e-4);
      expect(configuration.learningRate).toBeLessThanOrEqual(1);
      expect(configuration.width).toBeGreaterThanOrEqual(4);
      expect(configuration.width).toBeLessThanOrEqual(64);
      expect(Number.isInteger(configuration.width)).toBe(true);
    }
  });

  test("answers the same question the same way, so a search goes on from its trials alone", () => {
    const trials = search(MIXED, sampler, 30, mixedLoss);
    for (const number of [0, 1, 9, 15, 29]) {
      expect(ask(MIXED, trials.slice(0, number), { sampler, seed: 1 })).toEqual(trials[number]!.configuration);
    }
  });

  test("goes on past trials that failed and trials that still run", () => {
    const trials = search(MIXED, sampler, 25, (c) => (c.optimiser === "sgd" ? Number.NaN : mixedLoss(c)));
    const waiting = [...trials, ...trials.slice(0, 2).map(({ configuration }) => ({ configuration, value: null }))];
    expect(ask(MIXED, waiting, { sampler, seed: 1 })).toBeTruthy();
    const nothing = search(MIXED, sampler, 25, () => Number.NaN);
    expect(ask(MIXED, nothing, { sampler, seed: 1 })).toBeTruthy();
  });
});

test.each(["random", "bayesian", "tpe"] as const)("%s: another seed tries other configurations", (sampler) => {
  const [one, two] = [1, 2].map((seed) => search(MIXED, sampler, 12, mixedLoss, seed));
  expect(one!.map((t) => t.configuration)).not.toEqual(two!.map((t) => t.configuration));
});

test.each(["bayesian", "tpe"] as const)(
  "%s finds better ones than chance in a mixed space with conditions",
  (sampler) => {
    const seeds = Array.from({ length: 7 }, (_, i) => i + 1);
    const median = (values: number[]) => values.sort((a, b) => a - b)[3]!;
    const ours = median(seeds.map((seed) => lowest(search(MIXED, sampler, 30, mixedLoss, seed))));
    const chance = median(seeds.map((seed) => lowest(search(MIXED, "random", 30, mixedLoss, seed))));
    expect(ours).toBeLessThan(0.6 * chance);
  },
);

test("several trials that run at the same time are not the same one", () => {
  const trials: Trial[] = search(MIXED, "bayesian", 15, mixedLoss);
  const asked = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const configuration = ask(MIXED, trials, { sampler: "bayesian", seed: 1 })!;
    asked.add(JSON.stringify(configuration));
    trials.push({ configuration, value: null });
  }
  expect(asked.size).toBe(4);
});

test("a grid visits each combination once, and ends", () => {
  const space: SearchSpace = [
    { name: "kind", kind: "choice", options: ["a", "b"] },
    { name: "depth", kind: "integer", low: 1, high: 3, when: { name: "kind", is: ["b"] } },
    { name: "rate", kind: "float", low: 0.01, high: 1, log: true },
  ];
  const trials: Trial[] = [];
  for (;;) {
    const configuration = ask(space, trials, { sampler: "grid", seed: 1, levels: 3 });
    if (!configuration) break;
    trials.push({ configuration, value: 0 });
  }
  expect(new Set(trials.map(({ configuration }) => JSON.stringify(configuration))).size).toBe(12);
  expect(trials.length).toBe(12);
  const rates = [...new Set(trials.map(({ configuration }) => Number(configuration.rate)))];
  [0.01, 0.1, 1].forEach((rate, i) => {
    expect(rates[i]).toBeCloseTo(rate, 12);
  });
});

test("values keep their place on the way to the unit cube and back, ends included", () => {
  const random = createRandom(3, 1);
  for (let i = 0; i < 200; i++) {
    const configuration = configurationAt(
      MIXED,
      MIXED.map(() => random.uniform()),
    );
    for (const parameter of MIXED) {
      const value = configuration[parameter.name];
      if (value === undefined) continue;
      const back = valueAt(parameter, unitOf(parameter, value));
      if (typeof value === "number") expect(Number(back)).toBeCloseTo(value, 10);
      else expect(back).toBe(value);
    }
  }
  for (const parameter of MIXED) {
    if (parameter.kind === "choice") continue;
    expect(valueAt(parameter, 0)).toBeCloseTo(parameter.low, 12);
    expect(valueAt(parameter, 1)).toBeCloseTo(parameter.high, 12);
  }
});

test("whole numbers have equal chances on a plain scale", () => {
  const counts = [0, 0, 0];
  for (let i = 0; i < 300; i++)
    counts[Number(valueAt({ name: "n", kind: "integer", low: 1, high: 3 }, (i + 0.5) / 300)) - 1]!++;
  expect(counts).toEqual([100, 100, 100]);
});

test("the first points of a scrambled Halton sequence fall one into each part of every axis", () => {
  for (const [axis, base] of [2, 3, 5].entries()) {
    const parts = Array.from({ length: base }, (_, i) => Math.floor(haltonPoint(i, 3, 4)[axis]! * base));
    expect(parts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: base }, (_, i) => i));
  }
});

test("the logarithm of the expected improvement agrees with its integral, and keeps digits far out", () => {
  const integral = (z: number): number => {
    let sum = 0;
    const step = 1e-4;
    for (let t = step / 2; t < 12; t += step) sum += t * Math.exp(-0.5 * (t - z) ** 2) * step;
    return Math.log(sum / Math.sqrt(2 * Math.PI));
  };
  for (const z of [-20, -6, -2.6, -2.4, -0.5, 0, 0.7, 2.4, 2.6, 4])
    expect(logImprovement(z)).toBeCloseTo(integral(z), 5);
  expect(logImprovement(-1001) - logImprovement(-999)).toBeCloseTo(-2000 - 2 * Math.log(1001 / 999), 5);
  expect(logImprovement(50)).toBeCloseTo(Math.log(50), 12);
});

test.each<[string, SearchSpace]>([
  ["is empty", []],
  ["two parameters", [MIXED[1]!, MIXED[1]!]],
  ["does not come before", [MIXED[2]!, MIXED[0]!]],
  ["no options", [{ name: "x", kind: "choice", options: [] }]],
  ["no range", [{ name: "x", kind: "float", low: 0, high: 1, log: true }]],
  ["no range", [{ name: "x", kind: "integer", low: 0.5, high: 2 }]],
  ["no range", [{ name: "x", kind: "float", low: 2, high: 1 }]],
])("a space that %s is refused", (message, space) => {
  expect(() => ask(space, [], { sampler: "random", seed: 1 })).toThrow(message);
});
