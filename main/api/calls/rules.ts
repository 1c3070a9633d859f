import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

function announced<T>(session: Session, answer: T): T {
  session.publish({ type: "changed", topic: "models" });
  return answer;
}

export const ruleCalls = {
  list: unlocked.rules.list.handler(({ input, context }) => context.project.rules.list(input.modelId)),
  save: unlocked.rules.save.handler(({ input, context: { session, project } }) =>
    announced(session, project.rules.save(input.modelId, input.rule, input.id)),
  ),
  remove: unlocked.rules.remove.handler(({ input, context: { session, project } }) =>
    announced(session, project.rules.remove(input.modelId, input.id)),
  ),
  test: unlocked.rules.test.handler(async ({ input: { modelId, part }, context: { session, project, jobs } }) => {
    const { id } = project.models.get(modelId);
    const rules = project.rules.list(id).map(({ rule }) => rule);
    const report = await session.once(`rules ${id} ${part} ${JSON.stringify(rules)}`, () =>
      jobs.call<"rules-test">({ kind: "rules-test", modelId: id, part }),
    );
    return announced(session, report);
  }),
  switch: unlocked.rules.switch.handler(({ input, context: { session, project } }) =>
    announced(session, project.rules.switch(input.modelId, input.id, input.live)),
  ),
};
