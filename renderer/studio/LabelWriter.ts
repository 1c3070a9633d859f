// Every change of a label goes through here: shown at once, saved in order, corrected by the studio's answer.
//
// The cache of `labels.forImage` carries the hoped-for state while a change waits in the queue; the answer of the last waiting
// change replaces it. A box drawn just now has an id of the page's own (`new:…`) until the studio has named it; later changes
// of the same box find the studio's id through `named`.
import type { QueryClient } from "@tanstack/react-query";
import type { Box, ImageLabels, LabelChange, Studio } from "../../preload/contract/index.ts";
import type { SaveQueue } from "../state/SaveQueue.ts";
import { keys } from "./queries.ts";

/** A box as the page draws it: without an id it is new. */
export type BoxDraft = Omit<Box, "id" | "reader"> & { id?: string };

export class LabelWriter {
  private readonly studio: Studio;
  private readonly queryClient: QueryClient;
  readonly queue: SaveQueue;
  private readonly named = new Map<string, string>();
  private newBoxes = 0;

  constructor(studio: Studio, queryClient: QueryClient, queue: SaveQueue) {
    this.studio = studio;
    this.queryClient = queryClient;
    this.queue = queue;
  }

  setClass(imageId: string, classId: string | null): void {
    this.hope(imageId, (labels) => ({ ...labels, classId, classReader: null }));
    this.change(imageId, () => this.studio.labels.setClass({ imageId, classId }));
  }

  /** Returns the id by which the page knows the box from now on. */
  saveBox(draft: BoxDraft): string {
    const id = draft.id ?? `new:${++this.newBoxes}`;
    const { imageId } = draft;
    this.hope(imageId, (labels) => ({
      ...labels,
      boxes: draft.id
        ? labels.boxes.map((box) => (this.isSame(box.id, id) ? { ...box, ...draft, id: box.id } : box))
        : [...labels.boxes, { ...draft, id, reader: "" }],
    }));
    let before: string[] | null = null;
    this.change(imageId, async () => {
      const { id: _, ...geometry } = draft;
      const known = this.studioId(id);
      if (known) return this.studio.labels.saveBox({ ...geometry, id: known });
      const now = await this.studio.labels.forImage({ imageId });
      // A second try: the first may have arrived although its answer did not.
      const arrived = before && now.boxes.find((box) => !before?.includes(box.id) && isAt(box, draft));
      before ??= now.boxes.map((box) => box.id);
      const labels = arrived ? now : await this.studio.labels.saveBox(geometry);
      const added = arrived ?? labels.boxes.find((box) => !before?.includes(box.id));
      if (added) this.named.set(id, added.id);
      return labels;
    });
    return id;
  }

  deleteBox(imageId: string, id: string): void {
    this.hope(imageId, (labels) => ({ ...labels, boxes: labels.boxes.filter((box) => !this.isSame(box.id, id)) }));
    this.change(imageId, async () => {
      const known = this.studioId(id);
      // Its creation was refused, so there is nothing to delete.
      if (!known) return this.studio.labels.forImage({ imageId });
      return this.studio.labels.deleteBox({ id: known });
    });
  }

  /** `onDone` hears what was taken back, or null where there was nothing. */
  undo(onDone: (change: LabelChange | null) => void): void {
    this.step(() => this.studio.labels.undo(), onDone);
  }

  redo(onDone: (change: LabelChange | null) => void): void {
    this.step(() => this.studio.labels.redo(), onDone);
  }

  /** True when both ids mean one box, before or after the studio named it. */
  isSame(a: string, b: string): boolean {
    return (this.studioId(a) ?? a) === (this.studioId(b) ?? b);
  }

  private studioId(id: string): string | undefined {
    return id.startsWith("new:") ? this.named.get(id) : id;
  }

  private step(call: () => Promise<LabelChange | null>, onDone: (change: LabelChange | null) => void): void {
    this.queue.add(
      async () => {
        const change = await call();
        if (change) this.learn(change.imageId, change.labels);
        onDone(change);
      },
      { once: true },
    );
  }

  private change(imageId: string, call: () => Promise<ImageLabels>): void {
    this.queue.add(async () => {
      try {
        this.learn(imageId, await call());
      } catch (error) {
        // What was hoped for may not come true; ask what is so.
        void this.queryClient.invalidateQueries({ queryKey: keys.labels(imageId) });
        throw error;
      }
    });
  }

  private hope(imageId: string, update: (labels: ImageLabels) => ImageLabels): void {
    void this.queryClient.cancelQueries({ queryKey: keys.labels(imageId) });
    this.queryClient.setQueryData<ImageLabels>(keys.labels(imageId), (labels) => labels && update(labels));
  }

  /** An answer counts when no later change is waiting; otherwise that one's answer will say more. */
  private learn(imageId: string, labels: ImageLabels): void {
    if (this.queue.store.getState().waiting > 1) return;
    this.queryClient.setQueryData(keys.labels(imageId), labels);
    void this.queryClient.invalidateQueries({ queryKey: keys.history });
  }
}

const isAt = (box: Box, draft: BoxDraft): boolean =>
  box.x === draft.x && box.y === draft.y && box.width === draft.width && box.height === draft.height;
