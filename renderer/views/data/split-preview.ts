// What freezing would give, before it is done: counts per class and part from the facets alone.
//
// An estimate, and shown as one: the studio splits by patient and may keep suggested parts, so the exact counts are known only when the
// snapshot is frozen. The warnings are not estimates: they are what the studio will refuse or what a reader should know.
import type { Facets, LabelClass } from "../../../preload/contract/index.ts";

/** Shares of all labelled images; test is the rest. */
export interface Split {
  train: number;
  validation: number;
}

export interface ClassPreview {
  id: string;
  name: string;
  color: string;
  images: number;
  train: number;
  validation: number;
  test: number;
}

export type SplitWarning =
  | { kind: "noLabels" }
  | { kind: "oneClass"; name: string }
  | { kind: "unlabelled"; count: number }
  | { kind: "noTest" }
  | { kind: "fewOfClass"; name: string; count: number }
  | { kind: "fewPatients"; patients: number };

export interface SplitPreview {
  classes: ClassPreview[];
  labelled: number;
  warnings: SplitWarning[];
  /** False where the studio would refuse. */
  possible: boolean;
}

/** Fewer images of a class than this leave a part with hardly any of them. */
const FEW_IMAGES = 10;
/** Three parts need three patients at the least. */
const FEW_PATIENTS = 3;

/** What is left for the test part, never below zero. */
export function testShare(split: Split): number {
  return Math.max(0, Math.round((1 - split.train - split.validation) * 1e6) / 1e6);
}

export function previewSplit(facets: Facets, classes: readonly LabelClass[], split: Split): SplitPreview {
  const counts = new Map(facets.classes.map(({ classId, count }) => [classId, count]));
  const used = classes.filter(({ id }) => (counts.get(id) ?? 0) > 0);
  const rows = used.map(({ id, name, color }) => {
    const images = counts.get(id) ?? 0;
    const train = Math.round(images * split.train);
    const validation = Math.min(images - train, Math.round(images * split.validation));
    return { id, name, color, images, train, validation, test: images - train - validation };
  });
  const labelled = rows.reduce((sum, row) => sum + row.images, 0);
  const warnings: SplitWarning[] = [];
  if (used.length === 0) warnings.push({ kind: "noLabels" });
  if (used.length === 1) warnings.push({ kind: "oneClass", name: used[0].name });
  if (testShare(split) === 0) warnings.push({ kind: "noTest" });
  if (facets.patients > 0 && facets.patients < FEW_PATIENTS) {
    warnings.push({ kind: "fewPatients", patients: facets.patients });
  }
  for (const row of rows) {
    if (row.images < FEW_IMAGES) warnings.push({ kind: "fewOfClass", name: row.name, count: row.images });
  }
  if (facets.unlabelled > 0 && used.length > 0) warnings.push({ kind: "unlabelled", count: facets.unlabelled });
  return { classes: rows, labelled, warnings, possible: used.length > 1 && testShare(split) > 0 };
}
