// The tags a person may look up beside an image: the top level of the data set, as text.

import type { Tag } from "../types.ts";
import type { Attributes } from "./attributes.ts";
import type { Element } from "./dataset.ts";
import { dictionaryEntry, tagText } from "./dictionary.ts";

const MAX_TAGS = 500;
const MAX_CHARACTERS = 256;
const BINARY = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "UN", "OX"]);

export function shownTags(attributes: Attributes): Tag[] {
  const tags: Tag[] = [];
  for (const element of attributes.dataSet.elements.values()) {
    // Group lengths say nothing (retired in PS3.5 7.2), pixel data is shown otherwise.
    if ((element.tag & 0xffff) === 0 || element.tag >>> 16 === 0x7fe0) continue;
    if (tags.length === MAX_TAGS) break;
    const name = dictionaryEntry(element.tag)?.keyword ?? "";
    tags.push({ tag: tagText(element.tag), name, value: textOf(attributes, element) });
  }
  return tags;
}

function textOf(attributes: Attributes, element: Element): string {
  if (element.items) return element.items.length === 1 ? "1 item" : `${element.items.length} items`;
  if (BINARY.has(attributes.vr(element))) return `${element.length} bytes`;
  const text = attributes.stringsOf(element).join("\\");
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
