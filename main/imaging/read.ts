// The door of the room: a file to images, or a named reason why not.
//
// Every frame is decoded once here, so that what is in the library can be opened later and an image without a window gets
// the one from its darkest to its brightest value. Any error that is not an AppError is a broken decoder, and becomes one.

import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { AppError } from "../../preload/contract/errors.ts";
import { type DeidentificationReport, type PixelDescription, pixelsOfFrame } from "../../preload/contract/index.ts";
import { type DeidentifyOnRead, deidentifyOnRead, neutralName } from "./deidentify/at-import.ts";
import { tableRange, windowOver } from "./display.ts";
import { dicom } from "./formats/dicom.ts";
import { jpeg } from "./formats/jpeg.ts";
import { nifti } from "./formats/nifti.ts";
import { npz } from "./formats/npz.ts";
import { png } from "./formats/png.ts";
import { tiff } from "./formats/tiff.ts";
import { decodeFrame } from "./frame.ts";
import { MAX_DECODED_BYTES } from "./limits.ts";
import { pictureHash } from "./picture-hash.ts";
import { type FrameStatistics, findingsOf, statisticsOf } from "./quality.ts";
import { drawThumbnail } from "./thumbnail.ts";
import type { DecodedFrame, Format, ImageFile, ImportedImage, OpenedImage } from "./types.ts";
import { listZip, looksLikeZip } from "./zip.ts";

/** Asked in order. DICOM first: its preamble may hold the beginning of a TIFF file, for readers of both (PS3.10 7.1). */
const FORMATS: readonly Format[] = [dicom, png, jpeg, tiff, npz, nifti];
/** A compressed file within an archive within an archive; deeper ones are no set of images. */
const MAX_DEPTH = 3;

export interface ReadOptions {
  /** the most that one image may take when decoded, and all files of an archive when unpacked; a server sets it to what it can spare */
  readonly maxBytes?: number;
  /** hears of each file of an archive that cannot be read; without it they are left out, unless none can be read */
  readonly onRefused?: (file: string, reason: AppError) => void;
  /** takes out who the patient is of every DICOM file before it is read, and its name with it; other formats stay as they are */
  readonly deidentify?: DeidentifyOnRead | null;
}

/**
 * Reads all images of a file. An archive gives many, every other file one. Pixels stay in the transfer syntax they came in.
 * A ZIP archive is read like a folder, a gzip file like the file in it.
 * Throws an AppError with an imaging/ code and a sentence without patient data for everything that cannot be read.
 */
export function readImages({ name, bytes }: ImageFile, options: ReadOptions = {}): ImportedImage[] {
  // A Buffer behaves unlike a Uint8Array in slice(); inside this room there are only Uint8Arrays.
  const file = { name, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const { maxBytes = MAX_DECODED_BYTES } = options;
  return readAny(file, { ...options, maxBytes, depth: 0, budget: { left: maxBytes } });
}

interface Reading extends ReadOptions {
  readonly maxBytes: number;
  readonly depth: number;
  /** bytes that archives may still unpack to, all of them together */
  readonly budget: { left: number };
}

function readAny(file: ImageFile, reading: Reading): ImportedImage[] {
  if (file.bytes.length === 0) throw new AppError("imaging/empty", "The file is empty.");
  const format = FORMATS.find((candidate) => candidate.match(file));
  if (!format) {
    const inner = { ...reading, depth: reading.depth + 1 };
    if (looksLikeGzip(file.bytes) && reading.depth < MAX_DEPTH) {
      return readAny({ name: file.name, bytes: gunzip(file.bytes, reading.budget) }, inner);
    }
    if (looksLikeZip(file.bytes) && reading.depth < MAX_DEPTH) return readArchive(file, inner);
    throw new AppError(
      "imaging/format-unknown",
      "Expected a DICOM, NIfTI, PNG, JPEG, TIFF or .npz file, or a ZIP archive of them, found another kind.",
    );
  }
  try {
    if (format.id === "dicom" && reading.deidentify) {
      const { bytes, report } = deidentifyOnRead(file.bytes, reading.deidentify, reading.maxBytes);
      const images = format.open({ name: "", bytes }, reading.maxBytes);
      return images.map((opened) => finish({ ...opened, name: neutralName(opened) }, format.id, report));
    }
    return format.open(file, reading.maxBytes).map((opened) => finish(opened, format.id, null));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("imaging/unreadable", `The file begins like ${format.id} but cannot be read.`, { cause });
  }
}

const looksLikeGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;

function gunzip(bytes: Uint8Array, budget: Reading["budget"]): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = gunzipSync(bytes, { maxOutputLength: Math.max(1, budget.left) });
    budget.left -= byteLength;
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooMuch(cause);
    throw new AppError("imaging/unreadable", "The gzip file is damaged or cut off.", { cause });
  }
}

