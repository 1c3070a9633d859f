import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { AppError } from "../../../preload/contract/index.ts";
import { unlocked } from "../procedures.ts";
import { stackOf } from "../stack.ts";

export const imageCalls = {
  importPath: unlocked.images.importPath.handler(async ({ input, context }) => {
    const path = resolve(input.path);
    await access(path).catch((error: unknown) => {
      throw new AppError("app/not-found", "This file or folder does not exist or may not be read.", { cause: error });
    });
    return context.jobs.start({ kind: "import", path, labels: input.labels, deidentify: input.deidentify }, null);
  }),
  importSample: unlocked.images.importSample.handler(({ input, context }) =>
    context.jobs.start({ kind: "sample", ...input }, null),
  ),
  importFile: unlocked.images.importFile.handler(async ({ input, context }) => {
    const bytes = new Uint8Array(await input.bytes.arrayBuffer());
    const report = await context.jobs.call<"import-file">({ kind: "import-file", ...input, bytes });
    for (const topic of ["images", "labels", "project"] as const) context.session.publish({ type: "changed", topic });
    return report;
  }),
  list: unlocked.images.list.handler(({ input, context }) =>
    context.project.images.list(input.filter, input.sort, input.offset, input.limit),
  ),
  facets: unlocked.images.facets.handler(({ context }) => context.project.images.facets()),
  get: unlocked.images.get.handler(({ input, context }) => context.project.images.get(input.id)),
  deidentification: unlocked.images.deidentification.handler(({ input, context }) =>
    context.project.deidentification.of(input.id),
  ),
  lookForText: unlocked.images.lookForText.handler(({ input, context }) =>
    context.jobs.start({ kind: "text-look", filter: input.filter }, null),
  ),
  reviewText: unlocked.images.reviewText.handler(async ({ input, context }) => {
    const { id: imageId, regions } = input;
    const known = await context.jobs.call<"text-review">({ kind: "text-review", imageId, regions });
    context.session.publish({ type: "changed", topic: "images" });
    return known;
  }),
  stack: unlocked.images.stack.handler(({ input, context }) => stackOf(context.project, input.id)),
  recordExport: unlocked.images.recordExport.handler(({ input, context: { project } }) => {
    const { id } = project.images.get(input.id);
    project.audit.record("image/export", id, { form: input.form });
  }),
};
