// Each layer is compiled with only the types it may use: graph/ without Node and DOM, renderer/ without Node.
// What was found last time is kept in node_modules/.cache, so that a second check looks only at what depends on what changed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const projects = [".", "main/graph", "renderer", "test/renderer", "test/e2e"].filter((p) =>
  existsSync(`${p}/tsconfig.json`),
);
const failed = projects.filter((project) => {
  const kept = `node_modules/.cache/types/${project === "." ? "root" : project.replaceAll("/", "-")}.tsbuildinfo`;
  const options = ["-p", project, "--incremental", "--tsBuildInfoFile", kept];
  const { status } = spawnSync(process.execPath, ["node_modules/typescript-7/bin/tsc", ...options], {
    stdio: "inherit",
  });
  return status !== 0;
});
if (failed.length > 0) console.error(`types: ${failed.join(", ")} failed`);
process.exit(failed.length > 0 ? 1 : 0);
