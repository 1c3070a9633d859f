// What is odd about an image, found while it is imported: data for filters, never a refusal.
//
// Statistics are taken of each frame while it is decoded anyway; the findings are rules over them and over what the file says. A rule may be wrong
// about an image, so each is narrow, and its number is a named constant with its reason.

import type { FrameGeometry, PixelDescription } from "../../preload/contract/index.ts";
import { modalityTransform } from "./display.ts";
import type { DecodedFrame } from "./types.ts";

export type QualityCode =
  /** every frame has one value nearly everywhere */
  | "blank"
  /** some frames have */
  | "blank-frames"
  /** brightest parts were cut off at the largest value that the sensor or the export could hold */
  | "clipped"
  /** a cross-sectional image that does not say where it lies or how large its pixels are */
  | "geometry-missing"
  /** what the modality says cannot be: CT without a value below water, radiographs and slices in colour */
  | "modality-mismatch";

export interface Finding {
  readonly code: QualityCode;
  /** the frame it was found in; absent where it is the whole image's */
  readonly frame?: number;
}

/** Of stored values; of colour of its rounded luminance. */
export interface FrameStatistics {
  readonly low: number;
  readonly high: number;
  readonly distinct: number;
  /** part of the pixels that have the commonest value */
  readonly commonest: number;
  /** part of the pixels at the brightest value, and part in the hundredth of the range just below it */
  readonly brightest: number;
  readonly nearBrightest: number;
}

/** A frame with so large a part of one value shows nothing: 65 of 65536 pixels are a speck. */
const BLANK = 0.999;
/** Noise alone puts a few pixels at the end; a tenth of a percent is lettering. */
const CLIPPED = 0.01;
/** Values pile up at a limit: a bright but whole picture falls off towards its end. */
const PILE = 4;
/** Drawings, masks and label maps have few values, and their brightest is meant. */
const FEWEST_VALUES = 32;
/** Frames above this size are asked at so many pixels, evenly spread. */
const SAMPLES = 1 << 20;
/** CR, DX and slices are grey by their definitions (PS3.3 C.8); colour means a screen capture or a map over it. */
const GREY = new Set(["CR", "DX", "MG", "CT", "MR", "PT", "RG", "IO", "PX"]);
const CROSS_SECTIONAL = new Set(["CT", "MR", "PT"]);

export function statisticsOf(frame: DecodedFrame, pixels: PixelDescription): FrameStatistics {
  const { counts, taken } = countValues(frame);
  let [low, high, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const [value, times] of counts) {
    if (value < low) low = value;
    if (value > high) high = value;
    if (times > most) most = times;
  }
  // MONOCHROME1: bright is low.
  const bright = pixels.inverted ? low : high;
  const near = (high - low) / 100;
  let nearBrightest = 0;
  for (const [value, times] of counts) {
    if (value !== bright && Math.abs(value - bright) <= Math.max(near, 1)) nearBrightest += times;
  }
  return {
    low,
    high,
    distinct: counts.size,
    commonest: most / taken,
    brightest: (counts.get(bright) ?? 0) / taken,
    nearBrightest: nearBrightest / taken,
  };
}

/** From this many pixels on, a table of all 16-bit values is faster than a map of those that occur. */
const TABLE_FROM = 4096;

/** How often each value occurs. */
function countValues({ values, samples }: DecodedFrame): { counts: Map<number, number>; taken: number } {
  const count = values.length / samples;
  const step = Math.max(1, Math.floor(count / SAMPLES));
  const counts = new Map<number, number>();
  let taken = 0;
  if (samples === 1 && values.BYTES_PER_ELEMENT <= 2 && count >= TABLE_FROM) {
    const table = new Uint32Array(65536);
    for (let i = 0; i < count; i += step, taken++) table[values[i] & 0xffff] += 1;
    const signed = values instanceof Int16Array || values instanceof Int8Array;
    table.forEach((times, at) => {
      if (times > 0) counts.set(signed && at > 32767 ? at - 65536 : at, times);
    });
    return { counts, taken };
  }
  for (let i = 0; i < count; i += step, taken++) {
    const value =
      samples === 1
        ? values[i]
        : Math.round(0.299 * values[3 * i] + 0.587 * values[3 * i + 1] + 0.114 * values[3 * i + 2]);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { counts, taken };
}

interface Described {
  readonly modality: string;
  readonly pixels: PixelDescription;
  readonly geometry: readonly FrameGeometry[];
}

/** `statistics`: one record for each frame. Findings of frames come first, each code once for a frame. */
export function findingsOf(image: Described, statistics: readonly FrameStatistics[]): Finding[] {
  const findings: Finding[] = [];
  const blank = statistics.map(({ commonest }) => commonest >= BLANK);
  if (blank.length > 0 && blank.every(Boolean)) findings.push({ code: "blank" });
  else findings.push(...blank.flatMap((is, frame) => (is ? [{ code: "blank-frames" as const, frame }] : [])));
  findings.push(...statistics.flatMap((of, frame) => (isClipped(of) ? [{ code: "clipped" as const, frame }] : [])));
  if (CROSS_SECTIONAL.has(image.modality) && !isPlaced(image)) findings.push({ code: "geometry-missing" });
  if (isMismatch(image, statistics)) findings.push({ code: "modality-mismatch" });
  return findings;
}

function isClipped({ commonest, distinct, brightest, nearBrightest }: FrameStatistics): boolean {
  return commonest < BLANK && distinct >= FEWEST_VALUES && brightest >= CLIPPED && brightest >= PILE * nearBrightest;
}

function isPlaced({ pixels, geometry }: Described): boolean {
  const placed = geometry.length > 0 && geometry.every(({ position, orientation }) => position && orientation);
  return placed && pixels.spacing !== null;
}

function isMismatch({ modality, pixels }: Described, statistics: readonly FrameStatistics[]): boolean {
  if (GREY.has(modality) && pixels.samples === 3) return true;
  if (modality !== "CT" || pixels.samples === 3) return false;
  // Around and within every body there is air and fat: a CT without one value below that of water was not scaled.
  const modalityValue = modalityTransform(pixels);
  return !statistics.some(({ low, high }) => Math.min(modalityValue(low), modalityValue(high)) < 0);
}
