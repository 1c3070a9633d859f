import { Command } from "commander";
import { buildParts } from "../../build.ts";
import { overwriteFreedMemory } from "../../process-memory.ts";
import { wholeNumber } from "../numbers.ts";
import { readServePassword } from "../passphrase.ts";
import type { Terminal } from "../terminal.ts";

interface ServeCommandOptions {
  port?: number;
  open: boolean;
  host?: string;
  name: string[];
  tlsCert?: string;
  tlsKey?: string;
  tlsSelfSigned: boolean;
  passwordFile?: string;
}

export function serveCommand(terminal: Terminal): Command {
  return new Command("serve")
    .description(
      "the studio in a browser; on this machine's loopback address only, with a link that works once, unless --host",
    )
    .option("--port <number>", "default: 7717, or any free one", wholeNumber)
    .option("--no-open", "does not open a browser")
    .option(
      "--host <address>",
      "lets other machines in: an address or name of this one, or 0.0.0.0; needs TLS, asks for a password",
    )
    .option("--name <name>", "another name that people type for this machine (repeat it)", collect, [])
    .option("--tls-cert <file>", "certificate, PEM; with --host")
    .option("--tls-key <file>", "its key, PEM; with --host")
    .option("--tls-self-signed", "a certificate made and kept here; its fingerprint is printed; with --host", false)
    .option(
      "--password-file <file>",
      "the password for signing in; default: LOUPE_SERVE_PASSWORD or a prompt; with --host",
    )
    .action(async ({ port, open, passwordFile, name: names, ...tls }: ServeCommandOptions) => {
      overwriteFreedMemory(); // before anything is asked: the program begins once more
      const { planReach } = await import("../../reach.ts");
      const note = (line: string): void => terminal.note(line);
      const reach = await planReach({ ...tls, names }, () => readServePassword(passwordFile), note);
      await buildParts(["page", "server"], note);
      const { serve } = await import("../../serve.ts");
      await serve({
        port,
        reach,
        open: open && !terminal.json,
        say: (line) => (terminal.json ? terminal.note(line) : terminal.answer(null, [line])),
        onReady: (link) => terminal.json && terminal.answer({ link }, []),
      });
    });
}

const collect = (value: string, before: string[]): string[] => [...before, value];
