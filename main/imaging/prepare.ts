// A decoded image to what a model takes: a square of numbers in [0, 1].
//
// The same code prepares images for training, evaluation, explanation and inside the container, so all see the same input.
// Steps: luminance (colour), modality value, scale by the model's InputSpec and clip, turn MONOCHROME1 round, resample.
// The picture is stretched to the square, not letterboxed (decision I3 in README.md). No value is ever NaN.

import type { InputSpec, PixelDescription } from "../../preload/contract/index.ts";
import { modalityTransform } from "./display.ts";
import type { DecodedFrame } from "./types.ts";

/** Rec. 601 luminance, as in DICOM's YBR_FULL (PS3.3 C.7.6.3.1.2). */
const LUMINANCE = [0.299, 0.587, 0.114];

/** spec.size² values in [0, 1], row by row: 0 is `spec.low` or darker. Where high is not above low, everything is 0. */
export function prepareImage(frame: DecodedFrame, pixels: PixelDescription, spec: InputSpec): Float32Array {
  const { rows, columns } = frame;
  const scale = spec.high > spec.low ? 1 / (spec.high - spec.low) : 0;
  const scaled = new Float32Array(rows * columns);
  const value = modalityValues(frame, pixels);
  for (let i = 0; i < scaled.length; i++) {
    const unit = (value(i) - spec.low) * scale;
    // Written so that NaN becomes 0.
    const clipped = unit > 0 ? Math.min(unit, 1) : 0;
    scaled[i] = pixels.inverted ? 1 - clipped : clipped;
  }
  return resample(scaled, rows, columns, spec.size, spec.size);
}

/** Modality value of pixel i; of colour the luminance. */
function modalityValues(frame: DecodedFrame, pixels: PixelDescription): (i: number) => number {
  const { values, samples } = frame;
  const { slope, intercept } = pixels;
  if (samples === 1) {
    const modality = modalityTransform(pixels);
    return (i) => modality(values[i]);
  }
  const [r, g, b] = LUMINANCE;
  return (i) => (r * values[3 * i] + g * values[3 * i + 1] + b * values[3 * i + 2]) * slope + intercept;
}

interface Weights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `stride` weights per output sample */
  readonly weights: Float32Array;
  readonly stride: number;
}

/** For each output sample along one axis: the mean over the area it covers (shrinking) or linear interpolation (growing). */
function axisWeights(from: number, to: number): Weights {
  const ratio = from / to;
  const stride = ratio > 1 ? Math.ceil(ratio) + 1 : 2;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float32Array(to * stride);
  for (let o = 0; o < to; o++) {
    if (ratio > 1) {
      const start = o * ratio;
      const end = Math.min(from, start + ratio);
      first[o] = Math.floor(start);
      count[o] = Math.min(from, Math.ceil(end - 1e-9)) - first[o];
      for (let k = 0; k < count[o]; k++) {
        const covered = Math.min(end, first[o] + k + 1) - Math.max(start, first[o] + k);
        weights[o * stride + k] = covered / (end - start);
      }
    } else {
      const centre = Math.min(from - 1, Math.max(0, (o + 0.5) * ratio - 0.5));
      first[o] = Math.min(Math.floor(centre), Math.max(0, from - 2));
      count[o] = Math.min(2, from);
      const second = centre - first[o];
      weights[o * stride] = 1 - second;
      weights[o * stride + 1] = second;
    }
  }
  return { first, count, weights, stride };
}

/** Area average along an axis that shrinks, bilinear along one that grows, unchanged along one that stays. */
export function resample(
  values: Float32Array,
  rows: number,
  columns: number,
  toRows: number,
  toColumns: number,
): Float32Array {
  const across = axisWeights(columns, toColumns);
  const wide = new Float32Array(rows * toColumns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < toColumns; x++) {
      let sum = 0;
      const base = y * columns + across.first[x];
      for (let k = 0; k < across.count[x]; k++) sum += values[base + k] * across.weights[x * across.stride + k];
      wide[y * toColumns + x] = sum;
    }
  }
  const down = axisWeights(rows, toRows);
  const out = new Float32Array(toRows * toColumns);
  for (let y = 0; y < toRows; y++) {
    for (let k = 0; k < down.count[y]; k++) {
      const weight = down.weights[y * down.stride + k];
      const base = (down.first[y] + k) * toColumns;
      for (let x = 0; x < toColumns; x++) out[y * toColumns + x] += wide[base + x] * weight;
    }
  }
  return out;
}

/** Modality values looked at per frame by valueRange. */
const RANGE_SAMPLES = 4096;
/** Part of the values left out at each end: dead pixels and burnt-in markers must not set the scale. */
const RANGE_TAIL = 0.002;

/**
 * A range [low, high] of modality values for an InputSpec that serves all the images. Plain 8-bit images keep [0, 255];
 * others get the range that all but the outermost 0.2 % of values at each end fall into. Without frames: [0, 1].
 */
export function valueRange(images: Iterable<{ frame: DecodedFrame; pixels: PixelDescription }>): {
  low: number;
  high: number;
} {
  const seen: number[] = [];
  let plain = true;
  for (const { frame, pixels } of images) {
    plain &&= pixels.type === "uint8" && pixels.slope === 1 && pixels.intercept === 0 && !pixels.modalityLut;
    const value = modalityValues(frame, pixels);
    const count = frame.rows * frame.columns;
    const step = Math.max(1, Math.floor(count / RANGE_SAMPLES));
    for (let i = Math.floor(step / 2); i < count; i += step) {
      const v = value(i);
      if (Number.isFinite(v)) seen.push(v);
    }
  }
  if (seen.length === 0) return { low: 0, high: 1 };
  if (plain) return { low: 0, high: 255 };
  const sorted = Float64Array.from(seen).sort();
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))];
  const [low, high] = [at(RANGE_TAIL), at(1 - RANGE_TAIL)];
  return high > low ? { low, high } : { low, high: low + 1 };
}
