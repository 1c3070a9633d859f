// What a DICOM object says about its samples: size, modality transform, windows, spacing; for each frame where frames differ.
//
// Everything is described and nothing applied. Sources: PS3.3 C.7.6.3, C.11.1, C.11.2, C.7.6.16, C.8.8.3.

import type { FrameDescription, NamedWindow, PixelDescription } from "../../../preload/contract/index.ts";
import { integerType } from "../frame.ts";
import { checkSize } from "../limits.ts";
import { BYTES_PER_SAMPLE } from "../samples.ts";
import type { FrameEncoding } from "../types.ts";
import type { Attributes } from "./attributes.ts";
import { FunctionalGroups } from "./functional-groups.ts";
import { readTables } from "./lookup.ts";

export interface Described {
  readonly pixels: PixelDescription;
  /** whether the file names a window */
  readonly windowed: boolean;
}

/** Throws imaging/empty and imaging/too-large for the size, imaging/header-invalid for a lookup table that is too short. */
export function describePixels(attributes: Attributes, encoding: FrameEncoding, maxBytes: number): Described {
  const rows = attributes.number("Rows", 0);
  const columns = attributes.number("Columns", 0);
  const frames = attributes.number("NumberOfFrames", 1);
  const colour = encoding.samples === 3 || encoding.palette !== null;
  const samples = colour ? 3 : 1;
  const type = encoding.float
    ? "float32"
    : encoding.palette
      ? "uint8"
      : integerType(encoding.bitsAllocated, encoding.signed);
  checkSize(rows, columns, frames, samples * BYTES_PER_SAMPLE[type], maxBytes);
  const bitsStored = encoding.palette ? 8 : encoding.bitsStored;
  const groups = new FunctionalGroups(attributes);
  const whole = { center: 2 ** (bitsStored - 1), width: 2 ** bitsStored };
  const first = describeFrame(groups, attributes, 0, colour, whole);
  const { windows = [], ...common } = first;
  const aspect = common.spacing ? null : readAspect(attributes);
  return {
    windowed: windows.length > 0,
    pixels: {
      rows,
      columns,
      frames,
      samples,
      type,
      bitsStored,
      inverted: encoding.photometric === "MONOCHROME1" && samples === 1,
      ...common,
      ...(common.spacing && { spacingSource: readSpacing(groups, 0, attributes).source }),
      ...(aspect && { aspect }),
      ...(windows.length > 0 && { windows }),
      ...(!colour && readLookups(attributes, groups)),
      ...(groups.perFrame && frames > 1 && perFrame(groups, attributes, frames, colour, first, whole)),
    },
  };
}

/** What a frame has of its own, complete. */
type FrameValues = Required<Omit<FrameDescription, "windows">> & Pick<FrameDescription, "windows">;

function describeFrame(
  groups: FunctionalGroups,
  attributes: Attributes,
  frame: number,
  colour: boolean,
  whole: PixelDescription["window"],
): FrameValues {
  const windows = colour ? [] : readWindows(groups, frame);
  const scale = colour ? { slope: 1, intercept: 0, unit: "" } : readScale(groups, attributes, frame);
  const window = windows[0] ? { center: windows[0].center, width: windows[0].width } : whole;
  return { ...scale, window, windows, spacing: readSpacing(groups, frame, attributes).spacing };
}

/** What differs from the first frame, for each frame; nothing where none does. */
function perFrame(
  groups: FunctionalGroups,
  attributes: Attributes,
  frames: number,
  colour: boolean,
  first: FrameValues,
  whole: PixelDescription["window"],
): Pick<PixelDescription, "perFrame"> {
  const own = Array.from({ length: frames }, (_, frame): FrameDescription => {
    const described = describeFrame(groups, attributes, frame, colour, whole);
    const keys = Object.keys(described) as (keyof FrameDescription)[];
    const differing = keys.filter((key) => JSON.stringify(described[key]) !== JSON.stringify(first[key]));
    return Object.fromEntries(differing.map((key) => [key, described[key]]));
  });
  return own.some((frame) => Object.keys(frame).length > 0) ? { perFrame: own } : {};
}

