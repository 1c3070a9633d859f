// DICOM objects with pixels (PS3.3 image modules) to images. What a file must say, what may be missing, what is refused.
//
// Pixel data stay in their transfer syntax, cut into frames. An object without pixels is refused by the name of its kind.

import { AppError } from "../../../preload/contract/errors.ts";
import { Attributes } from "../dicom/attributes.ts";
import { type Element, looksLikeDicom, readPart10 } from "../dicom/dataset.ts";
import { describePixels } from "../dicom/describe.ts";
import { isDicomdir, referencedFiles } from "../dicom/dicomdir.ts";
import { tagOf, tagText } from "../dicom/dictionary.ts";
import { splitFrames } from "../dicom/frames.ts";
import { readGeometry } from "../dicom/geometry.ts";
import { kindOfObject } from "../dicom/object-kind.ts";
import { readPalette } from "../dicom/palette.ts";
import { shownTags } from "../dicom/shown-tags.ts";
import { codecOf } from "../dicom/transfer-syntax.ts";
import type { Format, FrameEncoding, OpenedImage } from "../types.ts";

export const dicom: Format = {
  id: "dicom",
  match: ({ bytes }) => looksLikeDicom(bytes),
  open: ({ name, bytes }, maxBytes) => [openDicom(name, bytes, maxBytes)],
};

function openDicom(name: string, bytes: Uint8Array, maxBytes: number): OpenedImage {
  const { meta, transferSyntax, dataSet } = readPart10(bytes, maxBytes);
  const attributes = new Attributes(dataSet);
  const mediaClass = meta ? new Attributes(meta).string("MediaStorageSOPClassUID") : "";
  if (isDicomdir(attributes, mediaClass)) {
    const { length } = referencedFiles(attributes);
    throw new AppError(
      "imaging/directory",
      `This is a DICOMDIR, the table of contents of a disc: it names ${length} files, which are read on their own.`,
    );
  }
  const pixelElement = findPixels(attributes, mediaClass);
  if (codecOf(transferSyntax) === null) {
    throw new AppError("imaging/codec-missing", `No codec reads the transfer syntax ${transferSyntax}.`);
  }
  const encoding = readEncoding(attributes, pixelElement);
  const { pixels, windowed } = describePixels(attributes, encoding, maxBytes);
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
    geometry: readGeometry(attributes, pixels),
    window: pixels.samples === 3 || windowed ? "given" : "auto",
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
