// What an import does to every DICOM file before anything else reads it, and the name that the image is kept under.
//
// Names of files and folders hold names of patients as often as tags do, so a name is made of what the de-identified file says of itself:
// modality, series number, instance number and eight hexadecimal digits of its new UID. It sorts as the series does and leads nowhere.

import { createHash } from "node:crypto";
import type { DeidentificationReport } from "../../../preload/contract/index.ts";
import type { OpenedImage } from "../types.ts";
import { deidentifyDicom } from "./deidentify.ts";
import type { Mapping } from "./mapping.ts";
import type { Option } from "./profile.ts";

export interface DeidentifyOnRead {
  readonly options: readonly Option[];
  readonly mapping: Mapping;
}

/** Throws what `deidentifyDicom` throws: a file that cannot be de-identified is not read at all. */
export function deidentifyOnRead(
  file: Uint8Array,
  { options, mapping }: DeidentifyOnRead,
  maxBytes: number,
): { bytes: Uint8Array; report: DeidentificationReport } {
  const { bytes, report } = deidentifyDicom(file, { options, mapping, maxBytes });
  const counts: Record<string, number> = {};
  for (const { done, count } of report.changes) counts[done] = (counts[done] ?? 0) + count;
  return {
    bytes,
    report: {
      profile: "PS3.15 2024b Basic",
      options: [...report.options].sort(),
      counts,
      changes: report.changes.map((change) => ({ ...change })),
      notes: [...report.notes],
      warnings: [...report.warnings],
    },
  };
}

/** As in `CT-3-12-4f8a21c9.dcm`; a number that the file does not say is 0. */
export function neutralName({ modality, tags, sopInstance, instanceNumber }: OpenedImage): string {
  const series = Number(tags.find(({ name }) => name === "SeriesNumber")?.value ?? 0);
  const mark = createHash("sha256").update(sopInstance).digest("hex").slice(0, 8);
  const kind = /^[A-Z0-9]{1,16}$/.test(modality) ? modality : "OT";
  return `${kind}-${Number.isSafeInteger(series) ? series : 0}-${instanceNumber ?? 0}-${mark}.dcm`;
}
