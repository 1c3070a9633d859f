// The seven PDUs of the upper layer as records (PS3.8 9.3): bytes to records and back. No sockets here.
//
// The decoders believe no length: an item that runs past its parent, a context given twice, a list above its limit is
// network/protocol. Items that we do not know are skipped, as PS3.8 9.3.1 asks.

import { AppError } from "../../preload/contract/errors.ts";
import { MAX_PDU_BYTES } from "./limits.ts";

export const PDU = {
  associateRq: 1,
  associateAc: 2,
  associateRj: 3,
  data: 4,
  releaseRq: 5,
  releaseRp: 6,
  abort: 7,
} as const;

export interface ProposedContext {
  /** odd, 1 to 255 */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** A context's answer; result 0 is acceptance (PS3.8 table 9-18). */
export interface AnsweredContext {
  readonly id: number;
  readonly result: number;
  readonly transferSyntax: string;
}

/** PS3.7 D.3.3.4: may the requestor be user (SCU) and provider (SCP) of the class? */
export interface Role {
  readonly sopClass: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

export interface AssociateRq {
  readonly calledAe: string;
  readonly callingAe: string;
  readonly applicationContext: string;
  readonly contexts: readonly ProposedContext[];
  /** 0: any length */
  readonly maxPdu: number;
  readonly roles: readonly Role[];
}

export interface AssociateAc {
  readonly contexts: readonly AnsweredContext[];
  readonly maxPdu: number;
  readonly roles: readonly Role[];
}

/** One presentation data value (PS3.8 9.3.5.1). */
export interface DataValue {
  readonly contextId: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

const DICOM_APPLICATION = "1.2.840.10008.3.1.1.1";
const MAX_CONTEXTS = 128;

export function broken(what: string): AppError {
  return new AppError(
    "network/protocol",
    `Expected a DICOM message as PS3.8 has it, found ${what}. Is this the DICOM port?`,
  );
}

// --- writing -------------------------------------------------------------------------------------------------------

const ascii = (text: string): Buffer => Buffer.from(text, "latin1");

function item(type: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(4);
  header[0] = type;
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

export function encodePdu(type: number, ...parts: Uint8Array[]): Buffer {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    2,
  );
  return Buffer.concat([header, ...parts]);
}

function associateHead(calledAe: string, callingAe: string): Buffer {
  const head = Buffer.alloc(68);
  head.writeUInt16BE(1, 0);
  head.write(calledAe.padEnd(16), 4, 16, "latin1");
  head.write(callingAe.padEnd(16), 20, 16, "latin1");
  return head;
}

/** Who we are and how much we take (PS3.8 D.1, PS3.7 D.3.3). */
function userInformation(roles: readonly Role[], implementation: { classUid: string; version: string }): Buffer {
  const max = Buffer.alloc(4);
  max.writeUInt32BE(MAX_PDU_BYTES);
  return item(
    0x50,
    item(0x51, max),
    item(0x52, ascii(implementation.classUid)),
    ...roles.map(({ sopClass, scu, scp }) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(sopClass.length);
      return item(0x54, length, ascii(sopClass), Buffer.of(Number(scu), Number(scp)));
    }),
    item(0x55, ascii(implementation.version)),
  );
}

export function encodeAssociateRq(
  rq: Omit<AssociateRq, "applicationContext" | "maxPdu">,
  implementation: { classUid: string; version: string },
): Buffer {
  const contexts = rq.contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    item(
      0x20,
      Buffer.of(id, 0, 0, 0),
      item(0x30, ascii(abstractSyntax)),
      ...transferSyntaxes.map((uid) => item(0x40, ascii(uid))),
    ),
  );
  return encodePdu(
    PDU.associateRq,
    associateHead(rq.calledAe, rq.callingAe),
    item(0x10, ascii(DICOM_APPLICATION)),
    ...contexts,
    userInformation(rq.roles, implementation),
  );
}

export function encodeAssociateAc(
  ac: { calledAe: string; callingAe: string; contexts: readonly AnsweredContext[]; roles: readonly Role[] },
  implementation: { classUid: string; version: string },
): Buffer {
  const contexts = ac.contexts.map(({ id, result, transferSyntax }) =>
    item(0x21, Buffer.of(id, 0, result, 0), item(0x40, ascii(transferSyntax))),
  );
  return encodePdu(
    PDU.associateAc,
    associateHead(ac.calledAe, ac.callingAe),
    item(0x10, ascii(DICOM_APPLICATION)),
    ...contexts,
    userInformation(ac.roles, implementation),
  );
}

export const encodeAssociateRj = (result: number, source: number, reason: number): Buffer =>
  encodePdu(PDU.associateRj, Buffer.of(0, result, source, reason));
export const encodeReleaseRq = (): Buffer => encodePdu(PDU.releaseRq, Buffer.alloc(4));
export const encodeReleaseRp = (): Buffer => encodePdu(PDU.releaseRp, Buffer.alloc(4));
export const encodeAbort = (source: number, reason: number): Buffer =>
  encodePdu(PDU.abort, Buffer.of(0, 0, source, reason));

/** One value per PDU; `bytes` must fit the other side's length with 6 bytes to spare. */
export function encodeData({ contextId, isCommand, isLast, bytes }: DataValue): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(bytes.length + 2);
  head[4] = contextId;
  head[5] = (isCommand ? 1 : 0) | (isLast ? 2 : 0);
  return encodePdu(PDU.data, head, bytes);
}

