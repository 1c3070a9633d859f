// A small reader of XML for label files: elements and their text. Document types, and with them entities, are refused, so nothing grows and nothing
// outside the file is read. Attributes are passed over: the formats here have none.

import { invalid } from "./format.ts";

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** of the element itself, trimmed */
  readonly text: string;
}

const DEEPEST = 16;
const MOST_ELEMENTS = 200_000;
const LONGEST = 64 * 2 ** 20;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** Comments, CDATA, declarations, tags with their attributes' values, text. */
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<!|<(\/?)([A-Za-z_][\w.:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*'){0,4096})>|([^<]+)/y;

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** The element at the top. Throws labels/file-invalid for what is no XML, and for more than a file of labels needs. */
export function readXml(file: string, text: string): XmlElement {
  if (text.length > LONGEST) throw invalid(file, `An XML file may have ${LONGEST} characters at most.`);
  const top: Open = { name: "", children: [], text: "" };
  const open: Open[] = [top];
  let elements = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text);
    if (token === null) throw invalid(file, "The XML is damaged or cut off.");
    const [whole, cdata, slash, name, rest, plain] = token;
    const current = open[open.length - 1];
    if (whole === "<!") throw invalid(file, "XML with a document type or entities is not read.");
    if (cdata !== undefined) current.text += cdata;
    else if (plain !== undefined) current.text += unescaped(file, plain);
    else if (name === undefined) continue;
    else if (slash === "/") {
      if (current.name !== name || open.length === 1) throw invalid(file, "The XML's elements do not match.");
      open.pop();
      open[open.length - 1].children.push({ ...current, text: current.text.trim() });
    } else {
      if (++elements > MOST_ELEMENTS || open.length > DEEPEST) throw invalid(file, "The XML has too many elements.");
      if (rest.endsWith("/")) current.children.push({ name, children: [], text: "" });
      else open.push({ name, children: [], text: "" });
    }
  }
  const [root] = top.children;
  if (open.length !== 1 || root === undefined || top.children.length > 1) {
    throw invalid(file, "The XML is damaged or cut off.");
  }
  return root;
}

function unescaped(file: string, text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|[A-Za-z]+);?/g, (_, body: string) => {
    const code = body.startsWith("#x") ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1));
    const named = body.startsWith("#") ? (code <= 0x10ffff ? String.fromCodePoint(code) : undefined) : ENTITIES[body];
    if (named === undefined) throw invalid(file, "The XML has an entity that it does not define.");
    return named;
  });
}

export const childOf = (element: XmlElement, name: string): XmlElement | null =>
  element.children.find((child) => child.name === name) ?? null;

/** Text of a child; empty where there is none. */
export const textOfChild = (element: XmlElement, name: string): string => childOf(element, name)?.text ?? "";

/** Text for the inside of an element; characters that XML cannot hold are left out (XML 1.0, 2.2). */
export const escapeXml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
