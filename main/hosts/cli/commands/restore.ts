import { resolve } from "node:path";
import { Command } from "commander";
import type { CheckReport, ProjectSummary } from "../../../../preload/contract/index.ts";
import { type PassphraseOptions, readPassphrase } from "../passphrase.ts";
import type { Terminal } from "../terminal.ts";
import { inStudio, withPassphraseOption } from "../workspace.ts";

interface Options extends PassphraseOptions {
  folder?: string;
}

export function restoreCommand(terminal: Terminal): Command {
  const command = new Command("restore")
    .description("makes a project of a backup, checked in full before it appears; never over one that is there")
    .argument("<backup>", "the Name date.loupe-backup folder")
    .option("--folder <folder>", "where Name.loupe goes; default: Loupe in the home folder");
  return withPassphraseOption(command).action(async (backup: string, options: Options) => {
    const passphrase = await readPassphrase(options);
    await inStudio(terminal, async ({ client }) => {
      const folder = options.folder === undefined ? undefined : resolve(options.folder);
      const stop = new AbortController();
      const onInterrupt = () => stop.abort();
      process.once("SIGINT", onInterrupt);
      process.once("SIGTERM", onInterrupt);
      let done: { project: ProjectSummary; check: CheckReport } | undefined;
      try {
        const events = await client.upkeep.restore(
          { backup: resolve(backup), folder, passphrase },
          { signal: stop.signal },
        );
        for await (const event of events) {
          if (event.type === "progress") terminal.progress(event.progress);
          else done = event;
        }
      } finally {
        process.off("SIGINT", onInterrupt);
        process.off("SIGTERM", onInterrupt);
      }
      const { project } = done!;
      terminal.answer(done, [
        `Restored ${project.path} (${project.counts.images} images, ${project.counts.labelled} labelled)`,
        "  every page, reference and audit entry was checked",
      ]);
    });
  });
}
