// Where the command line gets a passphrase: a file, LOUPE_PASSPHRASE, or a prompt that does not show it. Never an argument, which
// every user of the machine could read in the list of processes.

import { readFile } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

export interface PassphraseOptions {
  passphraseFile?: string;
}

/** @param confirm asks twice at the prompt, for a new passphrase */
export async function readPassphrase({ passphraseFile }: PassphraseOptions, confirm = false): Promise<string> {
  const fromEnvironment = process.env.LOUPE_PASSPHRASE;
  delete process.env.LOUPE_PASSPHRASE; // not for the children
  if (passphraseFile !== undefined) {
    const text = await readFile(passphraseFile, "utf8").catch(() => {
      throw new UsageError("The passphrase file cannot be read.");
    });
    return text.replace(/\r?\n[\s\S]*$/, "");
  }
  if (fromEnvironment) return fromEnvironment;
  if (!process.stdin.isTTY) {
    throw new UsageError("No passphrase: use --passphrase-file, LOUPE_PASSPHRASE, or a terminal that can ask for it.");
  }
  const passphrase = await askHidden("Passphrase: ");
  if (confirm && (await askHidden("Again: ")) !== passphrase) throw new UsageError("The two passphrases differ.");
  return passphrase;
}

function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((answered, refused) => {
    let typed = "";
    const end = (): void => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
    };
    const onData = (chunk: string): void => {
      for (const character of chunk) {
        if (character === "\r" || character === "\n" || character === "\u0004") {
          end();
          answered(typed);
          return;
        }
        if (character === "\u0003") {
          end();
          refused(new UsageError("No passphrase was given."));
          return;
        }
        if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
        else typed += character;
      }
    };
    stdin.on("data", onData);
  });
}
