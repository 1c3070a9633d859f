// Members that this machine remembers: for each project a secret that opens the member's private key, itself protected by the key store of the
// system. What lies here is of no use on another machine or to another account.
//
// The secret is random and means nothing by itself: keys.json holds the private key wrapped under it (key-slots.ts), so taking that entry out of
// keys.json ends it, and so does a new data key that the member does not get.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { storageError } from "./database.ts";
import { configFolder } from "./recent.ts";

const FILE = "remembered-keys.json";
const entrySchema = z.object({
  project: z.string(),
  path: z.string(),
  member: z.string(),
  device: z.string(),
  secret: z.base64(),
});
/** `secret`: as the system's key store gave it out, base64. */
export type RememberedKey = z.infer<typeof entrySchema>;

function read(): RememberedKey[] {
  try {
    return z.array(entrySchema).parse(JSON.parse(readFileSync(join(configFolder(), FILE), "utf8")));
  } catch {
    return []; // no file, or one that is none of ours: passphrases are asked for
  }
}

/** Throws project/disk-full, project/read-only: who wants to be remembered must hear that it did not work. */
function write(entries: readonly RememberedKey[]): void {
  const file = join(configFolder(), FILE);
  const draft = `${file}.${process.pid}.new`;
  try {
    mkdirSync(configFolder(), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(entries, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    throw storageError(error);
  }
}

export const rememberedKeys = {
  /** undefined where nobody is remembered for the project with this id. */
  get: (project: string): RememberedKey | undefined => read().find((entry) => entry.project === project),
  /** Folders of the projects that somebody is remembered for, as they were then. */
  paths: (): string[] => read().map(({ path }) => path),
  put(entry: RememberedKey): void {
    write([...read().filter(({ project }) => project !== entry.project), entry]);
  },
  remove(project: string): void {
    const entries = read();
    const others = entries.filter((entry) => entry.project !== project);
    if (others.length < entries.length) write(others);
  },
};
