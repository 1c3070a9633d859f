// A kept frame to its samples: the one place where pixels come out of bytes, for the studio and the container alike.
//
// Modality values and windows are not applied here: prepare.ts and the viewer do that with the image's PixelDescription.

import { inflateRawSync } from "node:zlib";
import { decode as decodePng } from "fast-png";
import { AppError } from "../../preload/contract/errors.ts";
import type { PixelDescription, PixelType } from "../../preload/contract/index.ts";
import { type CodecOutput, decodeJpegLossless, decodeWasm, type JpegHeader, readJpegHeader } from "./codecs.ts";
import { decodeRle } from "./dicom/rle.ts";
import { codecOf, EXPLICIT_BIG } from "./dicom/transfer-syntax.ts";
import { pixelChunks } from "./formats/png-chunks.ts";
import { decodeExtendedJpeg } from "./jpeg-extended.ts";
import { decodeJpegLs } from "./jpeg-ls.ts";
import {
  applyPalette,
  asType,
  doublesToFloats,
  dropAlpha,
  expand422,
  fromBytes,
  interleave,
  keepStoredBits,
  unpackBits,
  ybrToRgb,
} from "./samples.ts";
import type { DecodedFrame, FrameEncoding, SampleArray, StoredFrame } from "./types.ts";

/**
 * Decodes one frame. The result has the rows, columns, samples and type that `pixels` says; colour is RGB.
 * Throws imaging/frame-truncated, imaging/unreadable, imaging/too-large, imaging/codec-missing.
 */
export function decodeFrame(frame: StoredFrame, pixels: PixelDescription, encoding: FrameEncoding): DecodedFrame {
  const { rows, columns, samples } = pixels;
  const values = asType(samplesOf(frame, pixels, encoding), pixels.type);
  if (values.length !== rows * columns * samples) {
    throw new AppError(
      "imaging/frame-truncated",
      `Expected ${rows * columns * samples} samples in the frame, found ${values.length}.`,
    );
  }
  return { rows, columns, samples, values };
}

function samplesOf(frame: StoredFrame, pixels: PixelDescription, encoding: FrameEncoding): SampleArray {
  switch (frame.transferSyntax) {
    case "raw":
      return fromBytes(frame.bytes, pixels.type);
    case "png":
      return decodePngSamples(frame.bytes, pixels);
    case "jpeg":
      return sameSize(decodeWasm("jpeg", frame.bytes, pixels), pixels).values;
    default:
      return dicomSamples(frame, pixels, encoding);
  }
}

function decodePngSamples(bytes: Uint8Array, pixels: PixelDescription): SampleArray {
  const png = openPng(bytes);
  if (png.rows !== pixels.rows || png.columns !== pixels.columns || png.samples !== pixels.samples) {
    throw new AppError("imaging/unreadable", "The PNG frame has another size than its image.");
  }
  return png.values;
}

/** A PNG file as samples: grey or RGB, 8 or 16 bit; 1, 2 and 4 bit grey are spread over 8 bit; alpha is dropped. */
export function openPng(bytes: Uint8Array): DecodedFrame & { readonly bits: number } {
  const needed = pixelChunks(bytes);
  let png: ReturnType<typeof decodePng>;
  try {
    png = decodePng(needed, { checkCrc: true });
  } catch (cause) {
    throw new AppError("imaging/unreadable", "The PNG file is damaged or cut off.", { cause });
  }
  const { width: columns, height: rows, depth } = png;
  if (png.palette) {
    const rgb = Buffer.from(png.palette.flatMap((entry) => entry.slice(0, 3))).toString("base64");
    const indices = depth < 8 ? unpackPng(png.data, rows, columns, depth, 1) : asType(png.data as Uint8Array, "uint8");
    return { rows, columns, samples: 3, bits: 8, values: applyPalette(indices, { first: 0, rgb }) };
  }
  if (depth < 8) {
    const values = unpackPng(png.data, rows, columns, depth, 255 / (2 ** depth - 1));
    return { rows, columns, samples: 1, bits: 8, values };
  }
  const data = asType(png.data as Uint8Array | Uint16Array, depth === 16 ? "uint16" : "uint8");
  const values = png.channels === 2 || png.channels === 4 ? dropAlpha(data, png.channels) : data;
  return { rows, columns, samples: png.channels >= 3 ? 3 : 1, bits: depth, values };
}

