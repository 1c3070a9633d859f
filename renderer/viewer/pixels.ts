// Bytes of /pixels/{id}/{frame} as values that the viewer can draw.
//
// Values behind a modality lookup table are drawn as what the table says of them (PS3.3 C.11.1). Drawing on the CPU works with integers of at most 16 bits. Integers that fit stay as they are; wider ones and real numbers
// are spread over 0..65535 and the scale says how to get modality values back. Colour becomes 8 bits per sample.
import type { LookupTable, PixelDescription, PixelType } from "../../preload/contract/index.ts";
import type { DisplayScale, FrameStatistics } from "./window.ts";

export type DisplayValues = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int16Array<ArrayBuffer>;

export interface DisplayFrame {
  /** row by row; for colour R, G, B interleaved */
  values: DisplayValues;
  color: boolean;
  min: number;
  max: number;
  scale: DisplayScale;
  statistics: FrameStatistics;
}

const BYTES: Record<PixelType, number> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
};

/** Throws when the bytes are not exactly one frame. */
export function displayFrame(bytes: ArrayBuffer, pixels: PixelDescription): DisplayFrame {
  const count = pixels.rows * pixels.columns * pixels.samples;
  const expected = count * BYTES[pixels.type];
  if (bytes.byteLength !== expected) {
    throw new Error(`Expected ${expected} bytes of pixels, got ${bytes.byteLength}.`);
  }
  const { modalityLut } = pixels;
  const { slope, intercept } = modalityLut ? { slope: 1, intercept: 0 } : pixels;
  const raw = storedValues(bytes, pixels.type);
  const stored = modalityLut ? throughTable(raw, modalityLut) : raw;
  const { min, max } = extent(stored);
  if (pixels.samples === 3) {
    const values = stored instanceof Uint8Array ? stored : to8Bits(stored, pixels);
    const statistics = { min: 0, max: 255, low: 0, high: 255 };
    return { values, color: true, min: 0, max: 255, scale: { slope: 1, intercept: 0 }, statistics };
  }
  const fits = stored instanceof Uint8Array || stored instanceof Uint16Array || stored instanceof Int16Array;
  const step = max > min ? (max - min) / 65535 : 1;
  const values = fits
    ? stored
    : stored instanceof Int8Array
      ? Int16Array.from(stored)
      : Uint16Array.from(stored, (value) => (Number.isFinite(value) ? Math.round((value - min) / step) : 0));
  const isNative = fits || stored instanceof Int8Array;
  const scale: DisplayScale = isNative
    ? { slope, intercept }
    : { slope: slope * step, intercept: slope * min + intercept };
  return greyFrame(values, scale);
}

/** Grey values that can be drawn as they are. */
export function greyFrame(values: DisplayValues, scale: DisplayScale): DisplayFrame {
  const drawn = extent(values);
  return { values, color: false, ...drawn, scale, statistics: frameStatistics(values, drawn, scale) };
}

/** Entries of the table; values outside it take its ends. */
function throughTable(stored: ArrayLike<number>, { first, entries }: LookupTable): Uint16Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(entries), (character) => character.charCodeAt(0));
  const last = (bytes.length >> 1) - 1;
  return Uint16Array.from(stored, (value) => {
    const at = 2 * Math.min(last, Math.max(0, Math.round(value) - first));
    return bytes[at] | (bytes[at + 1] << 8);
  });
}

function storedValues(bytes: ArrayBuffer, type: PixelType) {
  switch (type) {
    case "uint8":
      return new Uint8Array(bytes);
    case "int8":
      return new Int8Array(bytes);
    case "uint16":
      return new Uint16Array(bytes);
    case "int16":
      return new Int16Array(bytes);
    case "uint32":
      return new Uint32Array(bytes);
    case "int32":
      return new Int32Array(bytes);
    case "float32":
      return new Float32Array(bytes);
  }
}

/** Smallest and largest; values that are not numbers do not count. A frame of none is flat at 0. */
function extent(values: ArrayLike<number>): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? { min, max } : { min: 0, max: 0 };
}

function to8Bits(stored: ArrayLike<number>, { bitsStored, type }: PixelDescription): Uint8Array<ArrayBuffer> {
  const top = type === "float32" ? 1 : 2 ** bitsStored - 1;
  return Uint8Array.from(stored, (value) => Math.max(0, Math.min(255, Math.round((value / top) * 255))));
}

function frameStatistics(
  values: DisplayValues,
  { min, max }: { min: number; max: number },
  { slope, intercept }: DisplayScale,
): FrameStatistics {
  const histogram = new Uint32Array(max - min + 1);
  for (let i = 0; i < values.length; i++) histogram[values[i] - min]++;
  const below = (part: number) => {
    let seen = 0;
    for (let i = 0; i < histogram.length; i++) {
      seen += histogram[i];
      if (seen >= part * values.length) return min + i;
    }
    return max;
  };
  const ordered = (a: number, b: number) => {
    const values = [a * slope + intercept, b * slope + intercept];
    return { low: Math.min(...values), high: Math.max(...values) };
  };
  const whole = ordered(min, max);
  return { min: whole.low, max: whole.high, ...ordered(below(0.01), below(0.99)) };
}
