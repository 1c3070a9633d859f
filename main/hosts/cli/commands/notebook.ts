import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { NotebookReport, Part } from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string;
  part: Part;
  images?: number;
  language: "en" | "zh-CN";
  folder?: string;
  name?: string;
  overwrite: boolean;
  dryRun: boolean;
}

export function notebookCommand(terminal: Terminal): Command {
  const command = new Command("notebook")
    .description(
      "writes a model with pictures of one part as a folder that Jupyter opens and checks; says first what leaves",
    )
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .addOption(new Option("--part <part>").choices(["train", "validation", "test"]).default("test"))
    .option("--images <n>", "pictures to take along, spread over the part; default: all", wholeNumber)
    .addOption(new Option("--language <language>", "of its texts").choices(["en", "zh-CN"]).default("en"))
    .option("--folder <folder>", "where the new folder goes; default: the home folder")
    .option("--name <name>", "the new folder's name")
    .option("--overwrite", "replaces files that are there", false)
    .option("--dry-run", "only says what would leave", false);
  return withProjectOptions(command).action((options: Options) =>
    inProject(terminal, options, async (workspace) => {
      const { id: modelId } = await pickModel(workspace, options.model);
      const { part, images = null, language, name, overwrite, dryRun } = options;
      const leaving = await workspace.client.comparison.notebookLeaving({ modelId, part, images });
      const lines = [
        `${leaving.images} of ${leaving.available} pictures of the ${part} part, ${leaving.side} x ${leaving.side}, with their truth, the model and its answers; not encrypted.`,
        "  No name, number, date or tag of a patient; but a picture can show a person.",
        `  De-identified when they came in: ${leaving.deidentified}. Not looked at for burned-in text: ${leaving.textUnseen}; text suspected in ${leaving.textSuspected}.`,
      ];
      if (dryRun) return terminal.answer(leaving, lines);
      for (const line of lines) terminal.note(line);
      const folder = options.folder === undefined ? undefined : resolve(options.folder);
      const input = { modelId, part, images, language, folder, name, overwrite };
      const report = (await workspace.finish(() => workspace.client.comparison.notebook(input))) as NotebookReport;
      terminal.answer(report, [
        `Wrote ${report.path} (${(report.bytes / 1e6).toFixed(1)} MB, ${report.images} pictures)`,
        "  Open notebook.ipynb in Jupyter, or run: jupyter nbconvert --to html --execute notebook.ipynb",
      ]);
    }),
  );
}
