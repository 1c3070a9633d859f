import { unlocked } from "../procedures.ts";

export const fairnessCalls = {
  audit: unlocked.fairness.audit.handler(({ input, context: { session, project, jobs } }) => {
    const modelId = project.models.get(input.modelId).id;
    return session.once(`fairness ${JSON.stringify(input)}`, () =>
      jobs.call<"fairness">({ kind: "fairness", ...input, modelId }),
    );
  }),
};