const TRANSFORMATION = "PixelValueTransformationSequence";

/** Rescale (C.11.1.1.2) or, of a dose grid, its scaling (C.8.8.3). */
function readScale(
  groups: FunctionalGroups,
  attributes: Attributes,
  frame: number,
): Pick<PixelDescription, "slope" | "intercept" | "unit"> {
  const dose = attributes.number("DoseGridScaling", 0);
  if (dose > 0) return { slope: dose, intercept: 0, unit: attributes.string("DoseUnits") };
  const modality = attributes.string("Modality");
  const [slope] = groups.numbers(frame, TRANSFORMATION, "RescaleSlope");
  const [intercept] = groups.numbers(frame, TRANSFORMATION, "RescaleIntercept");
  const [type] = groups.strings(frame, TRANSFORMATION, "RescaleType");
  const unit = type || (modality === "CT" ? "HU" : attributes.string("Units"));
  return { slope: slope || 1, intercept: intercept ?? 0, unit: unit === "US" ? "" : unit };
}

const VOI = "FrameVOILUTSequence";
const FUNCTIONS: Record<string, NamedWindow["function"]> = { LINEAR_EXACT: "linear-exact", SIGMOID: "sigmoid" };

/** Every window that has a width. */
function readWindows(groups: FunctionalGroups, frame: number): NamedWindow[] {
  const centers = groups.numbers(frame, VOI, "WindowCenter");
  const widths = groups.numbers(frame, VOI, "WindowWidth");
  const names = groups.strings(frame, VOI, "WindowCenterWidthExplanation");
  const [kind = ""] = groups.strings(frame, VOI, "VOILUTFunction");
  return centers.flatMap((center, i) =>
    widths[i] > 0
      ? [{ center, width: widths[i], name: names[i] ?? "", function: FUNCTIONS[kind] ?? ("linear" as const) }]
      : [],
  );
}

function readLookups(attributes: Attributes, groups: FunctionalGroups): Partial<PixelDescription> {
  const [modalityLut] = readTables(attributes, "ModalityLUTSequence");
  const voiLuts = groups
    .places(0, VOI)
    .map((place) => readTables(place, "VOILUTSequence"))
    .find((tables) => tables.length > 0);
  return { ...(voiLuts && { voiLuts }), ...(modalityLut && { modalityLut }) };
}

interface Spacing {
  readonly spacing: PixelDescription["spacing"];
  readonly source?: PixelDescription["spacingSource"];
}

/** Spacing in the patient before spacing at the detector before spacing on a scanned film (C.10.7.1.3). */
function readSpacing(groups: FunctionalGroups, frame: number, attributes: Attributes): Spacing {
  const read = (keyword: string): [number, number] | null => {
    const [between, along] = groups.numbers(frame, "PixelMeasuresSequence", keyword);
    return between > 0 && along > 0 ? [between, along] : null;
  };
  const spacing = read("PixelSpacing");
  const detector = read("ImagerPixelSpacing");
  if (spacing) {
    const corrected = detector !== null && (detector[0] !== spacing[0] || detector[1] !== spacing[1]);
    const calibrated = corrected || attributes.string("PixelSpacingCalibrationType") !== "";
    const source = calibrated ? "calibrated" : detector ? "detector" : "patient";
    return { spacing, source };
  }
  if (detector) return { spacing: detector, source: "detector" };
  return { spacing: read("NominalScannedPixelSpacing"), source: "scanner" };
}

/** PS3.3 C.7.6.3.1.7: vertical over horizontal size; null for square pixels. */
function readAspect(attributes: Attributes): [number, number] | null {
  const [vertical, horizontal] = attributes.numbers("PixelAspectRatio");
  const given = [vertical, horizontal].every((part) => Number.isSafeInteger(part) && part > 0);
  return given && vertical !== horizontal ? [vertical, horizontal] : null;
}
