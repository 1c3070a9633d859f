// Which studies and series are chosen to be fetched. A study stands for all its series; its key is its UID, a series' key is both.
import type { Inputs, PacsFound } from "../../../preload/contract/index.ts";

export type Selection = ReadonlySet<string>;
type Wanted = Inputs["pacs"]["retrieve"]["wanted"][number];

export const keyOf = ({ study, series }: Pick<PacsFound, "study" | "series">): string =>
  series === "" ? study : `${study}/${series}`;

const seriesOf = (selection: Selection, study: string): string[] =>
  [...selection].filter((key) => key.startsWith(`${study}/`));

export type StudyState = "none" | "some" | "all";

export function studyState(selection: Selection, study: string): StudyState {
  if (selection.has(study)) return "all";
  return seriesOf(selection, study).length > 0 ? "some" : "none";
}

/** A study with some of its series becomes a whole one. */
export function toggleStudy(selection: Selection, study: string): Selection {
  const next = new Set(selection);
  for (const key of seriesOf(selection, study)) next.delete(key);
  if (!next.delete(study)) next.add(study);
  return next;
}

/** `all`: the study's series; taking one out of a whole study leaves the others, adding the last makes it whole. */
export function toggleSeries(selection: Selection, one: PacsFound, all: readonly PacsFound[]): Selection {
  const next = new Set(selection);
  const keys = all.map(keyOf);
  if (next.delete(one.study)) for (const key of keys) next.add(key);
  if (!next.delete(keyOf(one))) next.add(keyOf(one));
  if (!keys.every((key) => next.has(key))) return next;
  for (const key of keys) next.delete(key);
  return next.add(one.study);
}

export const isChosen = (selection: Selection, one: PacsFound): boolean =>
  selection.has(one.study) || selection.has(keyOf(one));

/** What to fetch, in the order in which it is shown, with how many objects the archive counted. */
export function wantedOf(
  selection: Selection,
  studies: readonly PacsFound[],
  seriesOfStudy: ReadonlyMap<string, readonly PacsFound[]>,
): Wanted[] {
  return studies.flatMap(({ study, objects }): Wanted[] => {
    if (selection.has(study)) return [{ study, objects }];
    const series = seriesOfStudy.get(study) ?? [];
    return series
      .filter((one) => selection.has(keyOf(one)))
      .map((one) => ({ study, series: one.series, objects: one.objects }));
  });
}
