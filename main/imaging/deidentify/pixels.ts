// The pixel data of a file whose data set is already de-identified: regions blanked, overlay bits cleared, comments overwritten.
//
// Native pixel data and RLE are blanked as they are stored. Frames of other codecs are decoded, all of them, and written without
// compression, for a codec would change every pixel again; what the header says of them is changed along.

import { AppError } from "../../../preload/contract/errors.ts";
import { Attributes } from "../dicom/attributes.ts";
import type { DataSet } from "../dicom/dataset.ts";
import { tagOf } from "../dicom/dictionary.ts";
import { type EditableElement, leaf, textLeaf } from "../dicom/encode.ts";
import { decodeRle } from "../dicom/rle.ts";
import { codecOf, EXPLICIT_LITTLE } from "../dicom/transfer-syntax.ts";
import { dicom } from "../formats/dicom.ts";
import { decodeFrame } from "../frame.ts";
import type { OpenedImage, Palette } from "../types.ts";
import { blankRegions, clearUnusedBits, type Layout, type Region } from "./blank.ts";
import { withoutComments } from "./comments.ts";

export interface PixelWork {
  /** the whole file as it was */
  readonly file: Uint8Array;
  /** its data set as it was */
  readonly dataSet: DataSet;
  readonly transferSyntax: string;
  readonly regions: readonly Region[];
  readonly maxBytes: number;
}

export interface WorkedPixels {
  readonly elements: EditableElement[];
  readonly transferSyntax: string;
  /** sentences for the report */
  readonly notes: string[];
}

const PIXEL_TAGS = ["PixelData", "FloatPixelData", "DoubleFloatPixelData"].map(tagOf);
/** Syntaxes whose decoder gives RGB whatever the frame holds (frame.ts, toColour). */
const RGB_CODECS = new Set(["jpeg", "jpeg-extended", "jpeg-2000", "htj2k"]);
/** Always or possibly lossy; where it may be either, the file itself has said so. */
const LOSSY = new Set(["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81"]);

/** Throws imaging/pixel-data-missing for regions in a file without pixels, and what decoding throws. */
export function workOnPixels(elements: readonly EditableElement[], work: PixelWork): WorkedPixels {
  const at = elements.findIndex(({ tag }) => PIXEL_TAGS.includes(tag));
  if (at < 0) {
    if (work.regions.length > 0) {
      throw new AppError("imaging/pixel-data-missing", "Regions were given for a file without pixels.");
    }
    return { elements: [...elements], transferSyntax: EXPLICIT_LITTLE, notes: [] };
  }
  const pixels = elements[at];
  const overlayBits = hidesOverlays(work.dataSet);
  if (pixels.fragments && work.regions.length === 0 && !overlayBits) return keepFrames(elements, pixels, work);
  return rewrite(elements, pixels, work, overlayBits);
}

function keepFrames(elements: readonly EditableElement[], pixels: EditableElement, work: PixelWork): WorkedPixels {
  const [table, ...fragments] = pixels.fragments ?? [];
  const cleaned = fragments.map(withoutComments);
  const count = cleaned.filter((fragment, i) => fragment !== fragments[i]).length;
  return {
    elements: replace(elements, [{ ...pixels, fragments: [table, ...cleaned] }]),
    transferSyntax: work.transferSyntax,
    notes: count > 0 ? [`Comments inside ${count} compressed frames were overwritten.`] : [],
  };
}

function rewrite(
  elements: readonly EditableElement[],
  pixels: EditableElement,
  work: PixelWork,
  overlayBits: boolean,
): WorkedPixels {
  const notes: string[] = [];
  const changed: EditableElement[] = [];
  const image = work.regions.length > 0 || pixels.fragments ? open(work) : null;
  let value = new Uint8Array(pixels.value);
  let layout = image && layoutOf(image, work.dataSet);
  if (image && layout && pixels.fragments) {
    ({ value, layout } = unpack(image, layout, work.transferSyntax));
    changed.push(...describe(layout, image, work.transferSyntax));
    notes.push(`${layout.frames} compressed frames were decoded and written without compression.`);
  }
  // Other codecs give the stored bits alone.
  if (overlayBits && (!pixels.fragments || codecOf(work.transferSyntax) === "rle")) {
    const attributes = new Attributes(work.dataSet);
    const allocated = attributes.number("BitsAllocated", 16);
    const stored = attributes.number("BitsStored", allocated);
    clearUnusedBits(value, allocated, stored, attributes.number("HighBit", stored - 1));
  }
  if (overlayBits) notes.push("Overlays in unused bits of the pixels were removed.");
  if (layout) blankRegions(value, layout, work.regions);
  const vr = pixels.fragments ? (layout && layout.bitsAllocated <= 8 ? "OB" : "OW") : pixels.vr;
  return {
    elements: replace(elements, [...changed, leaf(pixels.tag, vr, value)]),
    transferSyntax: EXPLICIT_LITTLE,
    notes,
  };
}

