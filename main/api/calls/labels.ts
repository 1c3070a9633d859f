import { importLabels } from "../../labels/csv.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

/** Labels changed: other windows ask again. The answer is already on disk. */
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
  forImage: unlocked.labels.forImage.handler(({ input, context }) => context.project.labels.forImage(input.imageId)),
  setClass: unlocked.labels.setClass.handler(({ input, context }) =>
    announced(context.session, context.project.labels.setClass(input.imageId, input.classId)),
  ),
  saveBox: unlocked.labels.saveBox.handler(({ input, context }) =>
    announced(context.session, context.project.labels.saveBox(input)),
  ),
  deleteBox: unlocked.labels.deleteBox.handler(({ input, context }) =>
    announced(context.session, context.project.labels.deleteBox(input.id)),
  ),
  undo: unlocked.labels.undo.handler(({ context }) => announced(context.session, context.project.labels.undo())),
  redo: unlocked.labels.redo.handler(({ context }) => announced(context.session, context.project.labels.redo())),
  history: unlocked.labels.history.handler(({ context }) => context.project.labels.history()),
  importCsv: unlocked.labels.importCsv.handler(({ input, context }) =>
    announced(context.session, importLabels(context.project, input.csv)),
  ),
};
