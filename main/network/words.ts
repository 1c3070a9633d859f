// Numbers of the protocols in words: rejections and aborts (PS3.8 9.3.4, 9.3.8), statuses (PS3.7 annex C, PS3.4 B.2.3, C.4).
//
// The other side's own text (Error Comment) is never shown: some archives put a patient's name into it.

import { AppError } from "../../preload/contract/errors.ts";

const CONNECTION_ERRORS: Record<string, string> = {
  ECONNREFUSED: "nothing listens on that port. Check the port, and whether the node is running",
  ENOTFOUND: "no machine has that name. Check the host",
  EAI_AGAIN: "the name could not be looked up. Check the host and the network",
  EHOSTUNREACH: "no way leads to that machine. Check the host and the network",
  ENETUNREACH: "no way leads to that network. Check the network",
  ETIMEDOUT: "the machine did not answer. Check the host, the network and its firewall",
};

/** No connection came about; `code` is what the system says. */
export function unreachable(where: string, code: string, cause?: unknown): AppError {
  const why = CONNECTION_ERRORS[code] ?? `the system says ${code || "nothing more"}. Check host, port and network`;
  return new AppError("network/unreachable", `${where} could not be reached: ${why}.`, { cause });
}

const REJECTIONS: Record<string, string> = {
  "1.1": "it gave no reason",
  "1.2": "it does not know the DICOM application context",
  "1.3": "it does not know our AE title; enter it there, with this machine's address",
  "1.7": "it is not called by that AE title; check the title of the node",
  "2.1": "it gave no reason",
  "2.2": "it does not speak this version of the protocol",
  "3.1": "it is overloaded; try again later",
  "3.2": "it has as many associations as it allows; try again later",
};

/** The sentence of an A-ASSOCIATE-RJ. `where` names the node. */
export function rejection(where: string, result: number, source: number, reason: number): AppError {
  const why = REJECTIONS[`${source}.${reason}`] ?? `of reason ${reason} from source ${source}`;
  const how = result === 2 ? "for now" : "for good";
  return new AppError("network/refused", `${where} was asked for an association and refused it ${how}: ${why}.`);
}

const ABORT_REASONS: Record<number, string> = {
  0: "without a reason",
  1: "because of a message it does not know",
  2: "because of a message it did not expect",
  4: "because of a part of a message it does not know",
  5: "because of a part of a message it did not expect",
  6: "because of a value it does not allow",
};

export function abortion(where: string, source: number, reason: number): AppError {
  // The reason has a meaning only where the service provider gives it (PS3.8 9.3.8).
  const why = source === 2 ? (ABORT_REASONS[reason] ?? `with reason ${reason}`) : "by the will of its program";
  return new AppError("network/closed", `${where} broke the association off ${why}. What had arrived before is kept.`);
}

/** A refusal of what the other side sent, with the name of that side before it. `where` is the subject of a sentence. */
export function located(where: string, error: unknown): unknown {
  const about = error instanceof AppError && ["network/protocol", "network/too-large"].includes(error.code);
  if (!about || error.message.startsWith(where)) return error;
  return new AppError(error.code, `${where} sent what cannot be taken. ${error.message}`, { cause: error.cause });
}

export const STATUS = {
  success: 0x0000,
  cancel: 0xfe00,
  pending: 0xff00,
  pendingWithWarning: 0xff01,
  processingFailure: 0x0110,
  invalidInstance: 0x0117,
  classNotSupported: 0x0122,
  unrecognisedOperation: 0x0211,
  outOfResources: 0xa700,
  dataSetMismatch: 0xa900,
  cannotUnderstand: 0xc000,
  subOperationsFailed: 0xb000,
} as const;

/** From the particular to the general: [mask, value, words]. */
const STATUS_WORDS: readonly (readonly [number, number, string])[] = [
  [0xffff, 0x0105, "no such attribute"],
  [0xffff, 0x0106, "a value it does not allow"],
  [0xffff, 0x0110, "a failure while processing"],
  [0xffff, 0x0111, "an instance it has already"],
  [0xffff, 0x0112, "no such instance"],
  [0xffff, 0x0117, "an instance UID it does not allow"],
  [0xffff, 0x0119, "an instance of another class"],
  [0xffff, 0x0122, "a SOP class it does not support"],
  [0xffff, 0x0124, "an operation we are not allowed"],
  [0xffff, 0x0210, "a message number it has already"],
  [0xffff, 0x0211, "an operation it does not know"],
  [0xffff, 0x0212, "an argument it does not know"],
  [0xffff, 0xa701, "out of resources: it cannot count the matches"],
  [0xffff, 0xa702, "out of resources: it cannot send the objects"],
  [0xff00, 0xa700, "out of resources"],
  [0xffff, 0xa801, "a destination it does not know; enter our AE title there, with this machine's address and port"],
  [0xff00, 0xa900, "data that do not fit their class"],
  [0xf000, 0xc000, "something it cannot process"],
  [0xffff, 0xfe00, "a cancelled operation"],
];

export function statusWords(status: number): string {
  const hex = status.toString(16).toUpperCase().padStart(4, "0");
  const known = STATUS_WORDS.find(([mask, value]) => (status & mask) === value);
  return known ? `${known[2]} (status ${hex})` : `status ${hex}`;
}

/** Success and the warnings B000 to BFFF, 0001, 0107, 0116: the operation was done (PS3.7 annex C). */
export function isWarning(status: number): boolean {
  return status >>> 12 === 0xb || status === 0x0001 || status === 0x0107 || status === 0x0116;
}

/** An operation that the node answered with a failure. */
export function failedOperation(where: string, operation: string, status: number): AppError {
  return new AppError("network/failed", `${where} was asked for ${operation} and answered: ${statusWords(status)}.`);
}
