// What holds on this machine for every project: one small JSON file of the user's configuration folder.
//
// A file that cannot be read, or that says something else, counts as the defaults: settings never keep anybody from working. One that
// cannot be written is refused, because the person would believe that it holds.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, type MachineSettings, machineSettingsSchema } from "../../preload/contract/index.ts";
import { configFolder } from "./recent.ts";

const DEFAULTS: MachineSettings = { idleLockMinutes: 60 };

const settingsFile = () => join(configFolder(), "settings.json");
/** By file: a test has several. */
const known = new Map<string, MachineSettings>();

function read(file: string): MachineSettings {
  try {
    return machineSettingsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return DEFAULTS;
  }
}

export const machineSettings = {
  /** Read once by a process; another process's change holds after a restart. */
  get(): MachineSettings {
    const file = settingsFile();
    const settings = known.get(file) ?? read(file);
    known.set(file, settings);
    return settings;
  },
  /** @throws AppError project/read-only when the configuration folder cannot be written. */
  save(settings: MachineSettings): MachineSettings {
    const file = settingsFile();
    const draft = `${file}.${process.pid}.new`;
    try {
      mkdirSync(configFolder(), { recursive: true, mode: 0o700 });
      writeFileSync(draft, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
      renameSync(draft, file);
    } catch (cause) {
      throw new AppError(
        "project/read-only",
        "The setting was not kept: Loupe's configuration folder cannot be written. Ask whoever looks after this machine.",
        { cause },
      );
    }
    known.set(file, settings);
    return settings;
  },
};
