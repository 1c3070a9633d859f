// Every file of ../shared/data/dicom imports or is refused with a named reason. The table is what we claim for each.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readImages } from "../../main/imaging/read.ts";
import { AppError } from "../../preload/contract/errors.ts";

const SHARED = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const DICOM = join(SHARED, "dicom");
const MEDMNIST = join(SHARED, "pneumonia/pneumonia-28.npz");
const present = existsSync(DICOM);
const why = present ? "" : " (skipped: ../shared/data is not there)";
const SOON_MS = 5_000;

/** What is refused, and why; all other files import. A folder stands for every file in it that is not named itself. */
const REFUSED: Record<string, string> = {
  "ExplVR_BigEndNoMeta.dcm": "imaging/pixel-data-missing",
  "ExplVR_LitEndNoMeta.dcm": "imaging/pixel-data-missing",
  "JPEG2000-embedded-sequence-delimiter.dcm": "imaging/unreadable",
  "MR_truncated.dcm": "imaging/frame-truncated",
  "README.txt": "imaging/format-unknown",
  "UN_sequence.dcm": "imaging/pixel-data-missing",
  "charset/FileInfo.txt": "imaging/format-unknown",
  "charset/chrJapMulti.dcm": "imaging/pixel-data-missing",
  "charset/chrJapMultiExplicitIR6.dcm": "imaging/pixel-data-missing",
  "charset/chrKoreanMulti.dcm": "imaging/pixel-data-missing",
  "charset/chrSQEncoding.dcm": "imaging/pixel-data-missing",
  "charset/chrSQEncoding1.dcm": "imaging/pixel-data-missing",
  "dicomdirtests/DICOMDIR": "imaging/directory",
  "dicomdirtests/DICOMDIR-bigEnd": "imaging/directory",
  "dicomdirtests/DICOMDIR-empty.dcm": "imaging/directory",
  "dicomdirtests/DICOMDIR-implicit": "imaging/directory",
  "dicomdirtests/DICOMDIR-nooffset": "imaging/directory",
  "dicomdirtests/DICOMDIR-nopatient": "imaging/directory",
  "dicomdirtests/DICOMDIR-reordered": "imaging/directory",
  "dicomdirtests/README.txt": "imaging/format-unknown",
  "dicomdirtests/TINY_ALPHA": "imaging/pixel-data-missing",
  "dicomdirtests/TINY_ALPHA/DICOMDIR": "imaging/directory",
  "dicomdirtests/TINY_ALPHA/README": "imaging/format-unknown",
  "empty_charset_LEI.dcm": "imaging/pixel-data-missing",
  "meta_missing_tsyntax.dcm": "imaging/header-invalid",
  "nested_priv_SQ.dcm": "imaging/header-invalid",
  // Begins with a stray byte: nothing in it stands where DICOM has it.
  "no_meta.dcm": "imaging/format-unknown",
  "no_meta_group_length.dcm": "imaging/pixel-data-missing",
  "priv_SQ.dcm": "imaging/pixel-data-missing",
  "reportsi.dcm": "imaging/pixel-data-missing",
  "reportsi_with_empty_number_tags.dcm": "imaging/pixel-data-missing",
  "rtplan.dcm": "imaging/pixel-data-missing",
  "rtplan.dump": "imaging/format-unknown",
  "rtplan_truncated.dcm": "imaging/header-invalid",
  "rtstruct.dcm": "imaging/pixel-data-missing",
  "rtstruct.dump": "imaging/format-unknown",
  "test-SR.dcm": "imaging/pixel-data-missing",
  "test1.json": "imaging/format-unknown",
  "test_PN.json": "imaging/format-unknown",
  "waveform_ecg.dcm": "imaging/pixel-data-missing",
};

function expected(file: string): string {
  const folder = Object.keys(REFUSED).find((name) => file.startsWith(`${name}/`));
  return REFUSED[file] ?? (folder ? REFUSED[folder] : "imported");
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function outcome(path: string): string {
  const began = performance.now();
  try {
    readImages({ name: path, bytes: readFileSync(path) });
    return "imported";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  } finally {
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }
}

describe.skipIf(!present)(`the DICOM files of ../shared/data${why}`, () => {
  const files = present ? walk(DICOM).map((path) => relative(DICOM, path)) : [];
  test("each imports or is refused for the reason in the table", () => {
    const outcomes = Object.fromEntries(files.map((file) => [file, outcome(join(DICOM, file))]));
    expect(outcomes).toEqual(Object.fromEntries(files.map((file) => [file, expected(file)])));
  });
});

describe.skipIf(!existsSync(MEDMNIST))(`PneumoniaMNIST of ../shared/data${why}`, () => {
  test("all 5030 images come with part and class; the test part is whole", () => {
    const images = readImages({ name: "pneumonia-28.npz", bytes: readFileSync(MEDMNIST) });
    const parts = Map.groupBy(images, (image) => image.suggestedPart);
    expect(parts.get("train")).toHaveLength(3882);
    expect(parts.get("validation")).toHaveLength(524);
    expect(parts.get("test")).toHaveLength(624);
    // Some pictures are in the set twice; each entry stays an image of its own.
    expect(new Set(images.map((image) => image.identity)).size).toBe(images.length);
    expect(new Set(images.map((image) => image.suggestedClass))).toEqual(new Set(["0", "1"]));
  });
});
