import { join, resolve } from "node:path";
import { listFormats } from "../../labels/formats/index.ts";
import { fileName } from "../../project/index.ts";
import { unlocked } from "../procedures.ts";

export const labelFileCalls = {
  formats: unlocked.labelFiles.formats.handler(() => listFormats()),
  preview: unlocked.labelFiles.preview.handler(({ input, context }) =>
    context.jobs.call<"labels-preview">({ kind: "labels-preview", ...input }),
  ),
  export: unlocked.labelFiles.export.handler(({ input, context: { session, project, jobs } }) => {
    const folder = resolve(
      input.folder ?? join(session.host.info.homeFolder, `${fileName(project.name)} ${input.format}`),
    );
    return jobs.start({ kind: "labels-export", ...input, folder }, null);
  }),
  import: unlocked.labelFiles.import.handler(({ input, context }) =>
    context.jobs.start({ kind: "labels-import", ...input, path: resolve(input.path) }, null),
  ),
};
