import { resolve } from "node:path";
import { unlocked } from "../procedures.ts";

export const explanationCalls = {
  map: unlocked.explanations.map.handler(({ input, context }) =>
    context.jobs.call<"explain">({ kind: "explain", ...input }),
  ),
  check: unlocked.explanations.check.handler(({ input, context: { project, jobs } }) => {
    const { id } = project.models.get(input.modelId);
    return jobs.start({ kind: "explain-check", ...input }, id);
  }),
  nearest: unlocked.explanations.nearest.handler(({ input, context: { project, jobs } }) => {
    const { id } = project.models.get(input.modelId);
    return jobs.start({ kind: "explain-nearest", ...input }, id);
  }),
  ofFile: unlocked.explanations.ofFile.handler(({ input, context: { jobs } }) =>
    jobs.call<"explain-file">({ kind: "explain-file", ...input, path: resolve(input.path) }),
  ),
  checkOfFile: unlocked.explanations.checkOfFile.handler(({ input, context: { project, jobs } }) => {
    const { id: imageId } = project.images.get(input.imageId);
    return jobs.start({ kind: "explain-file-check", ...input, imageId, path: resolve(input.path) }, null);
  }),
  overPart: unlocked.explanations.overPart.handler(({ input, context: { project, jobs } }) => {
    const { id } = project.models.get(input.modelId);
    return jobs.start({ kind: "explain-part", ...input }, id);
  }),
  report: unlocked.explanations.report.handler(({ input, context: { project } }) =>
    project.models.explanationReport(project.models.get(input.modelId).id, input.part),
  ),
};
