import type { Read } from "../../../preload/contract/index.ts";
import { navigate } from "../../state/route.ts";

/** Opens a read in the viewer. */
export function openRead({ listId, id, imageId }: Read, options?: { replace?: boolean }): void {
  navigate({ view: "viewer", imageId, frame: 0, read: { listId, readId: id } }, options);
}

/** The first read from a place on that is not done yet, then from the beginning; null when all are. */
export function nextRead(reads: readonly Read[], after = -1): Read | null {
  const open = reads.filter(({ state }) => state !== "done");
  return open.find(({ position }) => position > after) ?? open[0] ?? null;
}
