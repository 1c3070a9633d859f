import { unlocked } from "../procedures.ts";

export const comparisonCalls = {
  curves: unlocked.comparison.curves.handler(({ input, context }) =>
    context.jobs.call<"curves">({ kind: "curves", ...input }),
  ),
  models: unlocked.comparison.models.handler(({ input, context: { session, project, jobs } }) => {
    const modelIds = input.modelIds.map((id) => project.models.get(id).id);
    return session.once(`comparison ${input.part} ${modelIds.join()}`, () =>
      jobs.call<"compare">({ kind: "compare", modelIds, part: input.part }),
    );
  }),
};
