import { describe, expect, test } from "vitest";
import {
  type BootstrapMethod,
  bootstrap,
  intervalOf,
  type Statistic,
} from "../../../main/labels/agreement/bootstrap.ts";
import { fCdf, fQuantile, normalCdf, normalQuantile, tQuantile } from "../../../main/labels/agreement/distributions.ts";
import { createRandom } from "../../../main/models/random.ts";

const each = (count: number) => Array.from({ length: count }, (_, i) => [i]);
const meanOf =
  (values: readonly number[]): Statistic =>
  (cases) =>
    cases.length === 0 ? null : cases.reduce((sum, i) => sum + values[i]!, 0) / cases.length;

describe("resampling cases", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

  test("same seed, same interval; another seed, another one", () => {
    const run = (seed: number) => bootstrap(each(12), meanOf(values), { seed })!;
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    expect(run(7).low!).toBeLessThan(run(7).value);
    expect(run(7).high!).toBeGreaterThan(run(7).value);
  });

  test("the mean's percentile interval is that of the normal approximation, nearly", () => {
    const random = createRandom(5);
    const many = Array.from({ length: 400 }, () => random.normal());
    const found = bootstrap(each(400), meanOf(many), { seed: 1, method: "percentile", resamples: 20_000 })!;
    const mean = many.reduce((sum, x) => sum + x, 0) / 400;
    const error = Math.sqrt(many.reduce((sum, x) => sum + (x - mean) ** 2, 0)) / 400;
    expect(found.low).toBeCloseTo(mean - 1.96 * error, 2);
    expect(found.high).toBeCloseTo(mean + 1.96 * error, 2);
  });

  // Of 300 intervals of 90 %, 270 should hold the truth; 5 standard deviations are 26. The variance of a few skewed values is where BCa earns its name.
  test("BCa intervals hold the mean about as often as they say, more often than percentile ones do for a skewed variance", () => {
    const held = (statistic: (values: readonly number[]) => Statistic, truth: number, method: BootstrapMethod) => {
      let count = 0;
      for (let round = 0; round < 300; round++) {
        const random = createRandom(3, round);
        const sample = Array.from({ length: 25 }, () => -Math.log(1 - random.uniform()));
        const { low, high } = bootstrap(each(25), statistic(sample), {
          seed: round,
          resamples: 500,
          level: 0.9,
          method,
        })!;
        if (low! <= truth && truth <= high!) count++;
      }
      return count;
    };
    expect(Math.abs(held(meanOf, 1, "bca") - 270)).toBeLessThan(27);
    const varianceOf =
      (sample: readonly number[]): Statistic =>
      (cases) => {
        const mean = meanOf(sample)(cases)!;
        return cases.reduce((sum, i) => sum + (sample[i]! - mean) ** 2, 0) / cases.length;
      };
    expect(held(varianceOf, 1, "bca")).toBeGreaterThan(held(varianceOf, 1, "percentile"));
  });
});

describe("resampling patients", () => {
  test("cases of a patient go together: copies of a case make no interval narrower", () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const single = bootstrap(each(8), meanOf(values), { seed: 4 })!;
    const copies = values.flatMap((x) => Array<number>(5).fill(x));
    const patients = values.map((_, p) => Array.from({ length: 5 }, (_, i) => 5 * p + i));
    const clustered = bootstrap(patients, meanOf(copies), { seed: 4 })!;
    expect(clustered.low).toBeCloseTo(single.low!, 12);
    expect(clustered.high).toBeCloseTo(single.high!, 12);
    const apart = bootstrap(each(40), meanOf(copies), { seed: 4 })!;
    expect(apart.high! - apart.low!).toBeLessThan(0.6 * (clustered.high! - clustered.low!));
  });

  test("every resample draws as many patients, and gives the statistic all cases of each", () => {
    const patients = [[0, 1, 2], [3], [4, 5]];
    const seen = new Set<number>();
    bootstrap(
      patients,
      (cases) => {
        const counts = [0, 1, 2, 3, 4, 5].map((i) => cases.filter((found) => found === i).length);
        expect(counts[0] === counts[1] && counts[1] === counts[2] && counts[4] === counts[5]).toBe(true);
        seen.add(counts[0]! + counts[3]! + counts[4]!);
        return 1;
      },
      { seed: 2, resamples: 200 },
    );
    expect([...seen].sort()).toEqual([2, 3]); // 2: one patient left out for the acceleration
  });
});

describe("where there is no interval", () => {
  test("a figure that is undefined is null, one of a single patient has no interval", () => {
    expect(bootstrap(each(3), () => null, { seed: 1 })).toBeNull();
    expect(bootstrap([], meanOf([]), { seed: 1 })).toBeNull();
    expect(bootstrap([[0, 1]], meanOf([1, 3]), { seed: 1 })).toEqual({ value: 2, low: null, high: null });
  });

  test("undefined resamples are left out, up to half of them", () => {
    // Undefined without case 0, which a resample of n cases misses with (1 - 1/n)^n, at most 0.37; without 0 and 1 with more.
    const values = [0, 1, 2, 3, 4, 5];
    const mean = meanOf(values);
    const needsOne = bootstrap(each(6), (cases) => (cases.includes(0) ? mean(cases) : null), { seed: 1 })!;
    expect(needsOne.low).not.toBeNull();
    const needsAll = (cases: Int32Array) => (values.every((i) => cases.includes(i)) ? mean(cases) : null);
    expect(bootstrap(each(6), needsAll, { seed: 1 })).toEqual({ value: 2.5, low: null, high: null });
  });

  test("a figure that no resample changes has an interval of no width, and none is NaN", () => {
    expect(bootstrap(each(5), () => 1, { seed: 1 })).toEqual({ value: 1, low: 1, high: 1 });
    // 0.1 + 0.2 is 0.3 in another order of summing: half below, not all of it.
    const [exact, rounded] = [0.3, 0.1 + 0.2].map((same) =>
      intervalOf(0.3, [0.1, 0.2, same, 0.4, 0.6], [], 0.5, "bca"),
    );
    expect(rounded!.low).toBeCloseTo(exact!.low, 12);
    // All resamples on one side: no bias can be measured, the percentile interval is given.
    expect(intervalOf(0, [1, 2, 3], [0, 0], 0.9, "bca")).toEqual(intervalOf(0, [1, 2, 3], [], 0.9, "percentile"));
  });
});

describe("distributions", () => {
  // Printed tables: F(.975; 5, 18), t(.975; 16), z.
  test("quantiles as printed in tables", () => {
    expect(fQuantile(0.975, 5, 18)).toBeCloseTo(3.38, 2);
    expect(fQuantile(0.95, 1, 10)).toBeCloseTo(4.96, 2);
    expect(tQuantile(0.975, 16)).toBeCloseTo(2.12, 2);
    expect(tQuantile(0.025, 16)).toBeCloseTo(-2.12, 2);
    expect(tQuantile(0.5, 3)).toBe(0);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalCdf(-1.96)).toBeCloseTo(0.0249978951482204, 12);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test("a quantile is where its probability is, for degrees of freedom from 0.1 to a million", () => {
    for (const d1 of [0.1, 1, 2.5, 30, 1e6]) {
      for (const d2 of [0.7, 3, 100, 1e5]) {
        for (const p of [1e-4, 0.025, 0.5, 0.975]) expect(fCdf(fQuantile(p, d1, d2), d1, d2)).toBeCloseTo(p, 9);
      }
    }
  });
});
