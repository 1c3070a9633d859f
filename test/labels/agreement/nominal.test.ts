import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { krippendorffAlpha } from "../../../main/labels/agreement/alpha.ts";
import {
  cohenKappa,
  fleissKappa,
  pairTable,
  pairwiseAgreement,
  percentAgreement,
} from "../../../main/labels/agreement/nominal.ts";

/** Figures of papers are printed to three decimals; those computed by other tools hold to 1e-6. */
const PRINTED = 3;
const COMPUTED = 6;

const classIndices = (least: number, most: number, classes: number) =>
  fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { minLength: least, maxLength: most });

describe("two readers", () => {
  // Cohen 1960: 200 cases, agreement .70, by chance .41.
  test("Cohen 1960: kappa .492 of 200 cases in three classes", () => {
    const table = [
      [88, 10, 2],
      [14, 40, 6],
      [18, 10, 12],
    ];
    expect(percentAgreement(table)).toBeCloseTo(0.7, 12);
    expect(cohenKappa(table)).toBeCloseTo(0.492, PRINTED);
    expect(cohenKappa(table)).toBeCloseTo(0.29 / 0.59, 12);
  });

  // Data set "anxiety" of R's package irr, readers 2 and 3; figures of irr 0.84 for kappa2: unweighted, "equal", "squared".
  test("irr's anxiety data: unweighted, linear and quadratic", () => {
    const levels = [1, 2, 3, 4, 6];
    const second = [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4].map((x) => levels.indexOf(x));
    const third = [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2].map((x) => levels.indexOf(x));
    const table = pairTable(second, third, levels.length);
    expect(cohenKappa(table)).toBeCloseTo(-0.006289308, COMPUTED);
    expect(cohenKappa(table, "linear")).toBeCloseTo(0.1459075, COMPUTED);
    expect(cohenKappa(table, "quadratic")).toBeCloseTo(0.2520325, COMPUTED);
  });

  // Fleiss and Cohen 1973: quadratic kappa is 2 cov / (var + var + (difference of means)²), variances over n.
  test("quadratic kappa is the concordance of the class numbers", () => {
    fc.assert(
      fc.property(classIndices(2, 40, 5), (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
        const covariance = (x: number[], y: number[]) => mean(x.map((v, i) => (v - mean(x)) * (y[i]! - mean(y))));
        const below = covariance(a, a) + covariance(b, b) + (mean(a) - mean(b)) ** 2;
        const kappa = cohenKappa(pairTable(a, b, 5), "quadratic");
        if (below === 0) expect(kappa).toBeNull();
        else expect(kappa).toBeCloseTo((2 * covariance(a, b)) / below, 9);
      }),
    );
  });

  test("without chance of disagreement, and without cases, kappa is undefined and not NaN", () => {
    for (const weights of ["none", "linear", "quadratic"] as const) {
      expect(cohenKappa(pairTable([1, 1, 1], [1, 1, 1], 3), weights)).toBeNull();
      expect(cohenKappa(pairTable([], [], 3), weights)).toBeNull();
      // Each sticks to one class, but not the same: no better than chance, and defined.
      expect(cohenKappa(pairTable([0, 0], [2, 2], 3), weights)).toBe(0);
    }
    expect(percentAgreement(pairTable([], [], 3))).toBeNull();
  });

  test("class indices outside the table and lists of different lengths are refused", () => {
    expect(() => pairTable([0, 3], [0, 0], 3)).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
    expect(() => pairTable([0, 0], [0, -1], 3)).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
    expect(() => pairTable([0, 0], [0], 3)).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
  });
});

// Fleiss 1971, Table 1: 30 patients, 6 psychiatrists each; depression, personality disorder, schizophrenia, neurosis, other.
const FLEISS_1971 = [
  [0, 0, 0, 6, 0],
  [0, 3, 0, 0, 3],
  [0, 1, 4, 0, 1],
  [0, 0, 0, 0, 6],
  [0, 3, 0, 3, 0],
  [2, 0, 4, 0, 0],
  [0, 0, 4, 0, 2],
  [2, 0, 3, 1, 0],
  [2, 0, 0, 4, 0],
  [0, 0, 0, 0, 6],
  [1, 0, 0, 5, 0],
  [1, 1, 0, 4, 0],
  [0, 3, 3, 0, 0],
  [1, 0, 0, 5, 0],
  [0, 2, 0, 3, 1],
  [0, 0, 5, 0, 1],
  [3, 0, 0, 1, 2],
  [5, 1, 0, 0, 0],
  [0, 2, 0, 4, 0],
  [1, 0, 2, 0, 3],
  [0, 0, 0, 0, 6],
  [0, 1, 0, 5, 0],
  [0, 2, 0, 1, 3],
  [2, 0, 0, 4, 0],
  [1, 0, 0, 4, 1],
  [0, 5, 0, 1, 0],
  [4, 0, 0, 0, 2],
  [0, 2, 0, 4, 0],
  [1, 0, 5, 0, 0],
  [0, 0, 0, 0, 6],
];

