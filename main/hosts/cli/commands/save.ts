import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string;
  format: "onnx" | "tensorflow";
  name: string;
  folder?: string;
  overwrite?: boolean;
}

export function saveCommand(terminal: Terminal): Command {
  const command = new Command("save")
    .description("writes a model as a file that other tools open: ONNX, or TensorFlow.js layers (Keras 3 reads them)")
    .requiredOption("--name <name>", "of the file, or of the folder of a layers model")
    .addOption(new Option("--format <format>").choices(["onnx", "tensorflow"]).default("onnx"))
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .option("--folder <folder>", "where it goes; default: the home folder")
    .option("--overwrite", "replaces files that are there already");
  return withProjectOptions(command).action((options: Options) =>
    inProject(terminal, options, async (workspace) => {
      const { id } = await pickModel(workspace, options.model);
      const { format, name, overwrite } = options;
      const folder = options.folder === undefined ? undefined : resolve(options.folder);
      const file = await workspace.client.models.save({ modelId: id, format, name, folder, overwrite });
      const note = "  without the mean over mirrored copies, which layers cannot say";
      const lines = [`Wrote ${file.path} (${(file.bytes / 1e6).toFixed(1)} MB)`, "  not encrypted; no patient data"];
      terminal.answer(file, file.copies ? [...lines, note] : lines);
    }),
  );
}
