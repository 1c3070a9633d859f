import { resolve } from "node:path";
import { Command, Option } from "commander";
import {
  type ExportLoss,
  type LabelExportReport,
  type LabelFormatId,
  labelFormatIdSchema,
} from "../../../../preload/contract/index.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  format: LabelFormatId;
  folder?: string;
  modality?: string;
  patient?: string;
  text?: string;
  preview?: boolean;
}

export const formatOption = () =>
  new Option("--format <format>", "of the files").choices([...labelFormatIdSchema.options]).makeOptionMandatory();

export function labelsExportCommand(terminal: Terminal): Command {
  const command = new Command("labels-export")
    .description("writes labels to a new folder in another program's format, after saying what that loses")
    .addOption(formatOption())
    .option("--folder <folder>", "a folder that is not there yet; default: one in the home folder")
    .option("--modality <modality>", "only of images of this modality")
    .option("--patient <id>", "only of images of this patient")
    .option("--text <text>", "only of images with this in their name or patient ID")
    .option("--preview", "says what would be lost and writes nothing");
  return withProjectOptions(command).action(async (options: Options) => {
    const { format, modality, patient, text } = options;
    const selection = { format, filter: { modality, patient, text } };
    await inProject(terminal, options, async ({ client, finish }) => {
      const preview = await client.labelFiles.preview(selection);
      if (options.preview) {
        terminal.answer(preview, [
          `${preview.labels} labels of ${preview.images} images`,
          ...preview.losses.map(lossLine),
        ]);
        return;
      }
      for (const loss of preview.losses) terminal.note(lossLine(loss));
      const folder = options.folder === undefined ? undefined : resolve(options.folder);
      const report = (await finish(() => client.labelFiles.export({ ...selection, folder }))) as LabelExportReport;
      terminal.answer(report, [
        `${report.labels} labels of ${report.images} images in ${report.files} files: ${report.folder}`,
        "  Names and identifiers of the images left the project with them.",
      ]);
    });
  });
}

const lossLine = ({ code, kind, count }: ExportLoss): string =>
  `  ${count} × ${code}${kind === null ? "" : ` (${kind})`}`;
