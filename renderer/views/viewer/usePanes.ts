// The panes of a layout: where the main picture lies among them, and what the others show.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ImageStack, ImageSummary, Inputs } from "../../../preload/contract/index.ts";
import type { Layout } from "../../state/viewer.ts";
import { keys } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import {
  type Candidate,
  candidatesOf,
  cellsFor,
  MAIN,
  type PaneSource,
  swapped,
  usualSource,
} from "../../viewer/panes/panes.ts";

const PANES: Record<Layout, number> = { "1x1": 1, planes: 1, "1x2": 2, "2x2": 4, "3x3": 9 };
/** Images of a patient that are looked through. */
const MOST_IMAGES = 500;

export interface Panes {
  /** keys of the panes in the order of the page; MAIN is the main picture */
  readonly cells: readonly string[];
  readonly candidates: readonly Candidate[];
  /** null: nothing */
  source(key: string): PaneSource | null;
  choose(key: string, source: PaneSource): void;
  /** the main picture changes places with a pane; `left`: what was the main picture before */
  swap(key: string, left: PaneSource): void;
}

export function usePanes(stack: ImageStack, layout: Layout): Panes {
  const [{ patient, study, series, id }] = stack.images;
  const count = PANES[layout];
  const images = useImagesOf(patient, count > 1);
  const candidates = useMemo(
    () => candidatesOf(images ?? [], new Set(stack.images.map((image) => image.id)), study),
    [images, stack, study],
  );
  // What was chosen holds for the pictures of one patient; one without a number is told by its series.
  const person = patient || series || id;
  const [held, setHeld] = useState<Held>({ person, cells: [], chosen: {} });
  const here = held.person === person ? held : { person, cells: [], chosen: {} };
  const cells = cellsFor(count, here.cells);
  const others = cells.filter((key) => key !== MAIN).sort();
  return {
    cells,
    candidates,
    source: (key) => {
      if (here.chosen[key]) return here.chosen[key];
      if (patient !== "" && images === undefined) return null; // the next slices are shown when it is known that nothing else is there
      return usualSource(others.indexOf(key), candidates, stack.slices.length);
    },
    choose: (key, source) => setHeld({ person, cells, chosen: { ...here.chosen, [key]: source } }),
    swap: (key, left) => {
      // What nobody chose must stay as it is too, though other pictures are now beside the main one.
      const kept = Object.fromEntries(
        others.map((one) => [
          one,
          here.chosen[one] ?? usualSource(others.indexOf(one), candidates, stack.slices.length),
        ]),
      );
      setHeld({ person, cells: swapped(cells, key), chosen: { ...kept, [key]: left } });
    },
  };
}

interface Held {
  readonly person: string;
  readonly cells: readonly string[];
  readonly chosen: Readonly<Record<string, PaneSource | null>>;
}

/** undefined while the answer is on its way. */
function useImagesOf(patient: string, wanted: boolean): readonly ImageSummary[] | undefined {
  const studio = useStudio();
  const input: Inputs["images"]["list"] = { filter: { patient }, sort: "name", offset: 0, limit: MOST_IMAGES };
  const answer = useQuery({
    queryKey: keys.images(input),
    queryFn: () => studio.images.list(input),
    enabled: wanted && patient !== "",
  });
  return answer.isError ? [] : answer.data?.items;
}