function open({ file, maxBytes }: PixelWork): OpenedImage {
  return dicom.open({ name: "", bytes: file }, maxBytes)[0];
}

function layoutOf({ pixels, encoding }: OpenedImage, dataSet: DataSet): Layout {
  const { rows, columns, frames } = pixels;
  const { samples, bitsAllocated, signed, float, planar, photometric, palette } = encoding;
  const darkest = palette ? darkestEntry(palette) : 0;
  const inOneFile = new Attributes(dataSet).number("NumberOfFrames", frames);
  return { rows, columns, frames: inOneFile, samples, bitsAllocated, signed, float, planar, photometric, darkest };
}

function darkestEntry({ first, rgb }: Palette): number {
  const bytes = Buffer.from(rgb, "base64");
  let [darkest, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; i * 3 + 2 < bytes.length; i++) {
    const light = bytes[3 * i] + bytes[3 * i + 1] + bytes[3 * i + 2];
    if (light < least) [darkest, least] = [i, light];
  }
  return first + darkest;
}

/** Every frame's samples, one after the other, and how they lie now. */
function unpack(
  image: OpenedImage,
  layout: Layout,
  transferSyntax: string,
): { value: Uint8Array<ArrayBuffer>; layout: Layout } {
  const { pixels, encoding, frames } = image;
  const codec = codecOf(transferSyntax);
  if (codec === "rle") {
    const count = pixels.rows * pixels.columns;
    const parts = frames.map(({ bytes }) => decodeRle(bytes, count, encoding.samples, encoding.bitsAllocated >> 3));
    return { value: new Uint8Array(Buffer.concat(parts)), layout: { ...layout, planar: 0 } };
  }
  const photometric = encoding.samples === 3 && RGB_CODECS.has(codec ?? "") ? "RGB" : encoding.photometric;
  // As they are stored: palettes stay palettes, and lossless codecs give the colour space they were given.
  const stored = {
    ...encoding,
    palette: null,
    photometric: RGB_CODECS.has(codec ?? "") ? encoding.photometric : "RGB",
  };
  const samples = encoding.samples;
  const type = encoding.palette ? (encoding.bitsAllocated <= 8 ? "uint8" : "uint16") : pixels.type;
  const parts = frames.map((frame) => {
    const { values } = decodeFrame(frame, { ...pixels, samples, type }, stored);
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  });
  return { value: new Uint8Array(Buffer.concat(parts)), layout: { ...layout, planar: 0, photometric } };
}

/** What the Image Pixel module says of unpacked frames. */
function describe(layout: Layout, { encoding }: OpenedImage, transferSyntax: string): EditableElement[] {
  const short = (keyword: string, number: number): EditableElement =>
    leaf(tagOf(keyword), "US", Uint8Array.of(number & 0xff, number >> 8));
  return [
    textLeaf(tagOf("PhotometricInterpretation"), "CS", layout.photometric),
    short("HighBit", codecOf(transferSyntax) === "rle" ? encoding.highBit : encoding.bitsStored - 1),
    ...(layout.samples === 3 ? [short("PlanarConfiguration", 0)] : []),
    ...(LOSSY.has(transferSyntax) ? [textLeaf(tagOf("LossyImageCompression"), "CS", "01")] : []),
  ];
}

/** Overlays that lie in the pixels' unused bits: they say which bit, and have no data of their own. */
function hidesOverlays(dataSet: DataSet): boolean {
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    const position = dataSet.elements.get(((group << 16) | 0x0102) >>> 0);
    if (position && !dataSet.elements.has(((group << 16) | 0x3000) >>> 0)) return true;
  }
  return false;
}

function replace(elements: readonly EditableElement[], changed: readonly EditableElement[]): EditableElement[] {
  const tags = new Set(changed.map(({ tag }) => tag));
  return [...elements.filter(({ tag }) => !tags.has(tag)), ...changed];
}