/** Samples of less than 8 bit lie most significant first, each row on its own bytes (PNG 7.2). */
function unpackPng(data: ArrayLike<number>, rows: number, columns: number, depth: number, scale: number): Uint8Array {
  const perRow = Math.ceil((columns * depth) / 8);
  const out = new Uint8Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const bit = x * depth;
      const byte = data[y * perRow + (bit >> 3)];
      out[y * columns + x] = ((byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)) * scale;
    }
  }
  return out;
}

function sameSize(output: CodecOutput, pixels: PixelDescription): CodecOutput {
  if (output.rows !== pixels.rows || output.columns !== pixels.columns) {
    throw new AppError(
      "imaging/unreadable",
      `Expected a frame of ${pixels.columns} × ${pixels.rows} pixels, found ${output.columns} × ${output.rows}.`,
    );
  }
  return output;
}

function dicomSamples(frame: StoredFrame, pixels: PixelDescription, encoding: FrameEncoding): SampleArray {
  const codec = codecOf(frame.transferSyntax);
  if (codec === null) {
    throw new AppError("imaging/codec-missing", `No codec reads the transfer syntax ${frame.transferSyntax}.`);
  }
  const count = pixels.rows * pixels.columns;
  if (codec === "none") return nativeSamples(frame.bytes, pixels, encoding, frame.transferSyntax !== EXPLICIT_BIG);
  if (codec === "native-frame") return nativeSamples(frame.bytes, pixels, encoding, true);
  if (codec === "deflated-frame")
    return nativeSamples(inflateFrame(frame.bytes, count, encoding), pixels, encoding, true);
  if (codec === "rle") {
    const unpacked = decodeRle(frame.bytes, count, encoding.samples, encoding.bitsAllocated >> 3);
    return nativeSamples(unpacked, pixels, { ...encoding, planar: 0 }, true);
  }
  const isJpeg = codec === "jpeg" || codec === "jpeg-extended";
  const output = sameSize(compressedSamples(codec, frame.bytes, pixels, encoding), pixels);
  if (output.samples !== encoding.samples) {
    throw new AppError(
      "imaging/unreadable",
      `Expected ${encoding.samples} samples per pixel in the frame, found ${output.samples}.`,
    );
  }
  return toColour(storedValues(output, encoding), isJpeg || codec === "jpeg-2000" || codec === "htj2k", encoding);
}

/** A frame deflated on its own, to the bytes that its pixels take; encoders may pad by one. */
function inflateFrame(bytes: Uint8Array, pixels: number, { samples, bitsAllocated }: FrameEncoding): Uint8Array {
  const most = Math.ceil((pixels * samples * bitsAllocated) / 8) + 1;
  try {
    return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: most }));
  } catch (cause) {
    throw new AppError("imaging/unreadable", "A deflated frame is damaged or longer than its pixels.", { cause });
  }
}

/** A codec's samples with the bits and the sign that the data set says: JPEG-LS and JPEG lossless know no sign. */
function storedValues(output: CodecOutput, encoding: FrameEncoding): SampleArray {
  const { values, bits } = output;
  // A codestream of fewer bits than are stored, without a sign: its values are what they are.
  const narrow = encoding.signed && !output.signed && bits < encoding.bitsStored;
  const typed = narrow ? values : signedAs(values, encoding.signed);
  const allocated = 8 * values.BYTES_PER_ELEMENT;
  if (!narrow) keepStoredBits(typed, allocated, encoding.bitsStored, encoding.bitsStored - 1, encoding.signed);
  return typed;
}

function compressedSamples(
  codec: string,
  bytes: Uint8Array,
  pixels: PixelDescription,
  encoding: FrameEncoding,
): CodecOutput {
  switch (codec) {
    case "jpeg":
    case "jpeg-extended":
      return decodeDicomJpeg(bytes, pixels, encoding);
    case "jpeg-lossless":
      return decodeJpegLossless(bytes, pixels);
    case "jpeg-ls":
      return { ...decodeJpegLs(bytes, pixels), signed: false };
    case "jpeg-2000":
    case "htj2k":
      return decodeWasm(codec, bytes, pixels);
    default:
      throw new AppError("imaging/codec-missing", `No codec reads ${codec} frames.`);
  }
}

