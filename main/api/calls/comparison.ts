import { join, resolve } from "node:path";
import { unlocked } from "../procedures.ts";

export const comparisonCalls = {
  export: unlocked.comparison.export.handler(({ input, context: { session, project, jobs } }) => {
    const { format, overwrite } = input;
    const runIds = input.runIds.map((id) => project.runs.get(id).id);
    const path = join(resolve(input.folder ?? session.host.info.homeFolder), input.name ?? `${project.name} runs`);
    return jobs.start({ kind: "runs-export", runIds, format, path, overwrite }, null);
  }),
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
