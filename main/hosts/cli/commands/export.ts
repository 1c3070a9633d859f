import { resolve } from "node:path";
import { Command } from "commander";
import type { ExportReport } from "../../../../preload/contract/index.ts";
import { buildParts } from "../../build.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string;
  name: string;
  folder?: string;
  overwrite?: boolean;
}

export function exportCommand(terminal: Terminal): Command {
  const command = new Command("export")
    .description("writes a model as an OCI image archive that podman and docker load")
    .requiredOption("--name <name>", "of the image: lower-case letters, digits, dots and hyphens")
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .option("--folder <folder>", "where the archive goes; default: the home folder")
    .option("--overwrite", "replaces an archive that is there already");
  return withProjectOptions(command).action(async (options: Options) => {
    await buildParts(["server"], (line) => terminal.note(line));
    await inProject(terminal, options, async (workspace) => {
      const { id } = await pickModel(workspace, options.model);
      const report = (await workspace.finish(() =>
        workspace.client.models.export({
          modelId: id,
          name: options.name,
          folder: options.folder === undefined ? undefined : resolve(options.folder),
          overwrite: options.overwrite,
        }),
      )) as ExportReport;
      terminal.answer(report, describeExport(report));
    });
  });
}

export function describeExport({ path, bytes, reference, platform, digest, commands }: ExportReport): string[] {
  return [
    `Wrote ${path} (${(bytes / 1e6).toFixed(0)} MB)`,
    `  ${reference}, ${platform}, ${digest}`,
    ...commands.map((command) => `  ${command}`),
  ];
}
