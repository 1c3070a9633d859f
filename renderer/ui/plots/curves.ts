// Points of runs → curves of a plot, the table behind it and its sentence. No drawing here.
import type { RunPoint } from "../../../preload/contract/index.ts";
import { smooth } from "./smoothing.ts";

export type CurveAxis = "step" | "epoch";

/** One run in a plot. */
export interface PlottedRun {
  id: string;
  name: string;
  points: readonly RunPoint[];
}

export interface Curve {
  runId: string;
  runName: string;
  /** Index of the run among the plotted runs: decides the colour, the same in every plot. */
  runIndex: number;
  part: RunPoint["part"];
  /** Steps or epochs, ascending. */
  x: number[];
  y: number[];
}

/** Curves of one metric. A later point at the same step replaces the earlier one: a resumed run repeats some steps. */
export function curvesOf(runs: readonly PlottedRun[], metric: string, axis: CurveAxis): Curve[] {
  const curves: Curve[] = [];
  runs.forEach((run, runIndex) => {
    for (const part of ["train", "validation"] as const) {
      const byStep = new Map<number, RunPoint>();
      for (const point of run.points) {
        if (point.metric === metric && point.part === part && Number.isFinite(point.value))
          byStep.set(point.step, point);
      }
      if (byStep.size === 0) continue;
      const points = [...byStep.values()].sort((a, b) => a.step - b.step);
      curves.push({
        runId: run.id,
        runName: run.name,
        runIndex,
        part,
        x: points.map((point) => point[axis]),
        y: points.map((point) => point.value),
      });
    }
  });
  return curves;
}

export function smoothed(curve: Curve, weight: number): Curve {
  return weight === 0 ? curve : { ...curve, y: smooth(curve.y, weight) };
}

export interface CurveSummary {
  first: number;
  last: number;
  best: number;
  /** Step or epoch of the best value; the earliest where several are equal. */
  bestAt: number;
}

/** `better` says which end is good: losses go down, accuracy and AUC go up. A curve has at least one point. */
export function summarise(curve: Curve, better: "lower" | "higher"): CurveSummary {
  let best = 0;
  for (let i = 1; i < curve.y.length; i++) {
    if (better === "lower" ? curve.y[i] < curve.y[best] : curve.y[i] > curve.y[best]) best = i;
  }
  return { first: curve.y[0], last: curve.y[curve.y.length - 1], best: curve.y[best], bestAt: curve.x[best] };
}

export interface CurveRow {
  x: number;
  /** One value for each curve; null where it has no point at x. */
  values: (number | null)[];
}

/** Rows of the table behind a plot: every x that any curve has, thinned evenly to at most `limit` with first and last kept. */
export function curveRows(curves: readonly Curve[], limit = 200): { rows: CurveRow[]; total: number } {
  const lookup = curves.map((curve) => new Map(curve.x.map((x, i) => [x, curve.y[i]])));
  const xs = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  const kept = thin(xs, limit);
  return {
    rows: kept.map((x) => ({ x, values: lookup.map((values) => values.get(x) ?? null) })),
    total: xs.length,
  };
}

/** At most `limit` (two or more) of the items, evenly spaced, first and last among them. */
export function thin<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  const pitch = (items.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => items[Math.round(i * pitch)]);
}
