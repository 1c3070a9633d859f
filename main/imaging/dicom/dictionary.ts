// Names and value representations of DICOM attributes (PS3.6), from dcmjs's copy of the dictionary.

import dictionary from "dcmjs/dictionary";

export interface DictionaryEntry {
  readonly vr: string;
  readonly keyword: string;
}

/** Rows of the dictionary whose representation depends on other attributes, as this room reads them (PS3.5 A.1). */
const DEPENDENT_VRS: Record<string, string> = { ox: "OW", lt: "OW", up: "UL", na: "UN" };

let byTag: Map<number, DictionaryEntry> | null = null;
let byKeyword: Map<string, number> | null = null;

/** Standard attributes only; "xx" rows such as (60xx,3000) are entered under their first group. */
function entries(): Map<number, DictionaryEntry> {
  if (byTag) return byTag;
  byTag = new Map();
  for (const [key, row] of Object.entries(dictionary)) {
    const match = /^\(([0-9a-fA-Fx]{4}),([0-9a-fA-Fx]{4})\)$/.exec(key);
    if (!match) continue;
    const tag = Number.parseInt(`${match[1]}${match[2]}`.replaceAll("x", "0"), 16);
    byTag.set(tag, { vr: DEPENDENT_VRS[row.vr] ?? row.vr, keyword: row.name });
  }
  return byTag;
}

/** Repeating groups: curves (50xx) and overlays (60xx), PS3.5 7.6. */
function repeatingGroupBase(tag: number): number {
  const group = tag >>> 24;
  return group === 0x50 || group === 0x60 ? (tag & 0xff00ffff) >>> 0 : tag;
}

/** null for an attribute that is private or unknown. `vr` "xs" means US or SS, as PixelRepresentation says. */
export function dictionaryEntry(tag: number): DictionaryEntry | null {
  return entries().get(tag) ?? entries().get(repeatingGroupBase(tag)) ?? null;
}

/** Tag number of a keyword of the standard; throws on a keyword that does not exist (a mistake of ours, not of a file). */
export function tagOf(keyword: string): number {
  byKeyword ??= new Map([...entries()].map(([tag, entry]) => [entry.keyword, tag]));
  const tag = byKeyword.get(keyword);
  if (tag === undefined) throw new TypeError(`No DICOM attribute is called ${keyword}.`);
  return tag;
}

/** "7fe00010" */
export function tagText(tag: number): string {
  return tag.toString(16).padStart(8, "0");
}
