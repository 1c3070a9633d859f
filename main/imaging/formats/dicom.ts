// DICOM objects with pixels (PS3.3 image modules) to images. What a file must say, what may be missing, what is refused.
//
// Pixel data stay in their transfer syntax, cut into frames. An object without pixels is refused by the name of its kind.

import { AppError } from "../../../preload/contract/errors.ts";
import type { PixelDescription } from "../../../preload/contract/index.ts";
import { Attributes } from "../dicom/attributes.ts";
import { type Element, looksLikeDicom, readPart10 } from "../dicom/dataset.ts";
import { tagOf, tagText } from "../dicom/dictionary.ts";
import { splitFrames } from "../dicom/frames.ts";
import { kindOfObject } from "../dicom/object-kind.ts";
import { readPalette } from "../dicom/palette.ts";
import { shownTags } from "../dicom/shown-tags.ts";
import { codecOf } from "../dicom/transfer-syntax.ts";
import { integerType } from "../frame.ts";
import { checkSize } from "../limits.ts";
import { BYTES_PER_SAMPLE } from "../samples.ts";
import type { Format, FrameEncoding, OpenedImage } from "../types.ts";

export const dicom: Format = {
  id: "dicom",
  match: ({ bytes }) => looksLikeDicom(bytes),
  open: ({ name, bytes }, maxBytes) => [openDicom(name, bytes, maxBytes)],
};

function openDicom(name: string, bytes: Uint8Array, maxBytes: number): OpenedImage {
  const { meta, transferSyntax, dataSet } = readPart10(bytes, maxBytes);
  const attributes = new Attributes(dataSet);
  const pixelElement = findPixels(attributes, meta ? new Attributes(meta).string("MediaStorageSOPClassUID") : "");
  if (codecOf(transferSyntax) === null) {
    throw new AppError("imaging/codec-missing", `No codec reads the transfer syntax ${transferSyntax}.`);
  }
  const encoding = readEncoding(attributes, pixelElement);
  const pixels = describePixels(attributes, encoding, maxBytes);
  const frames = splitFrames(pixelElement, dataSet, transferSyntax, pixels, encoding);
  return {
    name,
    modality: attributes.string("Modality") || "OT",
    patient: attributes.string("PatientID"),
    study: attributes.string("StudyInstanceUID"),
    series: attributes.string("SeriesInstanceUID"),
    sopInstance: attributes.string("SOPInstanceUID"),
    instanceNumber: attributes.numbers("InstanceNumber").find(Number.isSafeInteger) ?? null,
    pixels,
    encoding,
    frames,
    window: pixels.samples === 3 || readWindow(attributes) ? "given" : "auto",
    member: "",
    tags: shownTags(attributes),
    suggestedClass: null,
    suggestedPart: null,
  };
}

