import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

/** The schema changed, and with it perhaps labels: every window asks again. The answer is already on disk. */
function announced<T>(session: Session, answer: T): T {
  session.publish({ type: "changed", topic: "labels" });
  return answer;
}

export const schemaCalls = {
  questions: unlocked.schema.questions.handler(({ context }) => context.project.questions.list()),
  saveQuestion: unlocked.schema.saveQuestion.handler(({ input, context }) =>
    announced(context.session, context.project.questions.save(input)),
  ),
  deleteQuestion: unlocked.schema.deleteQuestion.handler(({ input, context }) =>
    announced(context.session, context.project.questions.delete(input.id)),
  ),
  orderQuestions: unlocked.schema.orderQuestions.handler(({ input, context }) =>
    announced(context.session, context.project.questions.order(input.ids)),
  ),
  usage: unlocked.schema.usage.handler(({ input, context }) => context.project.questions.usage(input.questionId)),
  previewKind: unlocked.schema.previewKind.handler(({ input, context }) =>
    context.project.questions.previewKind(input.questionId, input.kind),
  ),
  changeKind: unlocked.schema.changeKind.handler(({ input, context }) =>
    announced(context.session, context.project.questions.changeKind(input.questionId, input.kind)),
  ),
  mergeOptions: unlocked.schema.mergeOptions.handler(({ input, context }) =>
    announced(context.session, {
      rewritten: context.project.questions.mergeOptions(input.questionId, input.from, input.into),
    }),
  ),
  typed: unlocked.schema.typed.handler(({ input, context }) => context.project.questions.typed(input.questionId)),
  attributes: unlocked.schema.attributes.handler(({ context }) => context.project.attributes.list()),
  saveAttributes: unlocked.schema.saveAttributes.handler(({ input, context }) =>
    announced(context.session, context.project.attributes.save(input.classId, input.attributes)),
  ),
  attributeUsage: unlocked.schema.attributeUsage.handler(({ input, context }) =>
    context.project.attributes.usage(input.classId),
  ),
  previewAttributeKind: unlocked.schema.previewAttributeKind.handler(({ input, context }) =>
    context.project.attributes.previewKind(input.classId, input.attributeId, input.kind),
  ),
  changeAttributeKind: unlocked.schema.changeAttributeKind.handler(({ input, context }) =>
    announced(context.session, context.project.attributes.changeKind(input.classId, input.attributeId, input.kind)),
  ),
  mergeChoices: unlocked.schema.mergeChoices.handler(({ input, context }) => {
    const { classId, attributeId, from, into } = input;
    return announced(context.session, {
      rewritten: context.project.attributes.mergeChoices(classId, attributeId, from, into),
    });
  }),
};
