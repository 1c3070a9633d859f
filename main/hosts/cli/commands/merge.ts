import { resolve } from "node:path";
import { Command } from "commander";
import type { MergeReport } from "../../../../preload/contract/index.ts";
import { readPassphrase } from "../passphrase.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  copyPassphraseFile?: string;
}

export function mergeCommand(terminal: Terminal): Command {
  const command = new Command("merge")
    .description(
      "takes in what a copy of the project, or a part of it, says; nothing is written over, differences wait for a person",
    )
    .argument("<copy>", "the copy's folder")
    .option(
      "--copy-passphrase-file <file>",
      "the first line is a passphrase of the copy; without it the project's own key is tried",
    );
  return withProjectOptions(command).action((copy: string, options: Options) =>
    inProject(terminal, options, async ({ client, finish }) => {
      const file = options.copyPassphraseFile;
      const passphrase = file === undefined ? undefined : await readPassphrase({ passphraseFile: file });
      const report = (await finish(() => client.copies.take({ path: resolve(copy), passphrase }))) as MergeReport;
      terminal.answer(report, [
        `Took in ${report.project.name}: ${report.images} images, ${report.changes} label changes, ${report.reads} reads`,
        `  ${report.members} readers, ${report.classes} classes, ${report.questions} questions were new`,
        `  ${report.auditEntries} entries of its audit log are kept beside ours`,
        report.conflicts === 0
          ? "  Nothing was said differently."
          : `  ${report.conflicts} things were said differently: both are kept; choose in the project's health page.`,
      ]);
    }),
  );
}
