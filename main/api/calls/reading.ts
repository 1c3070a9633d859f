import { activeCurveOf } from "../../labels/active-curve.ts";
import { agreementOf } from "../../labels/reading-agreement.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";
import { suggestionOf } from "../suggestion.ts";

function announced<T>(session: Session, answer: T): T {
  session.publish({ type: "changed", topic: "reading" });
  return answer;
}

export const readingCalls = {
  lists: unlocked.reading.lists.handler(({ context }) => context.project.reading.lists()),
  create: unlocked.reading.create.handler(({ input, context: { session, project } }) => {
    if (input.modelId !== null) project.models.get(input.modelId);
    const imageIds = input.filter ? project.images.ids(input.filter) : input.imageIds;
    return announced(session, project.reading.create({ ...input, imageIds }));
  }),
  remove: unlocked.reading.remove.handler(({ input, context: { session, project } }) =>
    announced(session, project.reading.remove(input.id)),
  ),
  mine: unlocked.reading.mine.handler(({ input, context }) => context.project.reading.mine(input.listId)),
  open: unlocked.reading.open.handler(async ({ input, context: { session, project, jobs } }) => {
    const opened = project.reading.open(input.readId);
    const wanted = project.reading.wantsSuggestion(input.readId);
    if (wanted !== null) project.reading.suggest(input.readId, await suggestionOf(project, jobs, wanted));
    return announced(session, wanted === null ? opened : project.reading.open(input.readId));
  }),
  commit: unlocked.reading.commit.handler(({ input, context: { session, project } }) =>
    announced(session, project.reading.commit(input.readId)),
  ),
  cases: unlocked.reading.cases.handler(({ input, context }) =>
    context.project.adjudication.cases(input.listId, input.only),
  ),
  adjudicate: unlocked.reading.adjudicate.handler(({ input, context: { session, project } }) => {
    const { listId, position, readId, classId = null } = input;
    const decided = project.adjudication.adjudicate(listId, position, { readId, classId });
    session.publish({ type: "labels", change: decided.change });
    return announced(session, decided);
  }),
  takeBack: unlocked.reading.takeBack.handler(({ input, context: { session, project } }) => {
    const taken = project.adjudication.takeBack(input.listId, input.position);
    session.publish({ type: "labels", change: taken.change });
    return announced(session, taken);
  }),
  queue: unlocked.reading.queue.handler(({ input, context: { project, jobs } }) => {
    for (const id of input.modelIds) project.models.get(id);
    return jobs.start({ kind: "queue", ...input }, null);
  }),
  activeCurve: unlocked.reading.activeCurve.handler(({ context }) => activeCurveOf(context.project.queues.rounds())),
  agreement: unlocked.reading.agreement.handler(({ input, context }) =>
    agreementOf(context.project.adjudication.answers(input.listId)),
  ),
};
