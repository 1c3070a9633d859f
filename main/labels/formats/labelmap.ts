// Frames as maps of class numbers, 0 for nothing: what NIfTI, PNG and DICOM label maps hold. A pixel has one class, so what was drawn later lies on top.

import type { Geometry, Shape } from "../../../preload/contract/index.ts";
import { eachStretch, type Mask, RunWriter } from "../masks/runs.ts";
import { maskOfGeometry } from "./figures.ts";
import type { LabelledImage } from "./format.ts";
import type { LossCounter } from "./losses.ts";

/** Number that a shape is painted with; undefined for one that is not. */
export type NumberOf = (shape: Shape) => number | undefined;

export interface PaintedFrame {
  /** row by row */
  readonly values: Uint16Array;
  /** shapes that share their number with another one on the frame and cannot be told apart any more */
  readonly merged: readonly Shape[];
  /** shapes of which a later one with another number hides a part */
  readonly overlapped: readonly Shape[];
}

const KINDS_WITH_INSIDE: readonly Geometry["kind"][] = ["box", "ellipse", "polygon", "mask"];
export const hasInside = ({ kind }: Geometry): boolean => KINDS_WITH_INSIDE.includes(kind);

/** `shapes`: of one frame, in the order in which they were drawn; those without an inside or a number are passed over. */
export function paintFrame(
  shapes: readonly Shape[],
  numberOf: NumberOf,
  { rows, columns }: { rows: number; columns: number },
): PaintedFrame {
  const values = new Uint16Array(rows * columns);
  const owners = new Int32Array(rows * columns);
  const overlapped = new Set<Shape>();
  const perClass = new Map<number, Shape[]>();
  for (const [i, shape] of shapes.entries()) {
    const number = numberOf(shape);
    const mask = number === undefined ? null : maskOfGeometry(shape.geometry, rows, columns);
    if (mask === null || number === undefined) continue;
    perClass.set(number, [...(perClass.get(number) ?? []), shape]);
    eachStretch(mask, (start, end) => {
      for (let at = start; at < end; at++) {
        if (values[at] !== 0 && values[at] !== number) overlapped.add(shapes[owners[at]]);
        values[at] = number;
        owners[at] = i;
      }
    });
  }
  const merged = [...perClass.values()].flatMap((same) => (same.length > 1 ? same : []));
  return { values, merged, overlapped: [...overlapped] };
}

/** By class, in the order of the classes, from 1. */
export function classNumbers(classes: readonly { readonly id: string }[]): NumberOf {
  const numbers = new Map(classes.map(({ id }, i) => [id, i + 1]));
  return ({ classId }) => (classId === null ? undefined : numbers.get(classId));
}

/**
 * What a map loses of a group's shapes: which were apart though they have one key, and what lies below another. Keys are the shapes' classes unless
 * told; `layered`: shapes of different keys do not hide each other.
 */
export function countMapLosses(
  group: readonly LabelledImage[],
  count: LossCounter,
  { keyOf = ({ classId }: Shape) => classId ?? "", layered = false } = {},
): void {
  for (const { image, shapes } of group) {
    for (const frame of new Set(shapes.map((shape) => shape.frame))) {
      const here = shapes.filter((shape) => shape.frame === frame && hasInside(shape.geometry));
      if (here.length < 2) continue;
      const keys = [...new Set(here.map(keyOf))];
      const { merged, overlapped } = paintFrame(here, (shape) => keys.indexOf(keyOf(shape)) + 1, image);
      for (const { geometry } of merged) count.add("merged", geometry.kind);
      for (const { geometry } of layered ? [] : overlapped) count.add("overlapped", geometry.kind);
    }
  }
}

/** A mask for each number but 0, in the order of the numbers. */
export function masksOfValues(values: ArrayLike<number>, rows: number, columns: number): Map<number, Mask> {
  const writers = new Map<number, { writer: RunWriter; done: number }>();
  for (let start = 0; start < values.length; ) {
    const value = values[start];
    let end = start + 1;
    while (end < values.length && values[end] === value) end++;
    if (value !== 0) {
      let entry = writers.get(value);
      if (entry === undefined) {
        entry = { writer: new RunWriter(), done: 0 };
        writers.set(value, entry);
      }
      entry.writer.add(start - entry.done, false);
      entry.writer.add(end - start, true);
      entry.done = end;
    }
    start = end;
  }
  const masks = [...writers].sort(([a], [b]) => a - b);
  return new Map(
    masks.map(([value, { writer, done }]) => {
      writer.add(values.length - done, false);
      return [value, { rows, columns, runs: writer.runs }];
    }),
  );
}

/** Names of numbers beside a map: `{"classes": [{"value": 1, "name": "…"}]}`, or nnU-Net's `{"labels": {"…": 1}}`. */
export function namesIn(root: { readonly [key: string]: unknown }): Map<number, string> {
  const names = new Map<number, string>();
  if (Array.isArray(root.classes)) {
    for (const entry of root.classes as unknown[]) {
      if (typeof entry !== "object" || entry === null) continue;
      const { value, name } = entry as { value?: unknown; name?: unknown };
      if (typeof value === "number" && typeof name === "string") names.set(value, name);
    }
  }
  if (typeof root.labels === "object" && root.labels !== null) {
    for (const [name, value] of Object.entries(root.labels)) if (typeof value === "number") names.set(value, name);
  }
  return names;
}

export const nameOfValue = (names: ReadonlyMap<number, string>, value: number): string =>
  names.get(value) ?? `class ${value}`;
