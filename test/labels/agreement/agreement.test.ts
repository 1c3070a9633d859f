import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Answer,
  agreement,
  type LabelAgreement,
  type Question,
} from "../../../main/labels/agreement/agreement.ts";
import { type Drawing, drawnAgreement } from "../../../main/labels/agreement/drawn.ts";
import type { Figure, Reading } from "../../../main/labels/agreement/readings.ts";
import { drawn, type Pixels } from "../masks/mask-arbitraries.ts";

const SETTINGS = { seed: 1, resamples: 200 };

/** One row of answers a reader, one letter or value a case; a gap where the case was not read. Every case is a patient unless said. */
function readings<Value>(
  rows: Record<string, readonly (Value | null)[]>,
  patient: (i: number) => string = (i) => `patient ${i}`,
): Reading<Value>[] {
  return Object.entries(rows).flatMap(([reader, values]) =>
    values.flatMap((value, i) =>
      value === null ? [] : [{ reader, caseId: `case ${i}`, patient: patient(i), label: "finding", value }],
    ),
  );
}

const letters = (text: string): (string | null)[] => [...text].map((letter) => (letter === " " ? null : letter));
const nominal: Question = { label: "finding", scale: "nominal" };
const one = (found: readonly LabelAgreement[]): LabelAgreement => {
  expect(found).toHaveLength(1);
  return found[0]!;
};
const value = (figure: Figure | undefined): number => {
  expect(figure?.value).not.toBeNull();
  return figure!.value!;
};

