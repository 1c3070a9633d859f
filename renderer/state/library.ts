// What the library shows and in which order. The viewer walks the same sequence, and other views narrow it (a cell of a
// confusion matrix) through `showImages`.
import { createStore } from "zustand/vanilla";
import type { ImageFilter, Inputs } from "../../preload/contract/index.ts";
import { navigate } from "./route.ts";

export type ImageSort = NonNullable<Inputs["images"]["list"]["sort"]>;

export interface LibraryState {
  filter: ImageFilter;
  sort: ImageSort;
  /** Why `filter.ids` is set, in the person's words ("normal taken for lesion"); null without such a list. */
  reason: string | null;
  /** Image that has the keyboard in the grid, by id. */
  focused: string | null;
  selected: ReadonlySet<string>;
}

const START: LibraryState = { filter: {}, sort: "imported", reason: null, focused: null, selected: new Set() };

export const libraryStore = createStore<LibraryState>(() => START);

/** Another filter: an image that may be out of sight is neither focused nor selected, so that no digit labels it. */
export function narrowed(filter: ImageFilter): Pick<LibraryState, "filter" | "focused" | "selected"> {
  return { filter, focused: null, selected: new Set() };
}

/** Opens the library on exactly these images. */
export function showImages(ids: string[], reason: string): void {
  libraryStore.setState({ ...START, filter: { ids }, reason });
  navigate({ view: "library" });
}

/** Forgets everything (another project was opened). */
export function resetLibrary(): void {
  libraryStore.setState(START);
}
