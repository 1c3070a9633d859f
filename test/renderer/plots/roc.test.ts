import { expect, test } from "vitest";
import {
  areaUnder,
  defaultPositiveClass,
  operatingPoint,
  type RocPoint,
  rocOf,
} from "../../../renderer/ui/plots/roc.ts";

const classes = (...names: string[]) => names.map((name) => ({ id: `id-${name}`, name, color: "#000000" }));

test("the operating point is read off the confusion matrix: sensitivity 8/10, false positives 3/12", () => {
  const confusion = [
    [9, 3],
    [2, 8],
  ];
  expect(operatingPoint(confusion, 1)).toEqual({ truePositiveRate: 0.8, falsePositiveRate: 0.25 });
});

test("there is no operating point where a class, or every other class, has no case", () => {
  expect(
    operatingPoint(
      [
        [0, 0],
        [1, 4],
      ],
      0,
    ),
  ).toBeNull();
  expect(
    operatingPoint(
      [
        [0, 0],
        [1, 4],
      ],
      1,
    ),
  ).toBeNull();
});

test("of two classes the one without a curve gets the mirror image, with the same area", () => {
  const points: RocPoint[] = [
    [0, 0, 1.5],
    [0, 0.5, 0.9],
    [0.5, 0.5, 0.6],
    [1, 1, 0.1],
  ];
  const evaluation = { classes: classes("lesion", "normal"), roc: [{ classIndex: 1, points }] };
  expect(rocOf(evaluation, 1)).toBe(points);
  const mirrored = rocOf(evaluation, 0);
  expect(mirrored[0].slice(0, 2)).toEqual([0, 0]);
  expect(mirrored.at(-1)?.slice(0, 2)).toEqual([1, 1]);
  expect(areaUnder(mirrored)).toBeCloseTo(areaUnder(points), 12);
});

test("the area of a curve is the AUC: 1 for a perfect ranking, a half for chance", () => {
  const perfect: RocPoint[] = [
    [0, 0, 2],
    [0, 1, 1],
    [1, 1, 0],
  ];
  expect(areaUnder(perfect)).toBe(1);
  expect(areaUnder([perfect[0], perfect[2]])).toBe(0.5);
});

test("with three classes a missing curve is empty, not invented", () => {
  expect(rocOf({ classes: classes("a", "b", "c"), roc: [{ classIndex: 1, points: [[0, 0, 1]] }] }, 0)).toEqual([]);
});

test("the curve shown first is that of the finding, whichever class comes first and in both languages", () => {
  expect(defaultPositiveClass(classes("normal", "lesion"))).toBe("id-lesion");
  expect(defaultPositiveClass(classes("pneumonia", "Normal"))).toBe("id-pneumonia");
  expect(defaultPositiveClass(classes("正常", "结节"))).toBe("id-结节");
  expect(defaultPositiveClass(classes("No finding", "nodule"))).toBe("id-nodule");
  expect(defaultPositiveClass(classes("normal", "healthy"))).toBe("id-normal");
});
