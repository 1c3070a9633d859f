// Whether a shape lies on its image: asked before it is written, so that no label of the project points outside its pixels.
//
// Coordinates come from pages at any zoom, so edges are given a tolerance for rounding and nothing more.

import { AppError } from "../../preload/contract/errors.ts";
import type { Geometry, GeometryKind } from "../../preload/contract/index.ts";

export interface ImageSize {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
}

/** Rounding of coordinates that went through a page's zoom, in image pixels. */
const EDGE_TOLERANCE = 1e-6;
/** Kinds that say something without a class: measurements. */
const CLASSLESS: readonly GeometryKind[] = ["length", "angle"];

/** Throws labels/geometry-invalid with what was expected. */
export function assertFits(image: ImageSize, frame: number, geometry: Geometry): void {
  if (!Number.isInteger(frame) || frame < 0 || frame >= image.frames) {
    refuse(`The image has ${image.frames} frames; there is none with this number.`);
  }
  if (geometry.kind === "mask") {
    assertCovers(image, geometry);
    return;
  }
  const { least, most } = bounds(geometry);
  if (![...least, ...most].every(Number.isFinite)) refuse("A shape needs a place and a size above zero.");
  const outside =
    least[0] < -EDGE_TOLERANCE ||
    least[1] < -EDGE_TOLERANCE ||
    most[0] > image.columns + EDGE_TOLERANCE ||
    most[1] > image.rows + EDGE_TOLERANCE;
  if (outside) refuse(`The shape lies outside the image, which is ${image.columns} × ${image.rows} pixels.`);
}

/** Throws labels/geometry-invalid where a shape that needs a class has none. */
export function assertClass(kind: GeometryKind, classId: string | null): void {
  if (classId === null && !CLASSLESS.includes(kind)) refuse("This shape needs a class: only measurements go without.");
}

type Corner = readonly [number, number];

/** NaN where the geometry makes no sense. */
function bounds(geometry: Exclude<Geometry, { kind: "mask" }>): { least: Corner; most: Corner } {
  switch (geometry.kind) {
    case "box": {
      const { x, y, width, height } = geometry;
      const sized = width > 0 && height > 0 ? 0 : Number.NaN;
      return { least: [x + sized, y], most: [x + width, y + height] };
    }
    case "ellipse": {
      const { x, y, radiusX, radiusY, angle } = geometry;
      const turn = (angle * Math.PI) / 180;
      const halfX = Math.hypot(radiusX * Math.cos(turn), radiusY * Math.sin(turn));
      const halfY = Math.hypot(radiusX * Math.sin(turn), radiusY * Math.cos(turn));
      const sized = radiusX > 0 && radiusY > 0 ? 0 : Number.NaN;
      return { least: [x - halfX + sized, y - halfY], most: [x + halfX, y + halfY] };
    }
    case "point":
      return { least: [geometry.x, geometry.y], most: [geometry.x, geometry.y] };
    default: {
      const xs = geometry.points.filter((_, index) => index % 2 === 0);
      const ys = geometry.points.filter((_, index) => index % 2 === 1);
      if (xs.length !== ys.length) return { least: [Number.NaN, Number.NaN], most: [Number.NaN, Number.NaN] };
      const over = (values: number[], pick: (a: number, b: number) => number) => values.reduce((a, b) => pick(a, b));
      return {
        least: [over(xs, Math.min), over(ys, Math.min)],
        most: [over(xs, Math.max), over(ys, Math.max)],
      };
    }
  }
}

function assertCovers(image: ImageSize, mask: Extract<Geometry, { kind: "mask" }>): void {
  const covered = mask.runs.reduce((sum, run) => (Number.isInteger(run) && run >= 0 ? sum + run : Number.NaN), 0);
  if (mask.rows !== image.rows || mask.columns !== image.columns || covered !== image.rows * image.columns) {
    refuse(`The mask does not cover the image, which is ${image.columns} × ${image.rows} pixels.`);
  }
}

function refuse(message: string): never {
  throw new AppError("labels/geometry-invalid", message);
}
