import type { LabelChange } from "../../../preload/contract/index.ts";
import { importLabels } from "../../labels/csv.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

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
  apply: unlocked.labels.apply.handler(({ input, context }) =>
    told(context.session, context.project.labels.apply(input.edits, input.layer)),
  ),
  undo: unlocked.labels.undo.handler(({ input, context }) =>
    told(context.session, context.project.labels.undo(input.layer)),
  ),
  redo: unlocked.labels.redo.handler(({ input, context }) =>
    told(context.session, context.project.labels.redo(input.layer)),
  ),
  history: unlocked.labels.history.handler(({ input, context }) => context.project.labels.history(input.layer)),
  importCsv: unlocked.labels.importCsv.handler(({ input, context }) =>
    announced(context.session, importLabels(context.project, input.csv)),
  ),
};
