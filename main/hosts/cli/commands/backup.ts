import { resolve } from "node:path";
import { Command } from "commander";
import type { BackupReport } from "../../../../preload/contract/index.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  folder?: string;
}

export function backupCommand(terminal: Terminal): Command {
  const command = new Command("backup")
    .description("copies the encrypted project while it is in use, and opens the copy to see that it is whole")
    .option("--folder <folder>", "where the backup goes, best on another disk; default: the home folder");
  return withProjectOptions(command).action((options: Options) =>
    inProject(terminal, options, async ({ client, finish }) => {
      const folder = options.folder === undefined ? undefined : resolve(options.folder);
      const report = (await finish(() => client.upkeep.backup({ folder }))) as BackupReport;
      terminal.answer(report, [
        `Backed up to ${report.path} (${(report.bytes / 1e6).toFixed(1)} MB, ${report.images} images)`,
        "  encrypted; opened and checked; the passphrases of today open it",
        `  audit entry ${report.audit.sequence}, ${report.audit.hash}`,
      ]);
    }),
  );
}
