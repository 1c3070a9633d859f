// Opens an image in the viewer with a list of cases as the sequence it walks.
import { libraryStore } from "../../state/library.ts";
import { navigate } from "../../state/route.ts";

/** `reason` says what the list is, in the person's words; the viewer and the library show it. */
export function openCase(imageId: string, ids: readonly string[], reason: string): void {
  libraryStore.setState({ filter: { ids: [...ids] }, reason, focused: imageId, selected: new Set() });
  navigate({ view: "viewer", imageId, frame: 0 });
}
