// Decoded samples to a picture of 8 bits: modality transform, then window or VOI lookup table, then MONOCHROME1 turned round.
//
// Pure: the frame, its description and the look go in, bytes come out. Nothing here is kept; training takes modality values (prepare.ts), never these.
// Sources: PS3.3 C.11.1 (modality), C.11.2 (VOI), C.7.6.3.1.2 (MONOCHROME1).

import type { LookupTable, NamedWindow, PixelDescription } from "../../preload/contract/index.ts";
import type { DecodedFrame } from "./types.ts";

/** How modality values become grey: a window (linear where nothing is said) or a VOI lookup table. */
export type Look = (Pick<NamedWindow, "center" | "width"> & Partial<NamedWindow>) | LookupTable;

/** The look that a frame has where nobody chose one: the file's first window, else its first lookup table, else its whole range. */
export function lookOf({ windows, voiLuts, window }: PixelDescription): Look {
  return windows?.[0] ?? voiLuts?.[0] ?? window;
}

/** The window whose ends are the darkest and the brightest value. */
export function windowOver(low: number, high: number): PixelDescription["window"] {
  return { center: (low + high + 1) / 2, width: Math.max(high - low, 0) + 1 };
}

/** The description's transform from stored to modality values: its lookup table, else slope and intercept. */
export function modalityTransform({ modalityLut, slope, intercept }: PixelDescription): (stored: number) => number {
  if (modalityLut) return tableOf(modalityLut).value;
  return (stored) => stored * slope + intercept;
}

/**
 * rows × columns bytes of grey, or three times as many of RGB. `pixels` is the description of this very frame (`pixelsOfFrame`).
 * A value that is no number is black.
 */
export function renderFrame(frame: DecodedFrame, pixels: PixelDescription, look: Look = lookOf(pixels)): Uint8Array {
  const { values } = frame;
  const modality = modalityTransform(pixels);
  const grey = greyOf(look);
  const shade = (stored: number) => {
    const unit = grey(modality(stored));
    // Written so that NaN becomes 0.
    const clipped = unit > 0 ? Math.min(unit, 1) : 0;
    return Math.round(255 * (pixels.inverted ? 1 - clipped : clipped));
  };
  const out = new Uint8Array(values.length);
  const few = values.BYTES_PER_ELEMENT === 1 || (values.BYTES_PER_ELEMENT === 2 && values.length > 65536);
  if (few) {
    // Fewer stored values than pixels: each is asked once. Negative ones lie in the upper half, as their bits do.
    const mask = values.BYTES_PER_ELEMENT === 1 ? 0xff : 0xffff;
    const shades = new Int16Array(mask + 1).fill(-1);
    for (let i = 0; i < values.length; i++) {
      const at = values[i] & mask;
      if (shades[at] < 0) shades[at] = shade(values[i]);
      out[i] = shades[at];
    }
  } else for (let i = 0; i < values.length; i++) out[i] = shade(values[i]);
  return out;
}

/** Modality value to [0, 1] or beyond its ends, which the caller clips. */
function greyOf(look: Look): (value: number) => number {
  if ("entries" in look) {
    const { value, top } = tableOf(look);
    return (modality) => value(modality) / top;
  }
  const { center, width, function: kind = "linear" } = look;
  if (kind === "sigmoid") return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  // Linear as the standard defines it, from whole values to whole values; its width is at least 1 (C.11.2.1.2.1).
  const exact = kind === "linear-exact" || width < 1;
  const middle = exact ? center : center - 0.5;
  const span = exact ? width : width - 1;
  if (span === 0) return (value) => (value > middle ? 1 : 0);
  return (value) => (value - middle) / span + 0.5;
}

interface Table {
  /** The entry of an input, NaN of NaN. */
  value(input: number): number;
  /** the largest value an entry can have */
  readonly top: number;
}

/** Entries are asked by whole numbers (C.11.2.1.1): a modality value between two takes the nearer one. */
function tableOf({ first, bits, entries }: LookupTable): Table {
  const bytes = Buffer.from(entries, "base64");
  const last = (bytes.length >> 1) - 1;
  const top = 2 ** bits - 1;
  return {
    top,
    value(input) {
      const index = Math.min(last, Math.max(0, Math.round(input) - first));
      return index >= 0 ? bytes.readUInt16LE(2 * index) : Number.NaN;
    },
  };
}

/** Smallest and largest entry of a table. */
export function tableRange({ entries }: LookupTable): { low: number; high: number } {
  const bytes = Buffer.from(entries, "base64");
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const entry = bytes.readUInt16LE(at);
    if (entry < low) low = entry;
    if (entry > high) high = entry;
  }
  return { low, high };
}
