// The end of the log as people keep it on paper: the entry's number and its hash in groups of four, and one more group.
//
// A printed head is the only thing that somebody with the key cannot rewrite afterwards. It is typed by hand when it is needed, so the last group
// tells a slip of typing from a log that was rewritten, and letters that look like digits are read as those.

import { createHash } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";

export interface WrittenHead {
  readonly sequence: number;
  readonly hash: string;
}

const groupsOf = (digits: string) => digits.match(/.{4}/g) ?? [];

function checkGroup({ sequence, hash }: WrittenHead): string {
  return createHash("sha256").update(`${sequence} ${hash}`).digest("hex").slice(0, 4);
}

/** `1234  1a2b 3c4d … (16 groups)  c0de` */
export function writeHead(head: WrittenHead): string {
  return `${head.sequence}  ${groupsOf(head.hash).join(" ")}  ${checkGroup(head)}`;
}

/**
 * Reads what writeHead wrote, also from the middle of a longer text; `slip`: the last group does not fit the others. Throws
 * audit/head-unreadable where there is no number with 17 groups of four hexadecimal digits.
 */
export function readHead(text: string): WrittenHead & { readonly slip: boolean } {
  const found = /(?<![0-9a-z])([0-9]{1,15})\s+((?:[0-9a-foil]{4}[\s-]*){17})(?![0-9a-z])/iu.exec(text);
  if (found === null) {
    throw new AppError(
      "audit/head-unreadable",
      "A printed head is the number of an entry and 17 groups of four digits: type all of it, or paste the whole text.",
    );
  }
  const digits = found[2]!.toLowerCase().replace(/[\s-]/g, "").replaceAll("o", "0").replace(/[il]/g, "1");
  const head = { sequence: Number(found[1]), hash: digits.slice(0, 64) };
  return { ...head, slip: digits.slice(64) !== checkGroup(head) };
}
