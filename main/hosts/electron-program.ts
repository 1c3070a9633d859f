// Where Electron's program lies, if it is installed. Looks at files only: importing the package would download it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Its path, or null. `root`: the folder of our package.json. */
export function electronProgram(root: string): string | null {
  const folder = join(root, "node_modules/electron");
  const pathFile = join(folder, "path.txt");
  if (!existsSync(pathFile)) return null;
  const distribution = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, "dist");
  const program = join(distribution, readFileSync(pathFile, "utf8").trim());
  return existsSync(program) ? program : null;
}
