import fc from "fast-check";
import { expect, test } from "vitest";
import type { Facets } from "../../../preload/contract/index.ts";
import { previewSplit, testShare } from "../../../renderer/views/data/split-preview.ts";

const CLASSES = [
  { id: "a", name: "normal", color: "#000000", key: 1 },
  { id: "b", name: "lesion", color: "#ffffff", key: 2 },
];
const facets = (counts: Record<string, number>, part: Partial<Facets> = {}): Facets => ({
  total: 0,
  unlabelled: 0,
  classes: Object.entries(counts).map(([classId, count]) => ({ classId, count })),
  modalities: [],
  findings: [],
  patients: 50,
  ...part,
});
const SPLIT = { train: 0.7, validation: 0.15 };

test("the preview gives each class its share of every part and loses no image, whatever the split", () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), fc.double({ min: 0.05, max: 0.8, noNaN: true }), (a, b, train) => {
      const split = { train, validation: 0.15 };
      for (const row of previewSplit(facets({ a, b }), CLASSES, split).classes) {
        expect(row.train + row.validation + row.test).toBe(row.images);
        expect(Math.min(row.train, row.validation, row.test)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test("test is what training and validation leave, without rounding dust, and never negative", () => {
  expect(testShare(SPLIT)).toBe(0.15);
  expect(testShare({ train: 0.9, validation: 0.1 })).toBe(0);
  expect(testShare({ train: 0.9, validation: 0.5 })).toBe(0);
});

test("one class, no label, and nothing left for testing are said before the studio refuses", () => {
  const kinds = (counts: Record<string, number>, split = SPLIT) => {
    const { warnings, possible } = previewSplit(facets(counts), CLASSES, split);
    return { kinds: warnings.map(({ kind }) => kind), possible };
  };
  expect(kinds({})).toEqual({ kinds: ["noLabels"], possible: false });
  expect(kinds({ a: 40 })).toEqual({ kinds: ["oneClass"], possible: false });
  expect(kinds({ a: 40, b: 40 }, { train: 0.9, validation: 0.1 })).toEqual({ kinds: ["noTest"], possible: false });
  expect(kinds({ a: 40, b: 40 })).toEqual({ kinds: [], possible: true });
});

test("few images of a class, few patients and unlabelled images are told but stop nothing", () => {
  const preview = previewSplit(facets({ a: 40, b: 3 }, { unlabelled: 7, patients: 2 }), CLASSES, SPLIT);
  expect(preview.possible).toBe(true);
  expect(preview.warnings).toEqual([
    { kind: "fewPatients", patients: 2 },
    { kind: "fewOfClass", name: "lesion", count: 3 },
    { kind: "unlabelled", count: 7 },
  ]);
});

test("a class without images is left out of the preview", () => {
  expect(previewSplit(facets({ a: 40, b: 0 }), CLASSES, SPLIT).classes.map(({ id }) => id)).toEqual(["a"]);
});
