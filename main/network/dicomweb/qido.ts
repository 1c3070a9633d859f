// QIDO-RS (PS3.18 10.6): what an archive has, page by page, in the same records as C-FIND (identifier.ts).

import { AppError } from "../../../preload/contract/errors.ts";
import { dictionaryEntry } from "../../imaging/dicom/dictionary.ts";
import { Fragments } from "../fragments.ts";
import { type Found, type Keys, type Level, queryTag, USUAL_KEYS } from "../identifier.ts";
import { isUid } from "../services.ts";
import { type DicomWebServer, getFrom, whereOf } from "./server.ts";

type WebLevel = Exclude<Level, "patient">;

export interface QidoOptions {
  /** answers at most; default 10 000. Ask for one more than you show to know whether there are more. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

const PAGE = 200;
const MAX_PAGE_BYTES = 1 << 26;
const ACCEPT = "application/dicom+json, application/json;q=0.9";
const UID_OF: Record<WebLevel, string> = {
  study: "StudyInstanceUID",
  series: "SeriesInstanceUID",
  instance: "SOPInstanceUID",
};

/** The place of a search: UIDs of the levels above stand in the path where `keys` has them (PS3.18 table 10.6.1-1). */
function placeOf(level: WebLevel, keys: Keys): { path: string; filters: Keys } {
  const { StudyInstanceUID: study = "", SeriesInstanceUID: series = "", ...others } = keys;
  if (level === "study" || !isUid(study))
    return { path: level === "study" ? "/studies" : `/${plural(level)}`, filters: keys };
  if (level === "instance" && isUid(series))
    return { path: `/studies/${study}/series/${series}/instances`, filters: others };
  return {
    path: `/studies/${study}/${plural(level)}`,
    filters: series ? { ...others, SeriesInstanceUID: series } : others,
  };
}

const plural = (level: WebLevel): string => (level === "series" ? "series" : "instances");

/**
 * Answers with the usual attributes of the level and those of `keys`; keys without a value are asked for, the others match.
 * Errors: network/*, app/invalid-input, app/aborted.
 */
export async function* qido(
  server: DicomWebServer,
  level: WebLevel,
  keys: Keys,
  { limit = 10_000, signal }: QidoOptions = {},
): AsyncGenerator<Found, void, undefined> {
  const { path, filters } = placeOf(level, keys);
  const query: string[] = [];
  const fields = new Set(USUAL_KEYS[level]);
  for (const [keyword, value] of Object.entries(filters)) {
    queryTag(keyword, value);
    fields.add(keyword);
    if (value !== "") query.push(`${keyword}=${encodeURIComponent(value)}`);
  }
  query.push(`includefield=${[...fields].join(",")}`);
  const seen = new Set<string>();
  // A server may give fewer than asked for, or know no offset: the end is a page with nothing new.
  for (let offset = 0; seen.size < limit; ) {
    const size = Math.min(PAGE, limit - seen.size);
    const page = await pageOf(server, `${path}?${query.join("&")}&limit=${size}&offset=${offset}`, signal);
    const fresh = page.filter((found) => {
      const uid = found[UID_OF[level]]?.[0] ?? "";
      if (uid === "" || seen.has(uid) || seen.size >= limit) return false;
      seen.add(uid);
      return true;
    });
    yield* fresh;
    if (fresh.length === 0) return;
    offset += page.length;
  }
}

async function pageOf(server: DicomWebServer, path: string, signal?: AbortSignal): Promise<Found[]> {
  const { status, body } = await getFrom(server, path, ACCEPT, signal);
  const fragments = new Fragments(MAX_PAGE_BYTES);
  for await (const piece of body) {
    fragments.add(piece);
    if (fragments.overflow) {
      throw new AppError("network/too-large", `${whereOf(server)} lists more than ${MAX_PAGE_BYTES} bytes at once.`);
    }
  }
  const bytes = fragments.take()!;
  if (status === 204 || bytes.length === 0) return [];
  let list: unknown;
  try {
    list = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Not with its cause: that quotes what was found.
    throw notJson(server);
  }
  if (!Array.isArray(list)) throw notJson(server);
  return list.map(foundOf);
}

function notJson(server: DicomWebServer): AppError {
  return new AppError(
    "network/protocol",
    `${whereOf(server)} answered a search with something else than DICOM JSON. Check the address.`,
  );
}

/** PS3.18 F.2: attributes by tag; each has a VR and may have values. Anything else is left out. */
function foundOf(answer: unknown): Found {
  const found: Record<string, readonly string[]> = {};
  if (typeof answer !== "object" || answer === null) return found;
  for (const [tag, attribute] of Object.entries(answer)) {
    const entry = /^[0-9A-Fa-f]{8}$/.test(tag) ? dictionaryEntry(Number.parseInt(tag, 16)) : null;
    const values: unknown = attribute?.Value;
    if (!entry || !Array.isArray(values)) continue;
    const texts = values.map(textOf).filter((text) => text !== null);
    if (texts.some((text) => text !== "")) found[entry.keyword] = texts;
  }
  return found;
}

/** A name has up to three groups (PS3.18 F.2.2); null for items of sequences. */
function textOf(value: unknown): string | null {
  if (value === null) return "";
  if (typeof value === "string") return value.trim();
  if (typeof value === "number") return String(value);
  if (typeof value !== "object") return null;
  const groups = ["Alphabetic", "Ideographic", "Phonetic"].map((group) => (value as Record<string, unknown>)[group]);
  if (groups.every((group) => typeof group !== "string")) return null;
  return groups
    .map((group) => (typeof group === "string" ? group : ""))
    .join("=")
    .replace(/=+$/, "");
}