// --- reading -------------------------------------------------------------------------------------------------------

interface Item {
  readonly type: number;
  readonly body: Buffer;
}

function* itemsOf(bytes: Buffer): Generator<Item> {
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw broken(`${bytes.length - at} bytes where an item begins`);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw broken("an item that is longer than the message it is in");
    yield { type: bytes[at], body: bytes.subarray(at + 4, end) };
    at = end;
  }
}

/** UIDs may be padded with zeros, AE titles with spaces. */
const text = (bytes: Buffer): string => bytes.toString("latin1").replaceAll("\0", "").trim();

function uid(bytes: Buffer): string {
  if (bytes.length > 66) throw broken(`a UID of ${bytes.length} bytes`);
  return text(bytes);
}

function associateItems(body: Buffer): Buffer {
  if (body.length < 68) throw broken(`an association message of ${body.length} bytes`);
  return body.subarray(68);
}

function maxPduOf(items: readonly Item[]): number {
  const max = items.find(({ type, body }) => type === 0x51 && body.length === 4)?.body.readUInt32BE(0) ?? 0;
  if (max !== 0 && max < 128) throw broken(`a largest message of ${max} bytes`);
  return max;
}

function rolesOf(items: readonly Item[]): Role[] {
  return items
    .filter(({ type }) => type === 0x54)
    .map(({ body }) => {
      const length = body.length >= 2 ? body.readUInt16BE(0) : 0;
      if (body.length !== length + 4) throw broken("a role selection of a wrong length");
      return { sopClass: uid(body.subarray(2, 2 + length)), scu: body[length + 2] === 1, scp: body[length + 3] === 1 };
    });
}

function contextId(body: Buffer, seen: Set<number>): number {
  const id = body[0];
  if (body.length < 4 || id % 2 === 0) throw broken("a presentation context without an odd number");
  if (seen.has(id)) throw broken(`presentation context ${id} twice`);
  if (seen.size >= MAX_CONTEXTS) throw broken(`more than ${MAX_CONTEXTS} presentation contexts`);
  seen.add(id);
  return id;
}

/** `body` is what follows the six bytes of the PDU header. */
export function decodeAssociateRq(body: Buffer): AssociateRq & { protocolVersion: number } {
  const seen = new Set<number>();
  const contexts: ProposedContext[] = [];
  let applicationContext = "";
  let user: Item[] = [];
  for (const { type, body: inner } of itemsOf(associateItems(body))) {
    if (type === 0x10) applicationContext = uid(inner);
    if (type === 0x50) user = [...itemsOf(inner)];
    if (type !== 0x20) continue;
    const id = contextId(inner, seen);
    const syntaxes = [...itemsOf(inner.subarray(4))];
    const abstract = syntaxes.find((one) => one.type === 0x30);
    const transferSyntaxes = syntaxes.filter((one) => one.type === 0x40).map((one) => uid(one.body));
    contexts.push({ id, abstractSyntax: abstract ? uid(abstract.body) : "", transferSyntaxes });
  }
  return {
    protocolVersion: body.readUInt16BE(0),
    calledAe: text(body.subarray(4, 20)),
    callingAe: text(body.subarray(20, 36)),
    applicationContext,
    contexts,
    maxPdu: maxPduOf(user),
    roles: rolesOf(user),
  };
}

export function decodeAssociateAc(body: Buffer): AssociateAc {
  const seen = new Set<number>();
  const contexts: AnsweredContext[] = [];
  let user: Item[] = [];
  for (const { type, body: inner } of itemsOf(associateItems(body))) {
    if (type === 0x50) user = [...itemsOf(inner)];
    if (type !== 0x21) continue;
    const id = contextId(inner, seen);
    const syntax = [...itemsOf(inner.subarray(4))].find((one) => one.type === 0x40);
    contexts.push({ id, result: inner[2], transferSyntax: syntax ? uid(syntax.body) : "" });
  }
  return { contexts, maxPdu: maxPduOf(user), roles: rolesOf(user) };
}

/** Throws network/protocol where the values do not fill the PDU exactly. */
export function decodeData(body: Buffer): DataValue[] {
  const values: DataValue[] = [];
  let at = 0;
  while (at < body.length) {
    const length = body.length - at >= 6 ? body.readUInt32BE(at) : 0;
    const end = at + 4 + length;
    if (length < 2 || end > body.length) throw broken("a data value that does not fit its message");
    const flags = body[at + 5];
    values.push({
      contextId: body[at + 4],
      isCommand: (flags & 1) !== 0,
      isLast: (flags & 2) !== 0,
      bytes: body.subarray(at + 6, end),
    });
    at = end;
  }
  return values;
}

export const isDicomApplication = (applicationContext: string): boolean => applicationContext === DICOM_APPLICATION;
