import { unlocked } from "../procedures.ts";

export const fairnessCalls = {
  balance: unlocked.fairness.balance.handler(({ input, context: { session, project, jobs } }) => {
    const snapshotId = project.snapshots.get(input.snapshotId).id;
    return session.once(`balance ${JSON.stringify(input)}`, () =>
      jobs.call<"balance">({ kind: "balance", ...input, snapshotId }),
    );
  }),
  audit: unlocked.fairness.audit.handler(({ input, context: { session, project, jobs } }) => {
    const modelId = project.models.get(input.modelId).id;
    return session.once(`fairness ${JSON.stringify(input)}`, () =>
      jobs.call<"fairness">({ kind: "fairness", ...input, modelId }),
    );
  }),
};
