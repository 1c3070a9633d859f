import { join, resolve } from "node:path";
import { fileName } from "../../project/index.ts";
import { unlocked } from "../procedures.ts";

export const comparisonCalls = {
  notebookLeaving: unlocked.comparison.notebookLeaving.handler(({ input, context: { project, jobs } }) => {
    project.models.get(input.modelId);
    return jobs.call<"notebook-leaving">({ kind: "notebook-leaving", ...input });
  }),
  notebook: unlocked.comparison.notebook.handler(({ input, context: { session, project, jobs } }) => {
    const { folder, name, ...data } = input;
    const model = project.models.get(input.modelId);
    const path = join(resolve(folder ?? session.host.info.homeFolder), name ?? `${fileName(model.name)} notebook`);
    return jobs.start({ kind: "notebook", ...data, path }, model.id);
  }),
  export: unlocked.comparison.export.handler(({ input, context: { session, project, jobs } }) => {
    const { format, overwrite } = input;
    const runIds = input.runIds.map((id) => project.runs.get(id).id);
    const path = join(resolve(input.folder ?? session.host.info.homeFolder), input.name ?? `${project.name} runs`);
    return jobs.start({ kind: "runs-export", runIds, format, path, overwrite }, null);
  }),
  reportPage: unlocked.comparison.reportPage.handler(({ input, context: { session, project, jobs } }) => {
    const modelIds = input.modelIds.map((id) => project.models.get(id).id);
    const { version } = session.host.info;
    return jobs.call<"report-page">({ kind: "report-page", ...input, modelIds, version });
  }),
  report: unlocked.comparison.report.handler(({ input, context: { session, project, jobs } }) => {
    const { folder, name, ...data } = input;
    const models = input.modelIds.map((id) => project.models.get(id));
    const { version, homeFolder } = session.host.info;
    const usual = models.length === 1 ? `${models[0]!.name} report` : `${project.name} comparison`;
    const path = join(resolve(folder ?? homeFolder), `${name ?? fileName(usual)}.${data.format}`);
    return jobs.start({ kind: "report", ...data, path, version }, models.length === 1 ? models[0]!.id : null);
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
