// The command set of a DIMSE message (PS3.7 6.3, annex E): a record and its bytes, always implicit VR little endian.

import { broken } from "./pdu.ts";

const NUMBERS = {
  CommandField: 0x0100,
  MessageID: 0x0110,
  MessageIDBeingRespondedTo: 0x0120,
  Priority: 0x0700,
  CommandDataSetType: 0x0800,
  Status: 0x0900,
  NumberOfRemainingSuboperations: 0x1020,
  NumberOfCompletedSuboperations: 0x1021,
  NumberOfFailedSuboperations: 0x1022,
  NumberOfWarningSuboperations: 0x1023,
  MoveOriginatorMessageID: 0x1031,
} as const;

const TEXTS = {
  AffectedSOPClassUID: 0x0002,
  MoveDestination: 0x0600,
  AffectedSOPInstanceUID: 0x1000,
  MoveOriginatorApplicationEntityTitle: 0x1030,
} as const;

export type Command = { readonly [K in keyof typeof NUMBERS]?: number } & {
  readonly [K in keyof typeof TEXTS]?: string;
};

export const FIELD = {
  storeRq: 0x0001,
  storeRsp: 0x8001,
  getRq: 0x0010,
  getRsp: 0x8010,
  findRq: 0x0020,
  findRsp: 0x8020,
  moveRq: 0x0021,
  moveRsp: 0x8021,
  echoRq: 0x0030,
  echoRsp: 0x8030,
  cancelRq: 0x0fff,
} as const;

/** Value of CommandDataSetType where no data set follows; any other value says that one does. */
export const NO_DATA_SET = 0x0101;
const DATA_SET = 0x0102;

export const hasDataSet = (command: Command): boolean =>
  command.CommandDataSetType !== undefined && command.CommandDataSetType !== NO_DATA_SET;

const NAME_OF = new Map<number, { name: string; number: boolean }>([
  ...Object.entries(NUMBERS).map(([name, tag]) => [tag, { name, number: true }] as const),
  ...Object.entries(TEXTS).map(([name, tag]) => [tag, { name, number: false }] as const),
]);

function element(tag: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

/** `withData` sets CommandDataSetType. */
export function encodeCommand(command: Omit<Command, "CommandDataSetType">, withData: boolean): Buffer {
  const full: Command = { ...command, CommandDataSetType: withData ? DATA_SET : NO_DATA_SET };
  const parts: Buffer[] = [];
  for (const [tag, { name, number }] of [...NAME_OF].sort((a, b) => a[0] - b[0])) {
    const value = full[name as keyof Command];
    if (value === undefined) continue;
    if (number) {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(Number(value));
      parts.push(element(tag, bytes));
    } else {
      // UIDs are padded with a zero byte, AE titles with a space (PS3.5 6.2).
      const padding = name.endsWith("UID") ? "\0" : " ";
      parts.push(element(tag, Buffer.from(String(value) + (String(value).length % 2 ? padding : ""), "latin1")));
    }
  }
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([element(0x0000, length), body]);
}

/** Elements that we do not use are skipped. Throws network/protocol for anything that is not a command set. */
export function decodeCommand(bytes: Uint8Array): Command & { CommandField: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Record<string, number | string> = {};
  let at = 0;
  while (at < view.length) {
    if (view.length - at < 8) throw broken("a command that ends early");
    // Orthanc writes a list of failed instances (0008,0058) into the command of its last C-GET answer.
    const known = view.readUInt16LE(at) === 0 ? NAME_OF.get(view.readUInt16LE(at + 2)) : undefined;
    const end = at + 8 + view.readUInt32LE(at + 4);
    if (end > view.length) throw broken("a command element that is longer than the command");
    const value = view.subarray(at + 8, end);
    if (known?.number && value.length >= 2) found[known.name] = value.readUInt16LE(0);
    if (known && !known.number) found[known.name] = value.toString("latin1").replaceAll("\0", "").trim().slice(0, 64);
    at = end;
  }
  if (typeof found.CommandField !== "number") throw broken("a command that does not say which");
  return found as Command & { CommandField: number };
}
