import { resolve } from "node:path";
import { Command } from "commander";
import type { ChosenImages, PartReport } from "../../../../preload/contract/index.ts";
import { readPassphrase } from "../passphrase.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, pickSnapshot, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  member: string;
  partPassphraseFile: string;
  folder?: string;
  modality?: string;
  patient?: string;
  text?: string;
  labelled?: boolean;
  list?: string;
  snapshot?: string;
  layers?: boolean;
  deidentification: boolean;
}

export function partCommand(terminal: Terminal): Command {
  const command = new Command("part")
    .description(
      "gives some images with their labels away as an encrypted project of their own; prints its recovery key, once",
    )
    .argument("<name>", "name of the new project")
    .requiredOption("--member <name>", "who opens it")
    .requiredOption("--part-passphrase-file <file>", "the first line is the passphrase of the new project")
    .option("--folder <folder>", "where it goes; default: the home folder")
    .option("--modality <modality>", "only images of this modality")
    .option("--patient <id>", "only images of this patient")
    .option("--text <text>", "only images with this in their name or patient ID")
    .option("--labelled", "only images with a class")
    .option("--list <id>", "the images of a work list")
    .option("--snapshot <id>", "the images of a snapshot: id or its beginning, or latest")
    .option("--layers", "work lists with their reads go along")
    .option("--no-deidentification", "what was done to the images does not go along");
  return withProjectOptions(command).action((name: string, options: Options) =>
    inProject(terminal, options, async (workspace) => {
      const { client, finish } = workspace;
      const { modality, patient, text, labelled, member } = options;
      let images: ChosenImages = { by: "filter", filter: { modality, patient, text, labelled } };
      if (options.list) images = { by: "list", listId: options.list };
      if (options.snapshot)
        images = { by: "snapshot", snapshotId: (await pickSnapshot(workspace, options.snapshot)).id };
      const passphrase = await readPassphrase({ passphraseFile: options.partPassphraseFile });
      let recoveryKey = "";
      const report = (await finish(async () => {
        const given = await client.copies.give({
          images,
          name,
          member,
          passphrase,
          folder: options.folder === undefined ? undefined : resolve(options.folder),
          layers: options.layers,
          deidentification: options.deidentification,
        });
        recoveryKey = given.recoveryKey;
        return given.job;
      })) as PartReport;
      terminal.answer({ ...report, recoveryKey }, [
        `Gave ${report.images} images to ${report.path}`,
        `Recovery key: ${recoveryKey}`,
        "Print the recovery key and keep it apart from the project: it is stored nowhere.",
      ]);
    }),
  );
}
