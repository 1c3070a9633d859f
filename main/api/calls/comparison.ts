import { unlocked } from "../procedures.ts";

export const comparisonCalls = {
  models: unlocked.comparison.models.handler(({ input, context: { session, project, jobs } }) => {
    const modelIds = input.modelIds.map((id) => project.models.get(id).id);
    return session.once(`comparison ${input.part} ${modelIds.join()}`, () =>
      jobs.call<"compare">({ kind: "compare", modelIds, part: input.part }),
    );
  }),
};
