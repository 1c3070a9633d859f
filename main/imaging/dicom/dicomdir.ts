// DICOMDIR, the directory of a disc (PS3.3 annex F): how to know one, and the files that it names.

import type { Attributes } from "./attributes.ts";

const MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10";

/** `mediaClass`: the class that the file meta information names, or empty. */
export function isDicomdir(attributes: Attributes, mediaClass: string): boolean {
  return mediaClass === MEDIA_STORAGE_DIRECTORY || attributes.element("DirectoryRecordSequence") !== undefined;
}

/** Paths relative to the DICOMDIR, with "/", in the order of their records; each once. */
export function referencedFiles(attributes: Attributes): string[] {
  const paths = attributes
    .items("DirectoryRecordSequence")
    .map((record) => record.strings("ReferencedFileID").join("/"))
    .filter((path) => path !== "");
  return [...new Set(paths)];
}
