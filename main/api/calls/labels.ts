import type { LabelChange } from "../../../preload/contract/index.ts";
import { importLabels } from "../../labels/csv.ts";
import { fillBetween } from "../../labels/fill-between.ts";
import { assertLayer } from "../access.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";
import { stackOf } from "../stack.ts";

/** Somebody said something: every window hears what it changed. The answer is already on disk. */
function told<Change extends LabelChange | null>(session: Session, change: Change): Change {
  if (change !== null) session.publish({ type: "labels", change });
  // Merged options, or a merge taken back: the schema and every layer may be others.
  if (change?.schema) session.publish({ type: "changed", topic: "labels" });
  return change;
}

/** Labels changed: every window asks again. The answer is already on disk. */
function announced<T>(session: Session, answer: T): T {
  session.publish({ type: "changed", topic: "labels" });
  return answer;
}

export const labelCalls = {
  classes: unlocked.labels.classes.handler(({ context }) => context.project.labels.classes()),
  saveClass: unlocked.labels.saveClass.handler(({ input, context }) =>
    announced(context.session, context.project.labels.saveClass(input)),
  ),
  deleteClass: unlocked.labels.deleteClass.handler(({ input, context }) =>
    announced(context.session, context.project.labels.deleteClass(input.id)),
  ),
  forImage: unlocked.labels.forImage.handler(({ input, context }) =>
    context.project.labels.forImage(input.imageId, input.layer),
  ),
  forImages: unlocked.labels.forImages.handler(({ input, context: { project } }) =>
    input.imageIds.map((id) => project.labels.forImage(id, input.layer)),
  ),
  apply: unlocked.labels.apply.handler(({ input, context }) => {
    assertLayer(context.session, input.layer);
    return told(context.session, context.project.labels.apply(input.edits, input.layer));
  }),
  interpolate: unlocked.labels.interpolate.handler(({ input, context: { session, project } }) => {
    const { layer, imageId, frame, of } = input;
    assertLayer(session, layer);
    const stack = stackOf(project, imageId);
    const slices = stack.slices.map((slice) => ({ ...slice, spacing: slice.geometry?.spacing ?? null }));
    const shapes = stack.images.flatMap(({ id }) => project.labels.forImage(id, layer).shapes);
    const at = slices.findIndex((slice) => slice.imageId === imageId && slice.frame === frame);
    return told(session, project.labels.apply(fillBetween(slices, shapes, at, of), layer));
  }),
  undo: unlocked.labels.undo.handler(({ input, context }) => {
    assertLayer(context.session, input.layer);
    return told(context.session, context.project.labels.undo(input.layer));
  }),
  redo: unlocked.labels.redo.handler(({ input, context }) => {
    assertLayer(context.session, input.layer);
    return told(context.session, context.project.labels.redo(input.layer));
  }),
  history: unlocked.labels.history.handler(({ input, context }) => context.project.labels.history(input.layer)),
  importCsv: unlocked.labels.importCsv.handler(({ input, context }) =>
    announced(context.session, importLabels(context.project, input.csv)),
  ),
};
