import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Intraclass, type IntraclassForms, intraclass } from "../../../main/labels/agreement/intraclass.ts";

// Shrout and Fleiss 1979, Table 2: six targets, four judges.
const SHROUT_FLEISS = [
  [9, 2, 5, 8],
  [6, 1, 3, 2],
  [8, 4, 6, 8],
  [7, 1, 2, 6],
  [10, 5, 6, 9],
  [6, 2, 4, 7],
];

const FORMS = ["oneWay", "agreement", "consistency"] as const;

describe("Shrout and Fleiss 1979", () => {
  // Table 4 prints .17 .29 .71 and .44 .62 .91; further digits and intervals are those of psych 2.2.9 on R 4.2.2: ICC(d, lmer = FALSE).
  const published: Record<keyof IntraclassForms, Record<keyof Intraclass, number>> = {
    oneWay: { single: 0.17, mean: 0.44 },
    agreement: { single: 0.29, mean: 0.62 },
    consistency: { single: 0.71, mean: 0.91 },
  };
  const psych = {
    oneWay: {
      single: [0.1657417684, -0.1329323248748, 0.722560062328],
      mean: [0.442797133679, -0.8844421552381, 0.912415420341],
    },
    agreement: {
      single: [0.2897637795, 0.0187865133747, 0.761084369649],
      mean: [0.620050547599, 0.0711368153025, 0.927232040168],
    },
    consistency: {
      single: [0.7148407148, 0.3424647650339, 0.945858259955],
      mean: [0.909315542377, 0.6756747138163, 0.985891678169],
    },
  };
  for (const form of FORMS) {
    for (const kind of ["single", "mean"] as const) {
      test(`${form}, ${kind}: ${published[form][kind]}, and psych's interval`, () => {
        const { value, low, high } = intraclass(SHROUT_FLEISS)![form][kind]!;
        expect(value).toBeCloseTo(published[form][kind], 2);
        [value, low, high].forEach((found, i) => {
          expect(found).toBeCloseTo(psych[form][kind][i]!, 9);
        });
      });
    }
  }
});

describe("what the forms mean", () => {
  test("a reader who always says two more agrees less and is as consistent", () => {
    const [plain, offset] = [SHROUT_FLEISS, SHROUT_FLEISS.map(([a, b, c, d]) => [a! + 2, b!, c!, d!])].map(
      (table) => intraclass(table)!,
    );
    expect(offset!.agreement.single!.value).toBeLessThan(plain!.agreement.single!.value);
    expect(offset!.consistency.single!.value).toBeCloseTo(plain!.consistency.single!.value, 12);
  });

  test("readers who say the same agree fully, and so do their intervals", () => {
    const table = [1, 4, 2, 8].map((x) => [x, x, x]);
    for (const form of FORMS)
      expect(intraclass(table)![form]).toEqual({
        single: { value: 1, low: 1, high: 1 },
        mean: { value: 1, low: 1, high: 1 },
      });
  });

  test("no figure is NaN, whatever the numbers; estimates lie within their intervals and never above 1", () => {
    const table = fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 4 })).chain(([cases, readers]) =>
      fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: readers, maxLength: readers }), {
        minLength: cases,
        maxLength: cases,
      }),
    );
    fc.assert(
      fc.property(table, (rows) => {
        const found = intraclass(rows);
        if (rows.flat().every((x) => x === rows[0]![0])) {
          expect(found).toBeNull();
          return;
        }
        for (const form of FORMS) {
          for (const estimate of [found![form].single, found![form].mean]) {
            if (estimate === null) continue;
            const { value, low, high } = estimate;
            for (const figure of [value, low ?? 0, high ?? 0]) expect(Number.isFinite(figure)).toBe(true);
            expect(value).toBeLessThanOrEqual(1 + 1e-9);
            expect(low ?? value).toBeLessThanOrEqual(value + 1e-9);
            expect(high ?? value).toBeGreaterThanOrEqual(value - 1e-9);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("one case or one reader has none; gaps are refused", () => {
    expect(intraclass([[1, 2, 3]])).toBeNull();
    expect(intraclass([[1], [2]])).toBeNull();
    expect(intraclass([])).toBeNull();
    expect(() => intraclass([[1, 2], [3]])).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
    expect(() =>
      intraclass([
        [1, 2],
        [3, Number.NaN],
      ]),
    ).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
  });
});
