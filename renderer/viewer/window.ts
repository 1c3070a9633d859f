// Window and level: which modality values are drawn from black to white.
//
// The reader thinks in modality values (HU). Cornerstone3D draws display values, which are integers of at most 16 bits
// (pixels.ts): modality = display * slope + intercept. Its linear rule is DICOM's (PS3.3 C.11.2.1.2).
import type { PixelDescription } from "../../preload/contract/index.ts";

export interface Window {
  center: number;
  /** positive */
  width: number;
}

/** How display values become modality values. */
export interface DisplayScale {
  slope: number;
  intercept: number;
}

export type PresetName = "file" | "auto" | "full" | "lung" | "softTissue" | "bone" | "brain";

/** Usual windows for CT in HU. */
const CT_PRESETS: Partial<Record<PresetName, Window>> = {
  lung: { center: -600, width: 1500 },
  softTissue: { center: 40, width: 400 },
  bone: { center: 400, width: 1800 },
  brain: { center: 40, width: 80 },
};

/** Presets that make sense for an image. */
export function presetsFor(modality: string, pixels: PixelDescription): PresetName[] {
  const always: PresetName[] = ["file", "auto", "full"];
  return modality === "CT" && pixels.unit === "HU" ? [...always, "lung", "softTissue", "bone", "brain"] : always;
}

export interface FrameStatistics {
  /** modality values: smallest, largest, and those that 1 % and 99 % of the pixels lie below */
  min: number;
  max: number;
  low: number;
  high: number;
}

export function presetWindow(name: PresetName, pixels: PixelDescription, statistics: FrameStatistics): Window {
  if (name === "file") return pixels.window;
  if (name === "auto") return windowBetween(statistics.low, statistics.high);
  if (name === "full") return windowBetween(statistics.min, statistics.max);
  return CT_PRESETS[name] ?? pixels.window;
}

function windowBetween(low: number, high: number): Window {
  // A flat picture has no width; one keeps it drawable.
  return { center: (low + high) / 2, width: high > low ? high - low : 1 };
}

/** The range of display values that Cornerstone3D draws from black to white. */
export function windowToRange(window: Window, scale: DisplayScale): { lower: number; upper: number } {
  const display = (value: number) => (value - scale.intercept) / scale.slope;
  const a = display(window.center - window.width / 2);
  const b = display(window.center + window.width / 2);
  return { lower: Math.min(a, b), upper: Math.max(a, b) };
}

export function rangeToWindow(range: { lower: number; upper: number }, scale: DisplayScale): Window {
  const modality = (value: number) => value * scale.slope + scale.intercept;
  const a = modality(range.lower);
  const b = modality(range.upper);
  return { center: (a + b) / 2, width: Math.abs(b - a) };
}
