// Writes DICOM Part 10 files (PS3.10): our phantoms, label objects and the fixtures of tests.
//
// Attributes are given by keyword and take their representation from the dictionary. Text is written as UTF-8 and says so.
// Little endian explicit unless another native or an encapsulated transfer syntax is asked for.
// Non-goal: rewriting files of others; what we do not understand we do not write back.

import { dictionaryEntry, tagOf } from "./dictionary.ts";
import { codecOf, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from "./transfer-syntax.ts";

export type AttributeValue =
  | string
  | number
  | readonly string[]
  | readonly number[]
  | Uint8Array
  | readonly Attributes[];
/** Attributes by DICOM keyword. */
export type Attributes = { readonly [keyword: string]: AttributeValue };

export interface DicomFile {
  readonly attributes: Attributes;
  /** samples in the byte order of the transfer syntax, or one compressed frame per entry; none for an object without pixels */
  readonly pixelData?: Uint8Array | readonly Uint8Array[];
  /** default: explicit VR little endian */
  readonly transferSyntax?: string;
}

/** Root of UIDs made of a UUID (PS3.5 B.2); ours are made of hashes. */
export const IMPLEMENTATION_CLASS_UID = "2.25.235120872340971150113310264108437612371";
export const IMPLEMENTATION_VERSION = "LOUPE";

interface Style {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

const LONG_VRS = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const NUMBER_BYTES: Record<string, number> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };

/** The whole file. Throws a TypeError for a keyword that is not in the dictionary. */
export function writeDicom(file: DicomFile): Uint8Array {
  const transferSyntax = file.transferSyntax ?? EXPLICIT_LITTLE;
  const style = { explicit: transferSyntax !== IMPLICIT_LITTLE, littleEndian: transferSyntax !== EXPLICIT_BIG };
  const little = { explicit: true, littleEndian: true };
  const { attributes } = file;
  const metaBody = writeAttributes(
    {
      FileMetaInformationVersion: Uint8Array.of(0, 1),
      MediaStorageSOPClassUID: attributes.SOPClassUID ?? "",
      MediaStorageSOPInstanceUID: attributes.SOPInstanceUID ?? "",
      TransferSyntaxUID: transferSyntax,
      ImplementationClassUID: IMPLEMENTATION_CLASS_UID,
      ImplementationVersionName: IMPLEMENTATION_VERSION,
    },
    little,
  );
  const preamble = new Uint8Array(132);
  preamble.set([0x44, 0x49, 0x43, 0x4d], 128);
  const body = writeAttributes({ SpecificCharacterSet: "ISO_IR 192", ...attributes }, style);
  const meta = [writeAttributes({ FileMetaInformationGroupLength: metaBody.length }, little), metaBody];
  const pixels = file.pixelData ? [writePixelData(file.pixelData, attributes, transferSyntax, style)] : [];
  return new Uint8Array(Buffer.concat([preamble, ...meta, body, ...pixels]));
}

function writeAttributes(attributes: Attributes, style: Style): Uint8Array {
  const elements = Object.entries(attributes)
    .map(([keyword, value]) => ({ tag: tagOf(keyword), value }))
    .sort((a, b) => a.tag - b.tag);
  return Buffer.concat(
    elements.map(({ tag, value }) => {
      const vr = dictionaryEntry(tag)?.vr ?? "UN";
      const resolved = vr === "xs" ? (attributes.PixelRepresentation === 1 ? "SS" : "US") : vr;
      return writeElement(tag, resolved, encode(resolved, value, style), style);
    }),
  );
}

function encode(vr: string, value: AttributeValue, style: Style): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const values: readonly (string | number | Attributes)[] = Array.isArray(value) ? value : [value as string | number];
  if (vr === "SQ") {
    return Buffer.concat(
      (values as readonly Attributes[]).map((item) => {
        const body = writeAttributes(item, style);
        return Buffer.concat([itemHeader(0xe000, body.length, style), body]);
      }),
    );
  }
  const size = NUMBER_BYTES[vr];
  if (size === undefined) return new TextEncoder().encode(values.join("\\"));
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((entry, i) => {
    const number = Number(entry);
    if (vr === "FL") view.setFloat32(i * size, number, style.littleEndian);
    else if (vr === "FD") view.setFloat64(i * size, number, style.littleEndian);
    else if (size === 2) view.setUint16(i * size, number & 0xffff, style.littleEndian);
    else view.setUint32(i * size, number >>> 0, style.littleEndian);
  });
  return bytes;
}

function itemHeader(element: number, length: number, style: Style): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint16(0, 0xfffe, style.littleEndian);
  view.setUint16(2, element, style.littleEndian);
  view.setUint32(4, length, style.littleEndian);
  return new Uint8Array(view.buffer);
}

/** Values have an even length (PS3.5 7.1): text is padded with a space, UIDs and binary values with a zero byte. */
function writeElement(tag: number, vr: string, value: Uint8Array, style: Style, undefinedLength = false): Uint8Array {
  const padded = value.length + (value.length % 2);
  const headerSize = style.explicit && LONG_VRS.has(vr) ? 12 : 8;
  const out = new Uint8Array(headerSize + padded);
  const view = new DataView(out.buffer);
  view.setUint16(0, tag >>> 16, style.littleEndian);
  view.setUint16(2, tag & 0xffff, style.littleEndian);
  if (style.explicit) {
    out[4] = vr.charCodeAt(0);
    out[5] = vr.charCodeAt(1);
  }
  const length = undefinedLength ? 0xffffffff : padded;
  if (style.explicit && headerSize === 8) view.setUint16(6, length, style.littleEndian);
  else view.setUint32(headerSize - 4, length, style.littleEndian);
  out.set(value, headerSize);
  if (padded > value.length) out[out.length - 1] = vr === "UI" || vr.startsWith("O") || vr === "UN" ? 0 : 0x20;
  return out;
}

function writePixelData(
  data: Uint8Array | readonly Uint8Array[],
  attributes: Attributes,
  transferSyntax: string,
  style: Style,
): Uint8Array {
  const tag = tagOf("PixelData");
  if (codecOf(transferSyntax) === "none") {
    const bytes = data instanceof Uint8Array ? data : Buffer.concat(data);
    const vr = style.explicit && Number(attributes.BitsAllocated) <= 8 ? "OB" : "OW";
    return writeElement(tag, vr, bytes, style);
  }
  // Encapsulated (PS3.5 A.4): an empty basic offset table, one fragment per frame, the sequence delimiter.
  const frames = data instanceof Uint8Array ? [data] : data;
  const parts = [itemHeader(0xe000, 0, style)];
  for (const frame of frames) {
    const padded = Buffer.concat([frame, new Uint8Array(frame.length % 2)]);
    parts.push(itemHeader(0xe000, padded.length, style), padded);
  }
  parts.push(itemHeader(0xe0dd, 0, style));
  return writeElement(tag, "OB", Buffer.concat(parts), style, true);
}
