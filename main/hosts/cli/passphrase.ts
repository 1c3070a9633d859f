// Where the command line gets a passphrase or password: a file, the environment, or a prompt that does not show it. Never an argument,
// which every user of the machine could read in the list of processes.

import { readFile } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

export interface PassphraseOptions {
  passphraseFile?: string;
}

/** @param confirm asks twice at the prompt, for a new passphrase */
export function readPassphrase({ passphraseFile }: PassphraseOptions, confirm = false): Promise<string> {
  return readSecret(
    { word: "passphrase", option: "--passphrase-file", variable: "LOUPE_PASSPHRASE" },
    passphraseFile,
    confirm,
  );
}

/** The password with which browsers on other machines will sign in. */
export function readServePassword(file: string | undefined): Promise<string> {
  return readSecret({ word: "password", option: "--password-file", variable: "LOUPE_SERVE_PASSWORD" }, file, true);
}

async function readSecret(
  { word, option, variable }: { word: string; option: string; variable: string },
  file: string | undefined,
  confirm: boolean,
): Promise<string> {
  const fromEnvironment = process.env[variable];
  delete process.env[variable]; // not for the children
  if (file !== undefined) {
    const text = await readFile(file, "utf8").catch(() => {
      throw new UsageError(`The ${word} file cannot be read.`);
    });
    return text.replace(/\r?\n[\s\S]*$/, "");
  }
  if (fromEnvironment) return fromEnvironment;
  if (!process.stdin.isTTY) {
    throw new UsageError(`No ${word}: use ${option}, ${variable}, or a terminal that can ask for it.`);
  }
  const secret = await askHidden(`${word[0]!.toUpperCase()}${word.slice(1)}: `);
  if (confirm && (await askHidden("Again: ")) !== secret) throw new UsageError(`The two ${word}s differ.`);
  return secret;
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
          refused(new UsageError("Nothing was given."));
          return;
        }
        if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
        else typed += character;
      }
    };
    stdin.on("data", onData);
  });
}