describe("several readers", () => {
  test("Fleiss 1971: kappa .430, of classes .245 .245 .520 .471 .566", () => {
    const found = fleissKappa(FLEISS_1971)!;
    expect(found.kappa).toBeCloseTo(0.43, PRINTED);
    expect(found.kappa).toBeCloseTo(0.4302445, COMPUTED); // irr 0.84, kappam.fleiss
    [0.245, 0.245, 0.52, 0.471, 0.566].forEach((expected, j) => {
      expect(found.classes[j]).toBeCloseTo(expected, PRINTED);
    });
    // Mean P_i, page 380.
    expect(pairwiseAgreement(FLEISS_1971)).toBeCloseTo(0.556, PRINTED);
  });

  test("one class only is undefined; a class that nobody said is undefined for itself alone", () => {
    expect(
      fleissKappa([
        [3, 0],
        [3, 0],
      ]),
    ).toBeNull();
    expect(fleissKappa([])).toBeNull();
    expect(
      fleissKappa([
        [2, 0, 0],
        [0, 2, 0],
      ]),
    ).toEqual({ kappa: 1, classes: [1, 1, null] });
  });

  test("cases with different numbers of readers are refused, and single readers", () => {
    expect(() =>
      fleissKappa([
        [2, 1],
        [1, 1],
      ]),
    ).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
    expect(() => fleissKappa([[1, 0]])).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
  });
});

/** Values of each unit from one row a reader; `.` is missing. */
function unitsOf(...rows: readonly string[]): number[][] {
  const values = rows.map((row) => row.split(" "));
  return values[0]!.map((_, unit) =>
    values
      .map((row) => row[unit]!)
      .filter((x) => x !== ".")
      .map((x) => (/\d/.test(x) ? Number(x) : x.charCodeAt(0))),
  );
}

describe("Krippendorff's alpha", () => {
  test("Krippendorff 2011, A: two readers, two classes: .095", () => {
    const units = unitsOf("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0");
    expect(krippendorffAlpha(units, "nominal")).toBeCloseTo(0.095, PRINTED);
  });

  test("Krippendorff 2011, B: two readers, five classes: .692", () => {
    const units = unitsOf("a a b b d c c c e d d a", "b a b b b c c c e d d d");
    expect(krippendorffAlpha(units, "nominal")).toBeCloseTo(0.692, PRINTED);
  });

  // C and D of the paper: the same four readers with values missing, on every scale.
  test.each([
    { scale: "nominal", expected: 0.743 },
    { scale: "ordinal", expected: 0.815 },
    { scale: "interval", expected: 0.849 },
    { scale: "ratio", expected: 0.797 },
  ] as const)(
    "Krippendorff 2011, four readers with values missing: $expected on the $scale scale",
    ({ scale, expected }) => {
      const units = unitsOf(
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
      );
      expect(krippendorffAlpha(units, scale)).toBeCloseTo(expected, PRINTED);
    },
  );

  /** The paper's way: coincidences of values, and a difference for each pair of values. */
  function byCoincidences(units: number[][], scale: "nominal" | "ordinal" | "interval" | "ratio"): number {
    const paired = units.filter((unit) => unit.length > 1);
    const values = [...new Set(paired.flat())].sort((a, b) => a - b);
    const o = values.map((c) =>
      values.map((k) =>
        paired.reduce((sum, unit) => {
          const [nc, nk] = [unit.filter((x) => x === c).length, unit.filter((x) => x === k).length];
          return sum + (c === k ? nc * (nc - 1) : nc * nk) / (unit.length - 1);
        }, 0),
      ),
    );
    const n = o.map((row) => row.reduce((sum, x) => sum + x, 0));
    const all = n.reduce((sum, x) => sum + x, 0);
    const square = (c: number, k: number): number => {
      if (c === k) return 0;
      if (scale === "nominal") return 1;
      if (scale === "interval") return (values[c]! - values[k]!) ** 2;
      if (scale === "ratio") return ((values[c]! - values[k]!) / (values[c]! + values[k]!)) ** 2;
      const between = n.slice(Math.min(c, k), Math.max(c, k) + 1).reduce((sum, x) => sum + x, 0);
      return (between - (n[c]! + n[k]!) / 2) ** 2;
    };
    let [observed, expected] = [0, 0];
    for (const c of values.keys()) {
      for (const k of values.keys()) {
        observed += o[c]![k]! * square(c, k);
        expected += n[c]! * n[k]! * square(c, k);
      }
    }
    return 1 - ((all - 1) * observed) / expected;
  }

  test("equals the paper's coincidence matrix on every scale, whatever is missing", () => {
    const units = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 }), { maxLength: 15 });
    fc.assert(
      fc.property(units, fc.constantFrom("nominal", "ordinal", "interval", "ratio"), (cases, scale) => {
        const expected = byCoincidences(cases, scale);
        const found = krippendorffAlpha(cases, scale);
        if (Number.isNaN(expected)) expect(found).toBeNull();
        else expect(found).toBeCloseTo(expected, 9);
      }),
      { numRuns: 300 },
    );
  });

  test("values that are no numbers are refused, and negative ones on the ratio scale", () => {
    expect(() => krippendorffAlpha([[1, Number.NaN]], "interval")).toThrow("finite");
    expect(() => krippendorffAlpha([[1, -2]], "ratio")).toThrow("none below 0");
    expect(krippendorffAlpha([[1, -2]], "interval")).toBe(0);
  });
});