const tooMuch = (cause?: unknown) =>
  new AppError("imaging/too-large", "The archive unpacks to more bytes than one file may hold.", { cause });

/** Every file of the archive through the same door; what is unpacked is let go of before the next. */
function readArchive(file: ImageFile, reading: Reading): ImportedImage[] {
  const members = listZip(file.bytes);
  const declared = members.reduce((sum, { size }) => sum + size, 0);
  if (declared > reading.budget.left) throw tooMuch();
  reading.budget.left -= declared;
  const images: ImportedImage[] = [];
  let first: AppError | null = null;
  for (const member of members) {
    const name = `${file.name}/${member.name}`;
    try {
      images.push(...readAny({ name, bytes: member.read() }, reading));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      first ??= error;
      reading.onRefused?.(name, error);
    }
  }
  if (images.length > 0 || (first && reading.onRefused)) return images;
  if (!first) throw new AppError("imaging/empty", "The archive holds no files.");
  throw new AppError(first.code, `None of the ${members.length} files of the archive could be read: ${first.message}`);
}

function finish(opened: OpenedImage, format: Format["id"], deidentified: DeidentificationReport | null): ImportedImage {
  const { window, member, ...image } = opened;
  const shown = Math.floor(image.frames.length / 2);
  let thumbnailFrame: DecodedFrame | null = null;
  const statistics: FrameStatistics[] = [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  image.frames.forEach((stored, index) => {
    const frame = decodeFrame(stored, image.pixels, image.encoding);
    statistics.push(statisticsOf(frame, image.pixels));
    if (index === shown) thumbnailFrame = frame;
    if (window === "auto") {
      for (const value of modalityEnds(frame, pixelsOfFrame(image.pixels, index))) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
  });
  if (!thumbnailFrame) throw new AppError("imaging/empty", "The file holds no frames.");
  const pixels: PixelDescription =
    window === "auto" && low <= high ? { ...image.pixels, window: windowOver(low, high) } : image.pixels;
  return {
    ...image,
    format,
    pixels,
    identity: identityOf([image.sopInstance, member], pixels, image),
    thumbnail: drawThumbnail(thumbnailFrame, pixelsOfFrame(pixels, shown)),
    quality: [...new Set(findingsOf({ ...image, pixels }, statistics).map(({ code }) => code))],
    pictureHash: pictureHash(thumbnailFrame, pixelsOfFrame(pixels, shown)),
    deidentified,
  };
}

/** Modality values of the darkest and the brightest sample; through a lookup table, its ends. Only finite ones. */
function modalityEnds(frame: DecodedFrame, pixels: PixelDescription): number[] {
  if (pixels.modalityLut) {
    const { low, high } = tableRange(pixels.modalityLut);
    return [low, high];
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of frame.values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const ends = [low * pixels.slope + pixels.intercept, high * pixels.slope + pixels.intercept];
  return ends.every(Number.isFinite) ? ends : [];
}

/**
 * What is said about pixels when they are hashed, in this order: the fields that the record had from the beginning, so that an image that
 * was imported by an older version is still the same image.
 */
const IDENTIFYING = [
  "rows",
  "columns",
  "frames",
  "samples",
  "type",
  "bitsStored",
  "inverted",
  "slope",
  "intercept",
  "unit",
  "window",
  "spacing",
] as const satisfies readonly (keyof PixelDescription)[];

function identityOf(
  origin: readonly string[],
  pixels: PixelDescription,
  image: Pick<OpenedImage, "encoding" | "frames">,
) {
  const identifying = Object.fromEntries(IDENTIFYING.map((key) => [key, pixels[key]]));
  const hash = createHash("sha256");
  hash.update(JSON.stringify([origin, identifying, image.encoding]));
  for (const { transferSyntax, bytes } of image.frames)
    hash.update(`${transferSyntax} ${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
}
