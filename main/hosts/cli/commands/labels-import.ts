import { resolve } from "node:path";
import { Command } from "commander";
import type { LabelFileReport, LabelFormatId } from "../../../../preload/contract/index.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";
import { formatOption } from "./labels-export.ts";

interface Options extends ProjectOptions {
  format: LabelFormatId;
}

export function labelsImportCommand(terminal: Terminal): Command {
  const command = new Command("labels-import")
    .description("reads labels from a file or folder of another program's format: all of it or nothing")
    .argument("<path>", "a file, or a folder with everything below it")
    .addOption(formatOption());
  return withProjectOptions(command).action(async (path: string, options: Options) => {
    await inProject(terminal, options, async ({ client, finish }) => {
      const report = (await finish(() =>
        client.labelFiles.import({ format: options.format, path: resolve(path) }),
      )) as LabelFileReport;
      const { labelled, shapes, newClasses, unmatched, refused } = report;
      terminal.answer(report, [
        `${shapes} shapes, ${labelled} image labels, ${newClasses.length} new classes`,
        ...unmatched.map((name) => `  no image: ${name}`),
        ...refused.map(({ file, reason, count }) => `  ${file}: ${count} × ${reason}`),
      ]);
    });
  });
}
