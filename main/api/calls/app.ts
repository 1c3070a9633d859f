import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AppError, type Outputs } from "../../../preload/contract/index.ts";
import { machineSettings } from "../../project/index.ts";
import { open, unlocked } from "../procedures.ts";

type FolderListing = Outputs["app"]["browse"];

export const appCalls = {
  info: open.app.info.handler(({ context }) => context.session.host.info),
  browse: open.app.browse.handler(({ input, context }) =>
    listFolder(input.path ?? context.session.host.info.homeFolder),
  ),
  settings: open.app.settings.handler(() => machineSettings.get()),
  saveSettings: unlocked.app.saveSettings.handler(({ input, context: { session, project } }) => {
    const before = machineSettings.get();
    // In the log before it holds: a project that can note nothing changes nothing.
    const after = project.transaction(() => {
      project.audit.record("settings/save", "", { before, after: input });
      return machineSettings.save(input);
    });
    session.touch();
    return after;
  }),
  events: open.app.events.handler(async ({ context, signal }) => context.session.events.subscribe(signal)),
};

/** Folders first, hidden entries left out. A project is a folder `Name.loupe` that is opened, not entered. */
async function listFolder(wanted: string): Promise<FolderListing> {
  const path = resolve(wanted);
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw new AppError("app/not-found", "This folder does not exist or may not be read.", { cause: error });
  }
  const entries: FolderListing["entries"] = [];
  for (const name of names.filter((name) => !name.startsWith("."))) {
    const entry = join(path, name);
    const facts = await stat(entry).catch(() => null);
    if (facts?.isDirectory()) entries.push({ name, path: entry, kind: name.endsWith(".loupe") ? "project" : "folder" });
    else if (facts?.isFile()) entries.push({ name, path: entry, kind: "file" });
  }
  const order = { folder: 0, project: 1, file: 2 };
  entries.sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name, undefined, { numeric: true }));
  const parent = dirname(path);
  return { path, parent: parent === path ? null : parent, entries };
}
