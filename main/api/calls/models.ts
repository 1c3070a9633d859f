import { resolve } from "node:path";
import { unlocked } from "../procedures.ts";

export const modelCalls = {
  list: unlocked.models.list.handler(({ context }) => context.project.models.list()),
  get: unlocked.models.get.handler(({ input, context }) => context.project.models.get(input.id)),
  starting: unlocked.models.starting.handler(({ context }) => context.project.startingModels.list()),
  importStarting: unlocked.models.importStarting.handler(async ({ input, context: { session, jobs } }) => {
    const made = await jobs.call<"starting">({ kind: "starting", path: resolve(input.path) });
    session.publish({ type: "changed", topic: "models" });
    return made;
  }),
  evaluation: unlocked.models.evaluation.handler(({ input, context: { session, project, jobs } }) => {
    const { modelId, part } = input;
    const kept = project.models.evaluation(project.models.get(modelId).id, part);
    if (kept) return kept;
    return session.once(`evaluation ${modelId} ${part}`, () =>
      jobs.call<"evaluation">({ kind: "evaluation", modelId, part }),
    );
  }),
  compress: unlocked.models.compress.handler(({ input, context: { project, jobs } }) => {
    const { id } = project.models.get(input.modelId);
    return jobs.start({ kind: "compress", ...input }, id);
  }),
  compressionReport: unlocked.models.compressionReport.handler(({ input, context: { project } }) =>
    project.models.compressionReport(project.models.get(input.modelId).id),
  ),
  compressions: unlocked.models.compressions.handler(({ input, context: { project } }) =>
    project.models.compressionsOf(project.models.get(input.modelId).id),
  ),
  export: unlocked.models.export.handler(({ input, context: { session, project, jobs } }) => {
    const { id } = project.models.get(input.modelId);
    const folder = resolve(input.folder ?? session.host.info.homeFolder);
    return jobs.start({ kind: "export", ...input, folder }, id);
  }),
  save: unlocked.models.save.handler(({ input, context: { session, project, jobs } }) => {
    const { id: modelId } = project.models.get(input.modelId);
    const folder = resolve(input.folder ?? session.host.info.homeFolder);
    return jobs.call<"save">({ kind: "save", ...input, modelId, folder });
  }),
  card: unlocked.models.card.handler(({ input, context }) => context.project.models.card(input.modelId)),
  saveCard: unlocked.models.saveCard.handler(({ input, context: { session, project } }) => {
    const card = project.models.saveCard(input.modelId, input.card);
    session.publish({ type: "changed", topic: "models" });
    return card;
  }),
  exports: unlocked.models.exports.handler(({ context }) => context.project.exports.list()),
};
