// Every change of a label goes through here: shown at once, saved in order, corrected by the studio's answer.
//
// The cache of `labels.forImage` carries the hoped-for state while a change waits in the queue. Shapes have ids of the page's own
// making, and saying the same thing twice changes nothing, so a change whose answer was lost is simply sent again. Answers and
// events carry what changed, not all labels of an image: an image with thousands of shapes stays quick.
import type { QueryClient } from "@tanstack/react-query";
import type {
  AnswerValue,
  ImageLabels,
  LabelChange,
  LabelEdit,
  Question,
  ShapeInput,
  Studio,
} from "../../preload/contract/index.ts";
import type { SaveQueue } from "../state/SaveQueue.ts";
import { cachedLabels, mergeChange, withAnswer } from "./label-cache.ts";
import { keys } from "./queries.ts";

export class LabelWriter {
  private readonly studio: Studio;
  private readonly queryClient: QueryClient;
  readonly queue: SaveQueue;

  constructor(studio: Studio, queryClient: QueryClient, queue: SaveQueue) {
    this.studio = studio;
    this.queryClient = queryClient;
    this.queue = queue;
    queue.store.subscribe(({ waiting }) => queryClient.setQueryData(keys.saving, waiting));
  }

  /** Several edits are one step of undo. */
  apply(layer: string, edits: LabelEdit[]): void {
    if (edits.length === 0) return;
    const hopes = edits.map((edit) => this.hopeOf(layer, edit));
    const images = new Set(hopes.flatMap(({ images }) => images));
    for (const imageId of images) {
      // The first answer about an image is waited for: without it there is nothing to hope with.
      if (this.queryClient.getQueryData(keys.labels(imageId, layer)) === undefined) continue;
      void this.queryClient.cancelQueries({ queryKey: keys.labels(imageId, layer) });
      this.queryClient.setQueryData<ImageLabels>(
        keys.labels(imageId, layer),
        (labels) => labels && hopes.reduce((before, { hope }) => hope(before), labels),
      );
    }
    this.queue.add(async () => {
      try {
        this.learn(await this.studio.labels.apply({ layer, edits }));
      } catch (error) {
        // What was hoped for may not come true; ask what is so.
        for (const imageId of images) {
          void this.queryClient.invalidateQueries({ queryKey: keys.labels(imageId, layer) });
        }
        throw error;
      }
    });
  }

  setClass(layer: string, imageId: string, classId: string | null): void {
    this.apply(layer, [{ do: "class", imageId, classId }]);
  }

  put(layer: string, shape: ShapeInput): void {
    this.apply(layer, [{ do: "put", shape }]);
  }

  remove(layer: string, imageId: string, id: string): void {
    this.apply(layer, [{ do: "remove", imageId, id }]);
  }

  /** `value` null takes the answer back. */
  answer(layer: string, imageId: string, questionId: string, value: AnswerValue | null): void {
    this.apply(layer, [{ do: "answer", imageId, questionId, value }]);
  }

  /** Fills slices of a stack between two; what that makes is known when the studio has answered. */
  interpolate(input: Parameters<Studio["labels"]["interpolate"]>[0]): void {
    this.queue.add(async () => this.learn(await this.studio.labels.interpolate(input)));
  }

  /** `onDone` hears what was taken back, or null where there was nothing. */
  undo(layer: string, onDone: (change: LabelChange | null) => void): void {
    this.step(() => this.studio.labels.undo({ layer }), onDone);
  }

  redo(layer: string, onDone: (change: LabelChange | null) => void): void {
    this.step(() => this.studio.labels.redo({ layer }), onDone);
  }

  /** What an edit will make of labels, and of which images: an answer about a series is seen on all its slices. */
  private hopeOf(layer: string, edit: LabelEdit): { images: string[]; hope(labels: ImageLabels): ImageLabels } {
    if (edit.do !== "answer") {
      return {
        images: [edit.do === "put" ? edit.shape.imageId : edit.imageId],
        hope: (labels) => hoped(labels, edit),
      };
    }
    const { imageId, questionId, value } = edit;
    const here = this.queryClient.getQueryData<ImageLabels>(keys.labels(imageId, layer));
    const questions = this.queryClient.getQueryData<Question[]>(keys.questions);
    const level = questions?.find(({ id }) => id === questionId)?.level;
    if (!here || level === undefined) return { images: [imageId], hope: (labels) => labels };
    const subject = level === "image" ? imageId : here.subjects[level];
    const said = { questionId, level, subject, value, reader: "" };
    return {
      images: cachedLabels(this.queryClient, layer).map((labels) => labels.imageId),
      hope: (labels) => withAnswer(labels, said),
    };
  }

  private step(call: () => Promise<LabelChange | null>, onDone: (change: LabelChange | null) => void): void {
    this.queue.add(
      async () => {
        const change = await call();
        if (change) this.learn(change);
        onDone(change);
      },
      { once: true },
    );
  }

  /** An answer counts when no later change is waiting; otherwise the labels are asked for when all are through. */
  private learn(change: LabelChange): void {
    mergeChange(this.queryClient, change);
    void this.queryClient.invalidateQueries({ queryKey: keys.history(change.layer) });
  }
}

function hoped(labels: ImageLabels, edit: Exclude<LabelEdit, { do: "answer" }>): ImageLabels {
  switch (edit.do) {
    case "class":
      return edit.imageId === labels.imageId ? { ...labels, classId: edit.classId, classReader: null } : labels;
    case "put": {
      const { shape } = edit;
      if (shape.imageId !== labels.imageId) return labels;
      const known = labels.shapes.some(({ id }) => id === shape.id);
      const said = { ...shape, reader: "" };
      const shapes = known ? labels.shapes.map((old) => (old.id === shape.id ? said : old)) : [...labels.shapes, said];
      return { ...labels, shapes };
    }
    case "remove":
      return edit.imageId === labels.imageId
        ? { ...labels, shapes: labels.shapes.filter(({ id }) => id !== edit.id) }
        : labels;
  }
}