/** Same bits, other sign. */
function signedAs(values: CodecOutput["values"], signed: boolean): SampleArray {
  const { buffer, byteOffset, length } = values;
  if (values.BYTES_PER_ELEMENT === 2) {
    return signed ? new Int16Array(buffer, byteOffset, length) : new Uint16Array(buffer, byteOffset, length);
  }
  return signed ? new Int8Array(buffer, byteOffset, length) : new Uint8Array(buffer, byteOffset, length);
}

/**
 * libjpeg decides by the file's own markers whether colour is RGB or YCbCr; a DICOM frame may have none, and then its
 * PhotometricInterpretation decides (PS3.5 8.2.1). An Adobe segment put in front tells libjpeg so.
 */
function decodeDicomJpeg(bytes: Uint8Array, pixels: PixelDescription, encoding: FrameEncoding): CodecOutput {
  const header = readJpegHeader(bytes);
  if (header && header.process > 2) return decodeJpegLossless(bytes, pixels);
  if (header && header.bitsPerSample !== 8) return decodeWideJpeg(bytes, header, pixels);
  if (header?.componentCount !== 3 || header.jfif || header.adobe !== null) {
    return decodeWasm("jpeg", bytes, pixels);
  }
  const transform = encoding.photometric === "RGB" ? 0 : 1;
  const adobe = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform];
  const marked = new Uint8Array(bytes.length + adobe.length);
  marked.set(bytes.subarray(0, 2));
  marked.set(adobe, 2);
  marked.set(bytes.subarray(2), 2 + adobe.length);
  return decodeWasm("jpeg", marked, pixels);
}

function decodeWideJpeg(bytes: Uint8Array, header: JpegHeader, pixels: PixelDescription): CodecOutput {
  const { bitsPerSample: bits, componentCount, process, height: rows, width: columns } = header;
  if (bits !== 12 || componentCount !== 1 || process > 1) {
    throw new AppError(
      "imaging/codec-missing",
      `JPEG of process ${process} with ${bits} bits and ${componentCount} components is not supported.`,
    );
  }
  const size = { rows, columns, samples: 1, bits, signed: false };
  // Before memory is taken: the frame's own size.
  sameSize({ ...size, values: new Uint16Array(0) }, pixels);
  return { ...size, values: decodeExtendedJpeg(bytes, rows, columns, bits) };
}

function nativeSamples(
  bytes: Uint8Array,
  pixels: PixelDescription,
  encoding: FrameEncoding,
  littleEndian: boolean,
): SampleArray {
  const count = pixels.rows * pixels.columns;
  if (encoding.bitsAllocated === 1) return toColour(unpackBits(bytes, count, 0), false, encoding);
  if (encoding.bitsAllocated === 64) return doublesToFloats(bytes, littleEndian);
  if (encoding.photometric === "YBR_FULL_422") return toColour(expand422(bytes, count), false, encoding);
  const used = bytes.subarray(0, count * encoding.samples * (encoding.bitsAllocated >> 3));
  const type = encoding.float ? "float32" : integerType(encoding.bitsAllocated, encoding.signed);
  const values = fromBytes(used, type, littleEndian);
  keepStoredBits(values, encoding.bitsAllocated, encoding.bitsStored, encoding.highBit, encoding.signed);
  return toColour(encoding.planar === 1 ? interleave(values, encoding.samples) : values, false, encoding);
}

export function integerType(bits: number, signed: boolean): PixelType {
  if (bits <= 8) return signed ? "int8" : "uint8";
  if (bits <= 16) return signed ? "int16" : "uint16";
  return signed ? "int32" : "uint32";
}

/** The last step: palette or YBR to RGB, in place where it can. `converted`: the codec has done the colour transform itself. */
function toColour(values: SampleArray, converted: boolean, encoding: FrameEncoding): SampleArray {
  if (encoding.palette) return applyPalette(values, encoding.palette);
  if (!converted && encoding.samples === 3 && encoding.photometric.startsWith("YBR_FULL")) ybrToRgb(values);
  return values;
}