function findPixels(attributes: Attributes, mediaClass: string): Element {
  const element =
    attributes.element("PixelData") ??
    attributes.element("FloatPixelData") ??
    attributes.element("DoubleFloatPixelData");
  if (element && element.length > 0) return element;
  const { cut } = attributes.dataSet;
  if (cut) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected ${cut.expected} bytes in element ${tagText(cut.tag)}, found ${cut.found}: the file is cut off or damaged.`,
    );
  }
  const kind = kindOfObject(attributes.string("SOPClassUID") || mediaClass, attributes.string("Modality"));
  throw new AppError("imaging/pixel-data-missing", `The file is ${kind}: it holds no pixels.`);
}

/** PS3.3 C.7.6.3: the Image Pixel module. */
function readEncoding(attributes: Attributes, pixels: Element): FrameEncoding {
  const float = pixels.tag !== tagOf("PixelData");
  const bitsAllocated = float
    ? pixels.tag === tagOf("FloatPixelData")
      ? 32
      : 64
    : attributes.number("BitsAllocated", 0);
  if (![1, 8, 16, 32].includes(bitsAllocated) && !float) {
    throw new AppError("imaging/header-invalid", `Expected 1, 8, 16 or 32 bits allocated, found ${bitsAllocated}.`);
  }
  const samples = attributes.number("SamplesPerPixel", 1);
  if (samples !== 1 && samples !== 3) {
    throw new AppError("imaging/header-invalid", `Expected 1 or 3 samples per pixel, found ${samples}.`);
  }
  const stored = attributes.number("BitsStored", bitsAllocated);
  const bitsStored = stored >= 1 && stored <= bitsAllocated ? Math.floor(stored) : bitsAllocated;
  const high = attributes.number("HighBit", bitsStored - 1);
  const photometric = attributes.string("PhotometricInterpretation") || (samples === 3 ? "RGB" : "MONOCHROME2");
  const signed = attributes.number("PixelRepresentation", 0) === 1 && samples === 1 && !float;
  return {
    bitsAllocated: bitsAllocated as FrameEncoding["bitsAllocated"],
    bitsStored: float ? 32 : bitsStored,
    highBit: high >= bitsStored - 1 && high < bitsAllocated ? high : bitsStored - 1,
    signed,
    float,
    samples,
    photometric,
    planar: samples === 3 && attributes.number("PlanarConfiguration", 0) === 1 ? 1 : 0,
    palette: photometric === "PALETTE COLOR" && samples === 1 ? readPalette(attributes) : null,
  };
}

function describePixels(attributes: Attributes, encoding: FrameEncoding, maxBytes: number): PixelDescription {
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
  const scale = colour ? { slope: 1, intercept: 0, unit: "" } : readScale(attributes);
  return {
    rows,
    columns,
    frames,
    samples,
    type,
    bitsStored,
    inverted: encoding.photometric === "MONOCHROME1" && samples === 1,
    ...scale,
    window: (colour ? null : readWindow(attributes)) ?? { center: 2 ** (bitsStored - 1), width: 2 ** bitsStored },
    spacing: readSpacing(attributes),
  };
}

/** The attribute where it is: at the top, or in the functional groups of enhanced objects (PS3.3 C.7.6.16). */
function numbersOf(attributes: Attributes, keyword: string, group: string): number[] {
  const top = attributes.numbers(keyword);
  if (top.length > 0) return top;
  for (const groups of ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]) {
    const found = attributes.items(groups)[0]?.items(group)[0]?.numbers(keyword) ?? [];
    if (found.length > 0) return found;
  }
  return [];
}

/** Rescale (C.11.1.1.2) or, of a dose grid, its scaling (C.8.8.3). A modality lookup table is not applied. */
function readScale(attributes: Attributes): Pick<PixelDescription, "slope" | "intercept" | "unit"> {
  const dose = attributes.number("DoseGridScaling", 0);
  if (dose > 0) return { slope: dose, intercept: 0, unit: attributes.string("DoseUnits") };
  const modality = attributes.string("Modality");
  const [slope] = numbersOf(attributes, "RescaleSlope", "PixelValueTransformationSequence");
  const [intercept] = numbersOf(attributes, "RescaleIntercept", "PixelValueTransformationSequence");
  const unit = attributes.string("RescaleType") || (modality === "CT" ? "HU" : attributes.string("Units"));
  return { slope: slope || 1, intercept: intercept ?? 0, unit: unit === "US" ? "" : unit };
}

function readWindow(attributes: Attributes): PixelDescription["window"] | null {
  const [center] = numbersOf(attributes, "WindowCenter", "FrameVOILUTSequence");
  const [width] = numbersOf(attributes, "WindowWidth", "FrameVOILUTSequence");
  return center !== undefined && width > 0 ? { center, width } : null;
}

function readSpacing(attributes: Attributes): PixelDescription["spacing"] {
  for (const keyword of ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"]) {
    const [between, along] = numbersOf(attributes, keyword, "PixelMeasuresSequence");
    if (between > 0 && along > 0) return [between, along];
  }
  return null;
}
