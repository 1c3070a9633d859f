// Labels for the slices between two that a reader labelled by hand.
//
// A slice is one that was labelled by hand when it has a shape of the kind that did not come from here. What came from here is made anew each time; what a
// hand has corrected is a reader's own (its source is gone), and the next two slices to fill between are those on either side of it.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { LabelEdit, MaskGeometry, Shape } from "../../preload/contract/index.ts";
import { geometryBetween } from "./geometry-between.ts";
import { masksBetween } from "./masks/interpolation.ts";
import { maskArea, union } from "./masks/runs.ts";

export interface StackSlice {
  readonly imageId: string;
  readonly frame: number;
  /** mm along the stack; null where it is not known */
  readonly position: number | null;
  /** mm from row to row and column to column */
  readonly spacing: readonly [number, number] | null;
}

/** Masks of a class, or a shape with the others of its track. */
export type FillTarget = { readonly classId: string } | { readonly shapeId: string };

const SOURCE = "interpolation";
type MaskShape = Shape & { readonly geometry: MaskGeometry };
const isMask = (shape: Shape): shape is MaskShape => shape.geometry.kind === "mask";
/** A shape without a track is the first of its own: copies name it by its id. */
const trackOf = ({ track, id }: Shape) => track ?? id;

/** What to say so that slices around `at` are filled; `shapes` are those of the whole stack in one layer. Throws app/not-found, labels/nothing-between. */
export function fillBetween(
  slices: readonly StackSlice[],
  shapes: readonly Shape[],
  at: number,
  target: FillTarget,
): LabelEdit[] {
  const place = new Map(slices.map(({ imageId, frame }, i) => [`${imageId} ${frame}`, i]));
  const on = (shape: Shape) => place.get(`${shape.imageId} ${shape.frame}`) ?? -1;
  const members = membersOf(shapes, target, on);
  const byHand = (i: number) => members.filter((shape) => shape.source !== SOURCE && on(shape) === i);
  const marked = [...new Set(members.filter(({ source }) => source !== SOURCE).map(on))].sort((a, b) => a - b);
  const [first, last] = gapAround(marked, at);
  const [from, to] = [byHand(first), byHand(last)];
  const track = trackOf(from[0]);
  const between = Array.from({ length: last - first - 1 }, (_, i) => first + 1 + i);
  const geometries = geometriesBetween(from, to, fractionsOf(slices, first, last), slices[first].spacing);
  const edits: LabelEdit[] = [...from, ...to]
    .filter((shape) => from.length === 1 && to.length === 1 && shape.track !== track)
    .map(({ reader: _, ...shape }) => ({ do: "put", shape: { ...shape, track } }));
  for (const [i, slice] of between.entries()) {
    const [before, ...others] = members.filter((shape) => on(shape) === slice);
    const geometry = geometries[i];
    // Thin shapes that hardly meet leave nothing in the middle.
    const nothing = geometry.kind === "mask" && maskArea(geometry) === 0;
    const gone = nothing && before ? [before, ...others] : others;
    for (const { imageId, id } of gone) edits.push({ do: "remove", imageId, id });
    if (nothing) continue;
    const { imageId, frame } = slices[slice];
    const { classId, attributes } = from[0];
    const id = before?.id ?? randomUUID();
    edits.push({ do: "put", shape: { id, imageId, frame, classId, geometry, attributes, track, source: SOURCE } });
  }
  return edits;
}

/** Shapes that belong together: masks of the class; or those of a track, and, where it is alone in its track, the only other of its kind and class on each slice. */
function membersOf(shapes: readonly Shape[], target: FillTarget, on: (shape: Shape) => number): Shape[] {
  if ("classId" in target) return shapes.filter((shape) => isMask(shape) && shape.classId === target.classId);
  const one = shapes.find(({ id }) => id === target.shapeId);
  if (one === undefined) throw new AppError("app/not-found", "This shape is not on a slice of the stack.");
  const alike = shapes.filter((shape) => shape.geometry.kind === one.geometry.kind && shape.classId === one.classId);
  const track = alike.filter((shape) => trackOf(shape) === trackOf(one));
  if (track.some((shape) => on(shape) !== on(one))) return track;
  const alone = alike.filter((shape) => alike.every((other) => other === shape || on(other) !== on(shape)));
  return [...alone.filter((shape) => on(shape) !== on(one)), one];
}

/** Throws labels/nothing-between. */
function gapAround(marked: readonly number[], at: number): readonly [number, number] {
  const before = marked.findLast((slice) => slice < at);
  const after = marked.find((slice) => slice > at);
  const here = marked.includes(at);
  const gaps: (readonly [number | undefined, number | undefined])[] = here
    ? [
        [before, at],
        [at, after],
      ]
    : [[before, after]];
  for (const [first, last] of gaps) {
    if (first !== undefined && last !== undefined && last - first > 1) return [first, last];
  }
  throw new AppError(
    "labels/nothing-between",
    "Expected two slices labelled by hand with others in between, around this one; there are none.",
  );
}

function geometriesBetween(
  from: readonly Shape[],
  to: readonly Shape[],
  fractions: readonly number[],
  spacing: readonly [number, number] | null,
): Shape["geometry"][] {
  const [a, b] = [from[0].geometry, to[0].geometry];
  if (a.kind !== "mask" && b.kind !== "mask") return fractions.map((fraction) => geometryBetween(a, b, fraction));
  const [whole, other] = [from, to].map((shapes) =>
    shapes
      .filter(isMask)
      .map(({ geometry }) => geometry)
      .reduce(united),
  );
  return masksBetween(whole, other, fractions, spacing ?? [1, 1]).map(masked);
}

const united = (a: MaskGeometry, b: MaskGeometry): MaskGeometry => masked(union(a, b));
const masked = ({ rows, columns, runs }: { rows: number; columns: number; runs: readonly number[] }): MaskGeometry => ({
  kind: "mask",
  rows,
  columns,
  runs: [...runs],
});

/** How far along the way each slice between two lies: by its place in the patient, or by its number where no place is known. */
function fractionsOf(slices: readonly StackSlice[], first: number, last: number): number[] {
  const [start, end] = [slices[first].position, slices[last].position];
  return Array.from({ length: last - first - 1 }, (_, i) => {
    const { position } = slices[first + 1 + i];
    const even = (i + 1) / (last - first);
    if (position === null || start === null || end === null || end === start) return even;
    return Math.min(1, Math.max(0, (position - start) / (end - start)));
  });
}