describe("classes", () => {
  const three = {
    anna: letters("aabbccaabb"),
    ben: letters("aabbccaabc"),
    carla: letters("aabbbc  bb"),
  };

  test("each pair has its own cases, figures and intervals, in the order of names", () => {
    const found = one(agreement(readings<Answer>(three), [nominal], SETTINGS));
    expect(found.readers).toEqual(["anna", "ben", "carla"]);
    expect(found.pairs.map(({ readers, cases }) => [...readers, cases])).toEqual([
      ["anna", "ben", 10],
      ["anna", "carla", 8],
      ["ben", "carla", 8],
    ]);
    const first = found.pairs[0]!;
    expect(value(first.figures.percent)).toBeCloseTo(0.9, 12);
    // By chance .4 x .4 + .4 x .3 + .2 x .3 = .34.
    expect(value(first.figures.kappa)).toBeCloseTo((0.9 - 0.34) / 0.66, 12);
    expect(first.figures.kappa).toMatchObject({ low: expect.any(Number), high: expect.any(Number) });
    expect(first.classes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(value(first.classes[0]!.kappa)).toBe(1);
    expect(first.figures["kappa-linear"]).toBeUndefined();
    expect([found.cases, found.complete]).toEqual([10, 8]);
  });

  test("over all: Fleiss' kappa of cases that everybody read, alpha of all", () => {
    const { figures, classes } = one(agreement(readings<Answer>(three), [nominal], SETTINGS)).overall;
    expect(value(figures.fleiss)).toBeGreaterThan(0.7);
    expect(value(figures.alpha)).toBeGreaterThan(0.7);
    expect(value(figures.alpha)).not.toBeCloseTo(value(figures.fleiss), 6);
    expect(classes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  test("an order gives weighted kappas and the ordinal alpha, and counts steps in that order", () => {
    const rows = { anna: letters("abcabcabc"), ben: letters("abcabcabb") };
    const figuresIn = (order: readonly string[]) =>
      one(agreement(readings<Answer>(rows), [{ label: "finding", scale: "ordinal", order }], SETTINGS)).pairs[0]!
        .figures;
    expect(value(figuresIn(["a", "b", "c"])["kappa-quadratic"])).toBeGreaterThan(
      value(figuresIn(["b", "a", "c"])["kappa-quadratic"]),
    );
    expect(value(figuresIn(["a", "b", "c"]).kappa)).toBeCloseTo(value(figuresIn(["b", "a", "c"]).kappa), 12);
  });

  test("several classes at once are yes or no for each", () => {
    const rows = { anna: [["a"], ["a", "b"], [], ["b"]], ben: [["a"], ["a"], [], ["b"]] };
    const question: Question = { label: "finding", scale: "multiple", classes: ["a", "b", "c"] };
    const found = agreement(readings<Answer>(rows), [question], SETTINGS);
    expect(found.map(({ className }) => className)).toEqual(["a", "b", "c"]);
    expect(value(found[0]!.pairs[0]!.figures.kappa)).toBe(1);
    expect(value(found[1]!.pairs[0]!.figures.percent)).toBe(0.75);
    expect(found[2]!.pairs[0]!.figures.kappa).toEqual({ value: null, reason: "one-class" });
    expect(value(found[2]!.pairs[0]!.figures.percent)).toBe(1);
  });

  test("copies of a patient's case leave the interval as it was: patients are drawn, not cases", () => {
    const [anna, ben] = [letters("abababab"), letters("ababbaab")];
    const copied = (row: readonly (string | null)[]) => row.flatMap((answer) => [answer, answer, answer]);
    const single = one(agreement(readings<Answer>({ anna, ben }), [nominal], SETTINGS));
    const copies = { anna: copied(anna), ben: copied(ben) };
    const patients = one(
      agreement(
        readings<Answer>(copies, (i) => `${Math.floor(i / 3)}`),
        [nominal],
        SETTINGS,
      ),
    );
    expect(patients.pairs[0]!.figures.kappa).toEqual(single.pairs[0]!.figures.kappa);
  });
});

describe("why a figure is missing", () => {
  test("one reader, no shared cases, one class, one case", () => {
    const alone = one(agreement(readings<Answer>({ anna: letters("ab") }), [nominal], SETTINGS));
    expect(alone.pairs).toEqual([]);
    expect(alone.overall.figures.fleiss).toEqual({ value: null, reason: "one-reader" });
    const apart = one(
      agreement(readings<Answer>({ anna: letters("ab  "), ben: letters("  ab") }), [nominal], SETTINGS),
    );
    expect(apart.pairs[0]!.figures.kappa).toEqual({ value: null, reason: "no-shared-cases" });
    expect(apart.overall.figures.alpha).toEqual({ value: null, reason: "no-shared-cases" });
    const same = one(agreement(readings<Answer>({ anna: letters("aaa"), ben: letters("aaa") }), [nominal], SETTINGS));
    expect(same.pairs[0]!.figures.kappa).toEqual({ value: null, reason: "one-class" });
    expect(same.pairs[0]!.figures.percent).toEqual({ value: 1, low: 1, high: 1 });
    expect(same.overall.figures.alpha).toEqual({ value: null, reason: "one-class" });
    const numeric: Question = { label: "finding", scale: "numeric" };
    const single = one(agreement(readings<Answer>({ anna: [1], ben: [2] }), [numeric], SETTINGS));
    expect(single.pairs[0]!.figures["icc-agreement"]).toEqual({ value: null, reason: "too-few-cases" });
    expect(single.pairs[0]!.differences).toBeNull();
    expect(one(agreement([], [nominal], SETTINGS)).overall.figures.percent).toEqual({
      value: null,
      reason: "one-reader",
    });
  });

  test("whatever is read by whom, no figure is NaN", () => {
    const row = fc.array(fc.option(fc.constantFrom("a", "b", "c"), { freq: 3 }), { minLength: 4, maxLength: 8 });
    const finite = (found: unknown): void => {
      if (typeof found === "number") expect(Number.isFinite(found)).toBe(true);
      else if (found !== null && typeof found === "object") Object.values(found).forEach(finite);
    };
    fc.assert(
      fc.property(row, row, row, fc.integer({ min: 1, max: 3 }), (anna, ben, carla, perPatient) => {
        const rows = { anna, ben, carla };
        const patient = (i: number) => `${Math.floor(i / perPatient)}`;
        const order: Question = { label: "finding", scale: "ordinal", order: ["a", "b", "c"] };
        finite(agreement(readings<Answer>(rows, patient), [nominal, order], { seed: 1, resamples: 20 }));
        const numbers = Object.fromEntries(
          Object.entries(rows).map(([name, values]) => [name, values.map((x) => (x === null ? x : x.charCodeAt(0)))]),
        );
        const numeric: Question = { label: "finding", scale: "numeric" };
        finite(agreement(readings<Answer>(numbers, patient), [numeric], { seed: 1, resamples: 20 }));
      }),
      { numRuns: 60 },
    );
  });
});

describe("numbers", () => {
  const rows = { anna: [10, 12, 15, 20, 31], ben: [11, 13, 16, 21, 32] };
  const numeric: Question = { label: "finding", scale: "numeric" };

  test("an offset lowers agreement, not consistency, and is the bias of the limits", () => {
    const { figures, differences } = one(agreement(readings<Answer>(rows), [numeric], SETTINGS)).pairs[0]!;
    expect(value(figures["icc-consistency"])).toBeCloseTo(1, 12);
    expect(value(figures["icc-agreement"])).toBeLessThan(1);
    expect(differences).toMatchObject({ cases: 5, bias: { value: 1 } });
  });

  test("several cases of a patient: the interval is drawn from patients, the figure stays", () => {
    const noisy = { anna: [10, 12, 15, 20, 31, 22], ben: [12, 11, 18, 19, 33, 20] };
    const apart = one(agreement(readings<Answer>(noisy), [numeric], SETTINGS)).pairs[0]!.figures["icc-agreement"];
    const together = one(
      agreement(
        readings<Answer>(noisy, (i) => `${i % 3}`),
        [numeric],
        SETTINGS,
      ),
    ).pairs[0]!.figures["icc-agreement"];
    expect(value(together)).toBeCloseTo(value(apart), 12);
    expect(together).not.toEqual(apart);
  });
});

describe("what is refused", () => {
  test.each<{ title: string; rows: Record<string, Answer[]>; question: Question }>([
    { title: "a number for a class", rows: { anna: [1] }, question: nominal },
    {
      title: "a class outside the order",
      rows: { anna: ["d"] },
      question: { label: "finding", scale: "ordinal", order: ["a"] },
    },
    { title: "NaN for a number", rows: { anna: [Number.NaN] }, question: { label: "finding", scale: "numeric" } },
    {
      title: "one class for several",
      rows: { anna: ["a"] },
      question: { label: "finding", scale: "multiple", classes: ["a"] },
    },
  ])("$title", ({ rows, question }) => {
    expect(() => agreement(readings(rows), [question], SETTINGS)).toThrow(
      expect.objectContaining({ code: "app/invalid-input" }),
    );
  });

  test("a case read twice, and a case of two patients; the error names neither", () => {
    const reading = { reader: "anna", caseId: "case 0", patient: "patient 0", label: "finding", value: "a" };
    for (const second of [reading, { ...reading, reader: "ben", patient: "patient 1" }]) {
      const refused = () => agreement([reading, second], [nominal], SETTINGS);
      expect(refused).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
      expect(refused).not.toThrow(/anna|case 0|patient 0/);
    }
  });
});

describe("drawings", () => {
  const region = ({ rows, columns, bytes }: Pixels): Drawing => ({
    kind: "region",
    region: { extent: [1, rows, columns], bytes },
    spacing: [1, 2, 2],
  });
  const [empty, left, right] = [drawn("....", "...."), drawn("##..", "##.."), drawn(".##.", ".##.")].map(region);

  test("masks: means over cases; empty masks agree, and have no distance", () => {
    const rows = { anna: [left!, empty!, left!, left!], ben: [left!, empty!, right!, empty!] };
    const [found] = drawnAgreement(readings<Drawing>(rows), SETTINGS);
    const pair = found!.pairs[0]!;
    expect(pair).toMatchObject({ cases: 4, neither: 1, one: 1, both: 2 });
    expect(value(pair.figures.dice)).toBeCloseTo((1 + 1 + 0.5 + 0) / 4, 12);
    expect(value(pair.figures.iou)).toBeCloseTo((1 + 1 + 1 / 3 + 0) / 4, 12);
    expect(value(pair.figures["hausdorff-95"])).toBeCloseTo((0 + 2) / 2, 12);
    expect(pair.figures.dice).toMatchObject({ low: expect.any(Number), high: expect.any(Number) });
    const [nothing] = drawnAgreement(readings<Drawing>({ anna: [empty!], ben: [empty!] }), SETTINGS);
    expect(nothing!.pairs[0]!.figures.hausdorff).toEqual({ value: null, reason: "nothing-drawn" });
  });

  test("boxes: F1 over all cases at the threshold, mean overlap of matched ones", () => {
    const boxes = (...all: readonly number[][]): Drawing => ({
      kind: "boxes",
      boxes: all.map(([x, y, width, height]) => ({ x: x!, y: y!, width: width!, height: height! })),
    });
    const rows = {
      anna: [boxes([0, 0, 10, 10], [20, 0, 4, 4]), boxes(), boxes([0, 0, 4, 4])],
      ben: [boxes([0, 0, 10, 8]), boxes(), boxes([0, 0, 4, 1])],
    };
    const [found] = drawnAgreement(readings<Drawing>(rows), SETTINGS);
    const pair = found!.pairs[0]!;
    expect(pair).toMatchObject({ cases: 3, neither: 1, one: 0, both: 2 });
    expect(value(pair.figures.f1)).toBeCloseTo(2 / 5, 12);
    expect(value(pair.figures["matched-iou"])).toBeCloseTo(0.8, 12);
    const [looser] = drawnAgreement(readings<Drawing>(rows), { ...SETTINGS, threshold: 0.2 });
    expect(value(looser!.pairs[0]!.figures.f1)).toBeCloseTo(4 / 5, 12);
    const [nothing] = drawnAgreement(readings<Drawing>({ anna: [boxes()], ben: [boxes()] }), SETTINGS);
    expect(nothing!.pairs[0]!.figures.f1).toEqual({ value: null, reason: "nothing-drawn" });
  });

  test("masks and boxes for one label are refused, and spacings that differ", () => {
    const mixed = readings<Drawing>({ anna: [left!], ben: [{ kind: "boxes", boxes: [] }] });
    expect(() => drawnAgreement(mixed, SETTINGS)).toThrow("masks or boxes");
    const stretched = readings<Drawing>({ anna: [left!], ben: [{ ...left!, spacing: [1, 1, 2] } as Drawing] });
    expect(() => drawnAgreement(stretched, SETTINGS)).toThrow("spacing");
  });
});
