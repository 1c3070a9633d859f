import { userInfo } from "node:os";
import { resolve } from "node:path";
import { Command } from "commander";
import { type PassphraseOptions, readPassphrase } from "../passphrase.ts";
import type { Terminal } from "../terminal.ts";
import { inStudio, withPassphraseOption } from "../workspace.ts";

interface Options extends PassphraseOptions {
  folder?: string;
  member?: string;
}

export function newCommand(terminal: Terminal): Command {
  const command = new Command("new")
    .description("creates an encrypted project and prints its recovery key, once")
    .argument("<name>", "name of the project; its folder is Name.loupe")
    .option("--folder <folder>", "where the project goes; default: Loupe in the home folder")
    .option("--member <name>", "your name as the readers see it; default: your login name");
  return withPassphraseOption(command).action(async (name: string, options: Options) => {
    const passphrase = await readPassphrase(options, true);
    await inStudio(terminal, async ({ client }) => {
      const created = await client.projects.create({
        name,
        folder: options.folder === undefined ? undefined : resolve(options.folder),
        member: options.member ?? userInfo().username,
        passphrase,
      });
      terminal.answer(created, [
        `Created ${created.project.path}`,
        `Recovery key: ${created.recoveryKey}`,
        "Print the recovery key and keep it apart from the project: it is stored nowhere.",
      ]);
    });
  });
}
