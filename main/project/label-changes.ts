// One change of one thing that has a state (an image's class, a shape, an answer), as the log keeps it, and what a step touched.

import type { AnswerValue, LabelChange, Shape } from "../../preload/contract/index.ts";
import { canonicalJson } from "./canonical-json.ts";

/** schema: said again in other words, because the schema changed. */
export type Cause = "edit" | "undo" | "redo" | "import" | "schema";

export interface ClassState {
  readonly classId: string;
  readonly reader: string;
}
export type ShapeState = Omit<Shape, "imageId"> & {
  /** number of the change that drew it: shapes keep this order whatever happens to them */
  readonly drawn: number;
};
export interface AnswerState {
  readonly questionId: string;
  /** image id, series instance UID or patient ID */
  readonly subject: string;
  readonly value: AnswerValue;
  readonly reader: string;
}

/** `image`: number of the image that it was said at; the answer may be about its series or patient. */
export type Change = { readonly image: number; readonly layer: string } & (
  | { readonly kind: "class"; readonly before: ClassState | null; readonly after: ClassState | null }
  | {
      readonly kind: "shape";
      readonly id: string;
      readonly before: ShapeState | null;
      readonly after: ShapeState | null;
    }
  | {
      readonly kind: "answer";
      readonly questionId: string;
      readonly subject: string;
      readonly before: AnswerState | null;
      readonly after: AnswerState | null;
    }
);

/** A row of the log; states as text. */
export interface ChangeRow {
  readonly image: number;
  readonly layer: string;
  readonly kind: Change["kind"];
  readonly target: string;
  readonly before: string | null;
  readonly after: string | null;
}

const SHAPE_TARGET = "shape ";
/** Beginning of the targets of all answers to a question: ids have no space, so nothing else begins so. */
export const answerTargets = (questionId: string) => `answer ${questionId} `;

export function targetOf(change: Change): string {
  switch (change.kind) {
    case "shape":
      return SHAPE_TARGET + change.id;
    case "class":
      return `class ${change.image} ${change.layer}`.trimEnd();
    case "answer":
      return `${answerTargets(change.questionId)}${change.layer} ${change.subject}`;
  }
}

export const textOf = (state: ClassState | ShapeState | AnswerState | null): string | null =>
  state === null ? null : canonicalJson({ ...state });

/** The change that a row of the log says; `back`: the one that takes it back. */
export function changeFrom({ image, layer, kind, target, ...texts }: ChangeRow, back: boolean): Change {
  const [was, is] = [texts.before, texts.after].map((text) => (text === null ? null : JSON.parse(text)));
  const [before, after] = back ? [is, was] : [was, is];
  if (kind === "class") return { kind, image, layer, before, after };
  if (kind === "shape") return { kind, image, layer, id: target.slice(SHAPE_TARGET.length), before, after };
  const { questionId, subject } = (before ?? after) as AnswerState;
  return { kind, image, layer, questionId, subject, before, after };
}

/** What a step touched, each thing once. */
export class Changed {
  readonly layer: string;
  readonly classes = new Set<number>();
  /** id → image */
  readonly shapes = new Map<string, number>();
  /** target → the last change of it */
  readonly answers = new Map<string, Extract<Change, { kind: "answer" }>>();
  readonly images = new Set<number>();
  /** options were merged or a merge was taken back: other layers may have changed too */
  schema = false;
  first = 0;
  frame = 0;

  constructor(layer: string) {
    this.layer = layer;
  }

  add(change: Change): void {
    if (this.images.size === 0) {
      this.first = change.image;
      if (change.kind === "shape") this.frame = (change.after ?? change.before)?.frame ?? 0;
    }
    this.images.add(change.image);
    if (change.kind === "shape") this.shapes.set(change.id, change.image);
    else if (change.kind === "answer") this.answers.set(targetOf(change), change);
    else this.classes.add(change.image);
  }

  /** For the audit: how much. What was there before and after is in the lines of the log that the entry covers. */
  summary(): { classes: number; shapes: number; answers: number; images: number } {
    const { classes, shapes, answers, images } = this;
    return { classes: classes.size, shapes: shapes.size, answers: answers.size, images: images.size };
  }

  /** The parts of a LabelChange that need no question to the database. */
  about(): Pick<LabelChange, "frame" | "layer" | "schema"> {
    return { frame: this.frame, layer: this.layer, schema: this.schema };
  }
}
