// How far two readers' measurements differ: limits of agreement, and distances of points and lines in mm.
//
// Bland and Altman, Lancet 327 (1986) for the limits; Statistical Methods in Medical Research 8 (1999) for the standard error of a limit,
// s sqrt(1/n + z²/(2(n-1))), which 1986 rounds to s sqrt(3/n). Differences are taken as independent and normal with one spread: not so for repeated
// measurements of a patient, nor where they grow with the size of the thing.

import { AppError } from "../../../preload/contract/errors.ts";
import type { Estimate } from "./bootstrap.ts";
import { normalQuantile, tQuantile } from "./distributions.ts";

export interface LimitsOfAgreement {
  readonly cases: number;
  /** Mean of second less first, in their unit. */
  readonly bias: Estimate;
  /** Standard deviation of the differences (n - 1). */
  readonly deviation: number;
  readonly lower: Estimate;
  readonly upper: Estimate;
}

/**
 * null with fewer than two cases. Limits hold 95 % of differences, intervals are 95 % ones by Student's t, unless `level` says otherwise.
 * `multiplier` is what the deviation is taken times, in place of the normal quantile of the level (the paper of 1986 takes 2).
 * Throws app/invalid-input for lists of different lengths and for values that are not finite.
 */
export function limitsOfAgreement(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { level = 0.95, multiplier = normalQuantile((1 + level) / 2) }: { level?: number; multiplier?: number } = {},
): LimitsOfAgreement | null {
  const differences = Array.from(first, (x, i) => second[i] - x);
  if (first.length !== second.length || !differences.every(Number.isFinite)) {
    throw new AppError("app/invalid-input", "Limits of agreement need a finite number of both readers for every case.");
  }
  const n = differences.length;
  if (n < 2) return null;
  const mean = differences.reduce((sum, x) => sum + x, 0) / n;
  const deviation = Math.sqrt(differences.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const t = tQuantile((1 + level) / 2, n - 1);
  const around = (value: number, error: number): Estimate => ({
    value,
    low: value - t * error,
    high: value + t * error,
  });
  const ofLimit = deviation * Math.sqrt(1 / n + multiplier ** 2 / (2 * (n - 1)));
  return {
    cases: n,
    bias: around(mean, deviation / Math.sqrt(n)),
    deviation,
    lower: around(mean - multiplier * deviation, ofLimit),
    upper: around(mean + multiplier * deviation, ofLimit),
  };
}

/** x and y in image pixels. */
export type ImagePoint = readonly [x: number, y: number];
/** mm from row to row and from column to column, as DICOM's Pixel Spacing (0028,0030). */
export type PixelSpacing = readonly [rows: number, columns: number];

/** In mm. */
export function pointDistance(a: ImagePoint, b: ImagePoint, spacing: PixelSpacing): number {
  return Math.hypot((b[0] - a[0]) * spacing[1], (b[1] - a[1]) * spacing[0]);
}

/** Length of a line through points, in mm. */
export function lineLength(points: readonly ImagePoint[], spacing: PixelSpacing): number {
  return points.reduce((sum, point, i) => (i === 0 ? 0 : sum + pointDistance(points[i - 1], point, spacing)), 0);
}

export interface LineDistance {
  /** Mean over both lines, of the distance to the other, in mm. */
  readonly mean: number;
  /** The farthest that either is from the other, in mm: their Hausdorff distance, low by at most half of `step`. */
  readonly farthest: number;
}

/**
 * How far two lines through points lie apart. Each is walked in steps of at most `step` mm, corners included; the distance to the other line is
 * exact. null when a line has no points.
 */
export function lineDistance(
  a: readonly ImagePoint[],
  b: readonly ImagePoint[],
  spacing: PixelSpacing,
  step: number,
): LineDistance | null {
  if (!(step > 0)) throw new AppError("app/invalid-input", `Expected a step above 0 mm, found ${step}.`);
  if (a.length === 0 || b.length === 0) return null;
  const [lineA, lineB] = [inMm(a, spacing), inMm(b, spacing)];
  const there = walked(lineA, step).map((place) => toLine(place, lineB));
  const back = walked(lineB, step).map((place) => toLine(place, lineA));
  const all = [...there, ...back];
  return {
    mean: all.reduce((sum, x) => sum + x, 0) / all.length,
    farthest: all.reduce((most, x) => Math.max(most, x), 0),
  };
}

type Mm = readonly [x: number, y: number];

const inMm = (points: readonly ImagePoint[], spacing: PixelSpacing): Mm[] =>
  points.map(([x, y]) => [x * spacing[1], y * spacing[0]]);

function walked(line: readonly Mm[], step: number): Mm[] {
  const places: Mm[] = [line[0]];
  for (let i = 1; i < line.length; i++) {
    const [[x0, y0], [x1, y1]] = [line[i - 1], line[i]];
    const parts = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / step));
    for (let n = 1; n <= parts; n++) places.push([x0 + ((x1 - x0) * n) / parts, y0 + ((y1 - y0) * n) / parts]);
  }
  return places;
}

function toLine([x, y]: Mm, line: readonly Mm[]): number {
  if (line.length === 1) return Math.hypot(line[0][0] - x, line[0][1] - y);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < line.length; i++) {
    const [[x0, y0], [x1, y1]] = [line[i - 1], line[i]];
    const [dx, dy] = [x1 - x0, y1 - y0];
    const square = dx * dx + dy * dy;
    const along = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square));
    least = Math.min(least, Math.hypot(x0 + along * dx - x, y0 + along * dy - y));
  }
  return least;
}
