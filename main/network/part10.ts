// Between a file and what travels: a data set with the file meta information around it, or taken out of it (PS3.10 7.1).
//
// The data set's bytes are never read as values and never written anew: what came is what is kept, what is kept is what is sent.

import { inflateRawSync, constants as zlib } from "node:zlib";
import { AppError } from "../../preload/contract/errors.ts";
import { Attributes } from "../imaging/dicom/attributes.ts";
import { readPart10 } from "../imaging/dicom/dataset.ts";
import { DEFLATED } from "../imaging/dicom/transfer-syntax.ts";
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from "../imaging/dicom/write.ts";
import { isUid } from "./services.ts";

export interface Identity {
  readonly sopClass: string;
  readonly sopInstance: string;
}

export interface Part10Object extends Identity {
  readonly transferSyntax: string;
  readonly dataSet: Uint8Array;
}

function metaElement(element: number, vr: string, value: Uint8Array): Buffer {
  const long = vr === "OB";
  const header = Buffer.alloc(long ? 12 : 8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(element, 2);
  header.write(vr, 4, "latin1");
  if (long) header.writeUInt32LE(value.length, 8);
  else header.writeUInt16LE(value.length, 6);
  return Buffer.concat([header, value]);
}

const uidValue = (uid: string): Buffer => Buffer.from(uid.length % 2 ? `${uid}\0` : uid, "latin1");

/** Preamble, "DICM" and group 0002. It does not say where the object came from: the caller keeps that, if anybody does. */
export function fileHeader({ sopClass, sopInstance, transferSyntax }: Omit<Part10Object, "dataSet">): Uint8Array {
  const meta = Buffer.concat([
    metaElement(0x0001, "OB", Buffer.of(0, 1)),
    metaElement(0x0002, "UI", uidValue(sopClass)),
    metaElement(0x0003, "UI", uidValue(sopInstance)),
    metaElement(0x0010, "UI", uidValue(transferSyntax)),
    metaElement(0x0012, "UI", uidValue(IMPLEMENTATION_CLASS_UID)),
    metaElement(
      0x0013,
      "SH",
      Buffer.from(IMPLEMENTATION_VERSION.padEnd(2 * Math.ceil(IMPLEMENTATION_VERSION.length / 2))),
    ),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), metaElement(0x0000, "UL", length), meta]);
}

/**
 * The data set of a Part 10 file as it lies there, and what its file meta information says of it.
 * Throws network/object-invalid for anything else: such a file cannot be sent, since nothing says how it is encoded.
 */
export function splitPart10(file: Uint8Array): Part10Object {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.toString("latin1", 128, 132) !== "DICM") throw invalid("no DICM at byte 128");
  const values = new Map<number, string>();
  let at = 132;
  while (bytes.length - at >= 8 && bytes.readUInt16LE(at) === 0x0002) {
    const long = ["OB", "OW", "UN", "UT", "SQ"].includes(bytes.toString("latin1", at + 4, at + 6));
    if (long && bytes.length - at < 12) throw invalid("file meta information that ends early");
    const start = at + (long ? 12 : 8);
    const end = start + (long ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6));
    if (end > bytes.length) throw invalid("file meta information that ends early");
    const text = bytes.toString("latin1", start, Math.min(end, start + 66));
    values.set(bytes.readUInt16LE(at + 2), text.replaceAll("\0", "").trim());
    at = end;
  }
  const [sopClass, sopInstance, transferSyntax] = [2, 3, 0x10].map((element) => values.get(element) ?? "");
  for (const uid of [sopClass, sopInstance, transferSyntax]) {
    if (!isUid(uid)) throw invalid("file meta information without class, instance and transfer syntax");
  }
  return { sopClass, sopInstance, transferSyntax, dataSet: file.subarray(at) };
}

function invalid(found: string): AppError {
  return new AppError("network/object-invalid", `Expected a DICOM file as PS3.10 has it, found ${found}.`);
}

/** Class and instance stand in group 0008, at the beginning: enough bytes for them, and few enough for hostile elements. */
const LOOKED_AT = 1 << 16;
/** The same of a deflated set: it unpacks to at most 1032 times as much (zlib's technical notes). */
const DEFLATED_LOOKED_AT = 1 << 12;

/** What the data set says it is; empty where it does not say. Throws network/object-invalid where not one element can be read. */
export function identityOf(dataSet: Uint8Array, transferSyntax: string): Identity {
  try {
    const bytes = transferSyntax === DEFLATED ? inflateStart(dataSet) : dataSet.subarray(0, LOOKED_AT);
    const attributes = new Attributes(readPart10(bytes, LOOKED_AT).dataSet);
    return { sopClass: attributes.string("SOPClassUID"), sopInstance: attributes.string("SOPInstanceUID") };
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError("network/object-invalid", "Expected a DICOM data set, found bytes that are none.", { cause });
  }
}

function inflateStart(deflated: Uint8Array): Uint8Array {
  try {
    // A beginning without its end: SYNC_FLUSH takes it.
    return inflateRawSync(deflated.subarray(0, DEFLATED_LOOKED_AT), {
      finishFlush: zlib.Z_SYNC_FLUSH,
      maxOutputLength: DEFLATED_LOOKED_AT * 1100,
    }).subarray(0, LOOKED_AT);
  } catch (cause) {
    throw new AppError("network/object-invalid", "The deflated data set cannot be inflated.", { cause });
  }
}
