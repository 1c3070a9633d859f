// Figures as other figures: bounds, areas, ellipses as polygons, anything with an inside as a mask or as outlines.
//
// A pixel is inside where its centre is, so the outlines of a mask (masks/contours.ts) give exactly that mask again. Everything is in image
// pixels, (0, 0) the outer corner of the first pixel.

import type { Geometry } from "../../../preload/contract/index.ts";
import { type Outline, outlines } from "../masks/contours.ts";
import { maskOfRings, type Ring } from "../masks/polygon-fill.ts";
import { type Mask, maskArea, maskBounds, RunWriter } from "../masks/runs.ts";

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Corners of the polygon that an ellipse is written as. */
const ELLIPSE_CORNERS = 72;

export function ellipseRing({ x, y, radiusX, radiusY, angle }: Extract<Geometry, { kind: "ellipse" }>): Ring {
  const turn = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return Array.from({ length: ELLIPSE_CORNERS }, (_, i) => {
    const at = (2 * Math.PI * i) / ELLIPSE_CORNERS;
    const [u, v] = [radiusX * Math.cos(at), radiusY * Math.sin(at)];
    return [x + u * cos - v * sin, y + u * sin + v * cos];
  }).flat();
}

const boxRing = ({ x, y, width, height }: Bounds): Ring => [
  ...[x, y, x + width, y],
  ...[x + width, y + height, x, y + height],
];

/** Outlines of a figure that has an inside; null for one that has none. */
export function ringsOf(geometry: Geometry): readonly Outline[] | null {
  switch (geometry.kind) {
    case "box":
      return [{ outer: boxRing(geometry), holes: [] }];
    case "ellipse":
      return [{ outer: ellipseRing(geometry), holes: [] }];
    case "polygon":
      return [{ outer: geometry.points, holes: [] }];
    case "mask":
      return outlines(geometry);
    default:
      return null;
  }
}

/** The smallest upright rectangle; null for a mask without pixels. */
export function boundsOf(geometry: Geometry): Bounds | null {
  switch (geometry.kind) {
    case "box":
      return geometry;
    case "ellipse": {
      const turn = (geometry.angle * Math.PI) / 180;
      const halfX = Math.hypot(geometry.radiusX * Math.cos(turn), geometry.radiusY * Math.sin(turn));
      const halfY = Math.hypot(geometry.radiusX * Math.sin(turn), geometry.radiusY * Math.cos(turn));
      return { x: geometry.x - halfX, y: geometry.y - halfY, width: 2 * halfX, height: 2 * halfY };
    }
    case "point":
      return { x: geometry.x, y: geometry.y, width: 0, height: 0 };
    case "mask": {
      const bounds = maskBounds(geometry);
      if (bounds === null) return null;
      const { left: x, top: y, right, bottom } = bounds;
      return { x, y, width: right - x, height: bottom - y };
    }
    default:
      return boundsOfRing(geometry.points);
  }
}

export function boundsOfRing(points: Ring): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i]);
    right = Math.max(right, points[i]);
    top = Math.min(top, points[i + 1]);
    bottom = Math.max(bottom, points[i + 1]);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** In square pixels, whichever way the ring runs. */
export function ringArea(points: Ring): number {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    sum += points[i] * points[next + 1] - points[next] * points[i + 1];
  }
  return Math.abs(sum) / 2;
}

/** In square pixels; 0 for figures without an inside. */
export function areaOf(geometry: Geometry): number {
  switch (geometry.kind) {
    case "box":
      return geometry.width * geometry.height;
    case "ellipse":
      return Math.PI * geometry.radiusX * geometry.radiusY;
    case "polygon":
      return ringArea(geometry.points);
    case "mask":
      return maskArea(geometry);
    default:
      return 0;
  }
}

/** A figure as pixels of its frame; null for one without an inside. */
export function maskOfGeometry(geometry: Geometry, rows: number, columns: number): Mask | null {
  if (geometry.kind === "mask") return geometry;
  if (geometry.kind === "ellipse") return maskOfEllipse(geometry, rows, columns);
  const rings = ringsOf(geometry);
  return rings === null
    ? null
    : maskOfRings(
        rings.map(({ outer }) => outer),
        rows,
        columns,
      );
}

/** By the ellipse itself, not by its polygon. */
function maskOfEllipse(
  { x, y, radiusX, radiusY, angle }: Extract<Geometry, { kind: "ellipse" }>,
  rows: number,
  columns: number,
): Mask {
  const turn = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const [a2, b2] = [radiusX ** 2, radiusY ** 2];
  // On a row: a dx² + 2 b dx + c <= 0, from (u/a)² + (v/b)² <= 1 with u = dx cos + dy sin, v = -dx sin + dy cos.
  const a = cos ** 2 / a2 + sin ** 2 / b2;
  const writer = new RunWriter();
  for (let row = 0; row < rows; row++) {
    const dy = row + 0.5 - y;
    const b = dy * sin * cos * (1 / a2 - 1 / b2);
    const c = dy ** 2 * (sin ** 2 / a2 + cos ** 2 / b2) - 1;
    const root = Math.sqrt(b ** 2 - a * c);
    const clip = (value: number) => Math.max(0, Math.min(columns, value));
    const from = Number.isNaN(root) ? 0 : clip(Math.ceil(x + (-b - root) / a - 0.5));
    const to = Number.isNaN(root) ? 0 : clip(Math.floor(x + (-b + root) / a - 0.5) + 1);
    writer.add(from, false);
    writer.add(Math.max(0, to - from), true);
    writer.add(columns - Math.max(from, to), false);
  }
  return { rows, columns, runs: writer.runs };
}
