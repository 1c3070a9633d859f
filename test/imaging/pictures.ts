// Small DICOM objects whose pixels are known, written by the room's own writer.

import { type Attributes, writeDicom } from "../../main/imaging/dicom/write.ts";
import { decodeFrame } from "../../main/imaging/frame.ts";
import { readImages } from "../../main/imaging/read.ts";
import type { DecodedFrame, ImportedImage } from "../../main/imaging/types.ts";
import { AppError, type ErrorCode } from "../../preload/contract/errors.ts";

export const ROWS = 12;
export const COLUMNS = 17;

/** Attributes of a grey 16-bit image; `more` replaces or adds. */
export function greyAttributes(more: Attributes = {}): Attributes {
  return {
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
    SOPInstanceUID: "1.2.3.4",
    StudyInstanceUID: "1.2.3",
    SeriesInstanceUID: "1.2.3.1",
    Modality: "OT",
    PatientID: "P1",
    PatientName: "Name^Some",
    InstanceNumber: 7,
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    Rows: ROWS,
    Columns: COLUMNS,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    ...more,
  };
}

/** Attributes of an 8-bit RGB image. */
export function colourAttributes(more: Attributes = {}): Attributes {
  const eight = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
  const colour = { SamplesPerPixel: 3, PhotometricInterpretation: "RGB", PlanarConfiguration: 0 };
  return greyAttributes({ ...eight, ...colour, ...more });
}

export function readOne(bytes: Uint8Array, name = "file.dcm"): ImportedImage {
  const images = readImages({ name, bytes });
  if (images.length !== 1) throw new Error(`expected one image, got ${images.length}`);
  return images[0];
}

export function decode(image: ImportedImage, index = 0): DecodedFrame {
  return decodeFrame(image.frames[index], image.pixels, image.encoding);
}

export function roundTrip(attributes: Attributes, pixelData: Uint8Array | Uint8Array[], transferSyntax?: string) {
  const image = readOne(writeDicom({ attributes, pixelData, transferSyntax }));
  return { image, frames: image.frames.map((_, i) => decode(image, i)) };
}

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The code of the AppError that `act` throws; fails on any other outcome. */
export function refusal(act: () => unknown): { code: ErrorCode; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("expected a refusal");
}

/** A grey picture with edges, gradients and the ends of its range. */
export function ramp(bits: number, rows = ROWS, columns = COLUMNS): Uint16Array {
  const top = 2 ** bits - 1;
  return Uint16Array.from({ length: rows * columns }, (_, i) => {
    if (i < 2) return i * top;
    return Math.floor(
      (((i * 2654435761) % 4294967296) / 4294967296) * (top + 1) * 0.2 + ((i % columns) / columns) * top * 0.8,
    );
  });
}
