// How far readers agree in what they draw: for each label, over every pair of them.
//
// Masks: the mean over cases of Dice, IoU, Hausdorff distances in mm. A case in which neither drew counts 1 for Dice and IoU and has no distance; one in which
// one drew counts 0 and has none either, so distances are about cases in which both drew: their number stands beside them. Boxes: F1 over all
// boxes of all cases, and the mean IoU of matched ones; kappa does not exist for boxes (see boxes.ts). Intervals draw whole patients anew.
// A reader who looked and drew nothing gives an empty mask or no boxes; a case without a reading was not read.

import type { Spacing } from "../masks/distance-transform.ts";
import type { BootstrapSettings } from "./bootstrap.ts";
import { type Box, matchBoxes } from "./boxes.ts";
import { dice, intersectionOverUnion, type Region, regionOverlap, volumetricSimilarity } from "./overlap.ts";
import {
  type Figure,
  type LabelReadings,
  pairsOf,
  type Reading,
  readingsOf,
  refuse,
  resampledFigures,
  sharedCases,
} from "./readings.ts";
import { surfaceDistances } from "./surface.ts";

/** A mask over a frame or stack, or boxes of a frame in image pixels. */
export type Drawing =
  | { readonly kind: "region"; readonly region: Region; readonly spacing: Spacing }
  | { readonly kind: "boxes"; readonly boxes: readonly Box[] };

export type DrawnFigureName =
  | "dice"
  | "iou"
  | "volumetric-similarity"
  | "hausdorff"
  | "hausdorff-95"
  | "average-surface-distance"
  | "f1"
  | "matched-iou";

export interface DrawnPair {
  readonly readers: readonly [string, string];
  /** Cases that both read; in which neither drew, only one drew, both drew. */
  readonly cases: number;
  readonly neither: number;
  readonly one: number;
  readonly both: number;
  /** Distances in mm. */
  readonly figures: Readonly<Partial<Record<DrawnFigureName, Figure>>>;
}

export interface DrawnAgreement {
  readonly label: string;
  readonly kind: Drawing["kind"];
  readonly readers: readonly string[];
  /** Cases that anybody read. */
  readonly cases: number;
  readonly pairs: readonly DrawnPair[];
}

export interface DrawnSettings extends BootstrapSettings {
  /** Boxes that overlap by this much mean the same thing. 0.5 unless said. */
  readonly threshold?: number;
}

const THRESHOLD = 0.5;

/**
 * One entry for each label, in the order of the readings. Throws app/invalid-input for a label with masks and boxes, for spacings of a case that
 * differ, and as `agreement` does; labels/geometry-invalid for masks of different sizes.
 */
export function drawnAgreement(readings: readonly Reading<Drawing>[], settings: DrawnSettings): DrawnAgreement[] {
  return [...new Set(readings.map(({ label }) => label))].map((label) => {
    const drawings = readingsOf(readings, label);
    const kinds = new Set(drawings.cases.flatMap(({ byReader }) => [...byReader.values()].map(({ kind }) => kind)));
    const [kind] = kinds;
    if (kinds.size !== 1) refuse(label, "expected masks or boxes, found both");
    const compare = kind === "region" ? regionPair : boxPair;
    return {
      label,
      kind,
      readers: drawings.readers,
      cases: drawings.cases.length,
      pairs: pairsOf(drawings.readers).map((readers) => compare(label, drawings, readers, settings)),
    };
  });
}

const REGION_FIGURES = [
  "dice",
  "iou",
  "volumetric-similarity",
  "hausdorff",
  "hausdorff-95",
  "average-surface-distance",
] as const satisfies readonly DrawnFigureName[];
type RegionFigures = Readonly<Record<(typeof REGION_FIGURES)[number], number | null>>;

/** Mean over cases of those that have a value; null where none has. */
function meanOver(values: readonly (number | null)[]): (cases: Int32Array) => number | null {
  return (cases) => {
    let [sum, count] = [0, 0];
    for (const i of cases) {
      const value = values[i];
      if (value === null) continue;
      sum += value;
      count++;
    }
    return count === 0 ? null : sum / count;
  };
}

function regionPair(
  label: string,
  drawings: LabelReadings<Drawing>,
  readers: [string, string],
  settings: DrawnSettings,
): DrawnPair {
  const shared = sharedCases(drawings, readers);
  const drawn: number[] = [];
  const found = shared.map(({ values: [a, b] }): RegionFigures => {
    if (a.kind !== "region" || b.kind !== "region") refuse(label, "expected masks");
    if (a.spacing.some((mm, axis) => mm !== b.spacing[axis] || !(mm > 0))) {
      refuse(label, "the spacing of a case differs between readers or is not above 0");
    }
    const counts = regionOverlap(a.region, b.region);
    drawn.push(Number(counts.first > 0) + Number(counts.second > 0));
    const distances = surfaceDistances(a.region, b.region, a.spacing);
    return {
      dice: dice(counts),
      iou: intersectionOverUnion(counts),
      "volumetric-similarity": volumetricSimilarity(counts),
      hausdorff: distances?.hausdorff ?? null,
      "hausdorff-95": distances?.hausdorff95 ?? null,
      "average-surface-distance": distances?.average ?? null,
    };
  });
  const means = REGION_FIGURES.map((name) => meanOver(found.map((figures) => figures[name])));
  return {
    readers,
    cases: shared.length,
    ...drawnBy(drawn),
    figures: resampledFigures(
      shared,
      REGION_FIGURES,
      (cases) => means.map((mean) => mean(cases)),
      "nothing-drawn",
      settings,
    ),
  };
}

function boxPair(
  label: string,
  drawings: LabelReadings<Drawing>,
  readers: [string, string],
  settings: DrawnSettings,
): DrawnPair {
  const shared = sharedCases(drawings, readers);
  const found = shared.map(({ values: [a, b] }) => {
    if (a.kind !== "boxes" || b.kind !== "boxes") refuse(label, "expected boxes");
    const pairs = matchBoxes(a.boxes, b.boxes, settings.threshold ?? THRESHOLD);
    return {
      first: a.boxes.length,
      second: b.boxes.length,
      pairs: pairs.length,
      iou: pairs.reduce((sum, pair) => sum + pair.iou, 0),
    };
  });
  const statistics = (cases: Int32Array): readonly (number | null)[] => {
    let [boxes, pairs, iou] = [0, 0, 0];
    for (const i of cases) {
      boxes += found[i].first + found[i].second;
      pairs += found[i].pairs;
      iou += found[i].iou;
    }
    return [boxes === 0 ? null : (2 * pairs) / boxes, pairs === 0 ? null : iou / pairs];
  };
  return {
    readers,
    cases: shared.length,
    ...drawnBy(found.map(({ first, second }) => Number(first > 0) + Number(second > 0))),
    figures: resampledFigures(shared, ["f1", "matched-iou"], statistics, "nothing-drawn", settings),
  };
}

/** Cases by how many of the two drew something. */
function drawnBy(readers: readonly number[]): { neither: number; one: number; both: number } {
  const cases = (many: number): number => readers.filter((count) => count === many).length;
  return { neither: cases(0), one: cases(1), both: cases(2) };
}
