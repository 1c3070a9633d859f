// Which pictures lie beside each other: one is the main picture, which has the tools and the labels, the others are to look at.
//
// Pure. Panes keep their keys while the main picture changes places with one of them, so that nothing is drawn anew that stays.
import type { ImageSummary } from "../../../preload/contract/index.ts";

/** What a pane shows: the main picture's own stack so many slices on, or another image of the patient. */
export type PaneSource =
  | { readonly of: "main"; readonly offset: number }
  | {
      readonly of: "image";
      readonly imageId: string /** where to begin; null: beside the main picture */;
      readonly index: number | null;
    };

/** An image or a series that can be shown beside the main picture. */
export interface Candidate {
  /** of one of its images */
  readonly imageId: string;
  readonly name: string;
  readonly modality: string;
  readonly images: number;
  readonly sameStudy: boolean;
}

export const MAIN = "main";

/** Series and single images of a patient, without those in `shown`; those of other studies first. */
export function candidatesOf(
  images: readonly ImageSummary[],
  shown: ReadonlySet<string>,
  study: string,
): readonly Candidate[] {
  const groups = new Map<string, ImageSummary[]>();
  for (const image of images) {
    const key = image.series === "" ? image.id : `${image.series}/`;
    groups.set(key, [...(groups.get(key) ?? []), image]);
  }
  return [...groups.values()]
    .filter((group) => !group.some(({ id }) => shown.has(id)))
    .map(([first, ...rest]) => ({
      imageId: first.id,
      name: first.name,
      modality: first.modality,
      images: rest.length + 1,
      sameStudy: first.study !== "" && first.study === study,
    }))
    .sort((a, b) => Number(a.sameStudy) - Number(b.sameStudy));
}

/** What the n-th pane beside the main picture shows unless it was chosen: other pictures of the patient, then the next slices. */
export function usualSource(n: number, candidates: readonly Candidate[], slices: number): PaneSource | null {
  const candidate = candidates[n];
  if (candidate) return { of: "image", imageId: candidate.imageId, index: null };
  return slices > 1 ? { of: "main", offset: n - candidates.length + 1 } : null;
}

/** The keys of as many panes, in the order of the page. What was there stays where it is; the main picture is always there. */
export function cellsFor(count: number, before: readonly string[]): readonly string[] {
  const all = Array.from({ length: count - 1 }, (_, i) => `pane-${i}`);
  const kept = before.filter((key) => key === MAIN || all.includes(key));
  const cells = [...kept, ...[MAIN, ...all].filter((key) => !kept.includes(key))];
  const at = cells.indexOf(MAIN);
  // With fewer panes the main picture may lie beyond the last place.
  return at < count ? cells.slice(0, count) : [...cells.slice(0, count - 1), MAIN];
}

/** The main picture and a pane change places. */
export function swapped(cells: readonly string[], key: string): readonly string[] {
  return cells.map((cell) => (cell === MAIN ? key : cell === key ? MAIN : cell));
}
