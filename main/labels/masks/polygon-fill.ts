// Polygon -> mask: a pixel is inside when its centre is.
//
// Scan lines run through the centres of rows. An edge counts for centres from its upper end up to, not including, its lower one, and a centre on an edge is
// inside to its left only: polygons that share an edge share no pixel and leave none out. Crossings are computed from the upper end whichever way the
// edge runs, so both neighbours get the same number.

import { AppError } from "../../../preload/contract/errors.ts";
import { type Mask, RunWriter } from "./runs.ts";

/** What is inside where rings overlap: an odd number of them, or any that do not cancel by running the other way. */
export type FillRule = "even-odd" | "nonzero";

/** Alternating x and y in image pixels, (0, 0) the outer corner of the first pixel; closed by itself. */
export type Ring = readonly number[];

/** Farther out nothing can be told apart from rounding. */
const FARTHEST = 1e9;

interface Edge {
  readonly x: number;
  readonly y: number;
  /** Columns a row. */
  readonly slope: number;
  /** First row beyond. */
  readonly end: number;
  readonly winding: 1 | -1;
}

/**
 * The pixels inside one or several rings, cut at the frame. Throws labels/geometry-invalid for fewer than three points, an odd
 * number of values, and coordinates that are not finite or beyond 1e9.
 */
export function maskOfRings(rings: readonly Ring[], rows: number, columns: number, rule: FillRule = "even-odd"): Mask {
  const byFirstRow = edgesOf(rings, rows);
  const writer = new RunWriter();
  let active: Edge[] = [];
  let end = 0;
  for (let row = 0; row < rows; row++) {
    active = active.filter((edge) => edge.end > row).concat(byFirstRow.get(row) ?? []);
    if (active.length === 0) continue;
    const crossings = active
      .map(({ x, y, slope, winding }) => ({ column: firstBeyond(x + (row + 0.5 - y) * slope, columns), winding }))
      .sort((a, b) => a.column - b.column);
    let winding = 0;
    for (const [i, { column, winding: change }] of crossings.entries()) {
      const last = i === 0 ? column : crossings[i - 1].column;
      const inside = rule === "nonzero" ? winding !== 0 : i % 2 === 1;
      if (inside && column > last) {
        writer.add(row * columns + last - end, false);
        writer.add(column - last, true);
        end = row * columns + column;
      }
      winding += change;
    }
  }
  writer.add(rows * columns - end, false);
  return { rows, columns, runs: writer.runs };
}

/** The first column whose centre is not left of `x`, within the frame. */
function firstBeyond(x: number, columns: number): number {
  return Math.min(columns, Math.max(0, Math.ceil(x - 0.5)));
}

function edgesOf(rings: readonly Ring[], rows: number): Map<number, Edge[]> {
  const byFirstRow = new Map<number, Edge[]>();
  for (const ring of rings) {
    if (ring.length < 6 || ring.length % 2 !== 0 || !ring.every((at) => Math.abs(at) <= FARTHEST)) {
      throw new AppError("labels/geometry-invalid", "A polygon needs three points or more, each a finite x and y.");
    }
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const down = ring[i + 1] < ring[j + 1];
      const [upper, lower] = down ? [i, j] : [j, i];
      const [x, y] = [ring[upper], ring[upper + 1]];
      const first = Math.max(0, Math.ceil(y - 0.5));
      const end = Math.min(rows, Math.ceil(ring[lower + 1] - 0.5));
      if (first >= end) continue;
      const slope = (ring[lower] - x) / (ring[lower + 1] - y);
      const edge: Edge = { x, y, slope, end, winding: down ? 1 : -1 };
      const present = byFirstRow.get(first);
      if (present === undefined) byFirstRow.set(first, [edge]);
      else present.push(edge);
    }
  }
  return byFirstRow;
}
