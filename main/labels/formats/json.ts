// JSON of other people, asked with names: what is not there or of another type is a sentence with the file's name, never a crash.

import { invalid } from "./format.ts";
import type { LabelFile } from "./label-files.ts";

export type JsonObject = { readonly [key: string]: unknown };

/** Throws labels/file-invalid for what is no JSON, or no object at its top. */
export function readJsonObject(file: LabelFile): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(file.text());
  } catch (cause) {
    if (cause instanceof SyntaxError) throw invalid(file.path, "The file is no JSON, or it is cut off.", cause);
    throw cause;
  }
  if (!isObject(value)) throw invalid(file.path, "Expected a JSON object.");
  return value;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Finite numbers, or null where one of them is none. */
export function numbersIn(value: unknown): number[] | null {
  return Array.isArray(value) && value.every((entry) => typeof entry === "number" && Number.isFinite(entry))
    ? (value as number[])
    : null;
}

/** The list under a key, empty where there is none. Throws labels/file-invalid for anything that is no list of objects. */
export function objectsIn(file: string, from: JsonObject, key: string): JsonObject[] {
  const value = from[key] ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(file, `Expected a list of objects in "${key}".`);
  return value;
}

export const textIn = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Texts, finite numbers and booleans of an object; everything else is left out. */
export function attributesIn(value: unknown): Record<string, string | number | boolean> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string | number | boolean] =>
        typeof entry[1] === "string" ||
        typeof entry[1] === "boolean" ||
        (typeof entry[1] === "number" && Number.isFinite(entry[1])),
    ),
  );
}
