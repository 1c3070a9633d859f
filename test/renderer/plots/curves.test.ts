import { expect, test } from "vitest";
import type { RunPoint } from "../../../preload/contract/index.ts";
import { curveRows, curvesOf, smoothed, summarise, thin } from "../../../renderer/ui/plots/curves.ts";
import { smooth } from "../../../renderer/ui/plots/smoothing.ts";

const point = (step: number, value: number, part: RunPoint["part"] = "train", metric = "loss"): RunPoint => ({
  step,
  epoch: step / 10,
  part,
  metric,
  value,
});

test("smoothing leaves a constant curve as it is from its first point on", () => {
  for (const value of smooth([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
});

test("smoothing with weight 0 changes nothing, and the first value is always kept", () => {
  expect(smooth([1, 5, 2], 0)).toEqual([1, 5, 2]);
  expect(smooth([1, 5, 2], 0.95)[0]).toBeCloseTo(1, 12);
});

test("smoothing is the mean of what was seen, the newest weighing most: weight 0.5 over 0, 3 gives 2", () => {
  // (0.25 * 0 + 0.5 * 3) / 0.75
  expect(smooth([0, 3], 0.5)[1]).toBeCloseTo(2, 12);
});

test("a value that is not finite passes through and does not spoil the ones after it", () => {
  const values = smooth([1, Number.NaN, 1], 0.9);
  expect(values[1]).toBeNaN();
  expect(values[2]).toBeCloseTo(1, 12);
});

test("a smoothing weight of 1 is refused: it would never leave the first value", () => {
  expect(() => smooth([1], 1)).toThrow(RangeError);
});

test("a curve is sorted by step, keeps one metric and part, and leaves out what is not finite", () => {
  const points = [
    point(20, 2),
    point(10, 1),
    point(10, 9, "validation"),
    point(5, 7, "train", "auc"),
    point(30, Number.NaN),
  ];
  const curves = curvesOf([{ id: "a", name: "A", points }], "loss", "step");
  expect(curves.map(({ part, x, y }) => ({ part, x, y }))).toEqual([
    { part: "train", x: [10, 20], y: [1, 2] },
    { part: "validation", x: [10], y: [9] },
  ]);
});

test("a resumed run's repeated step counts once, with its newer value", () => {
  const [curve] = curvesOf(
    [{ id: "a", name: "A", points: [point(10, 1), point(20, 2), point(10, 5)] }],
    "loss",
    "step",
  );
  expect(curve.x).toEqual([10, 20]);
  expect(curve.y).toEqual([5, 2]);
});

test("a run keeps its place among the plotted runs where an earlier one has no such metric", () => {
  const runs = [
    { id: "a", name: "A", points: [] },
    { id: "b", name: "B", points: [point(10, 1)] },
  ];
  expect(curvesOf(runs, "loss", "epoch")[0]).toMatchObject({ runId: "b", runIndex: 1, x: [1] });
});

test("best is the smallest loss and the largest AUC, at its first appearance", () => {
  const [curve] = curvesOf(
    [{ id: "a", name: "A", points: [3, 1, 2, 1].map((value, i) => point(i, value)) }],
    "loss",
    "step",
  );
  expect(summarise(curve, "lower")).toEqual({ first: 3, last: 1, best: 1, bestAt: 1 });
  expect(summarise(curve, "higher")).toMatchObject({ best: 3, bestAt: 0 });
  expect(smoothed(curve, 0)).toBe(curve);
});

test("the table has a row for every x of any curve and says nothing where a curve has no point", () => {
  const points = [point(1, 0.5), point(2, 0.4), point(2, 0.6, "validation")];
  const { rows, total } = curveRows(curvesOf([{ id: "a", name: "A", points }], "loss", "step"));
  expect(total).toBe(2);
  expect(rows).toEqual([
    { x: 1, values: [0.5, null] },
    { x: 2, values: [0.4, 0.6] },
  ]);
});

test("thinning keeps first and last and never more than the limit", () => {
  const items = Array.from({ length: 1001 }, (_, i) => i);
  const kept = thin(items, 200);
  expect(kept).toHaveLength(200);
  expect(kept[0]).toBe(0);
  expect(kept.at(-1)).toBe(1000);
  expect(thin([1, 2], 200)).toEqual([1, 2]);
});
