import { Command } from "commander";
import { buildParts } from "../../build.ts";
import { wholeNumber } from "../numbers.ts";
import type { Terminal } from "../terminal.ts";

export function serveCommand(terminal: Terminal): Command {
  return new Command("serve")
    .description("the studio in a browser, on this machine's loopback address only; prints a link that works once")
    .option("--port <number>", "default: 7717, or any free one", wholeNumber)
    .option("--no-open", "does not open a browser")
    .action(async ({ port, open }: { port?: number; open: boolean }) => {
      await buildParts(["page", "server"], (line) => terminal.note(line));
      const { serve } = await import("../../serve.ts");
      await serve({
        port,
        open: open && !terminal.json,
        say: (line) => (terminal.json ? terminal.note(line) : terminal.answer(null, [line])),
        onReady: (link) => terminal.json && terminal.answer({ link }, []),
      });
    });
}
