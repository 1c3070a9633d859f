// Runs a TypeScript entry on a Node that can: this one, or the one that came with the packages. Plain JavaScript that a Node of
// years ago reads, because its whole purpose is to say a clear sentence there.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED = [24, 2];

export async function launch(entry) {
  if (isNewEnough(process.versions.node)) {
    await import(entry.href);
    return;
  }
  const node = bundledNode();
  if (node === null) {
    console.error(
      `Loupe needs Node ${NEEDED.join(".")} or newer and this is ${process.versions.node}: install a newer Node, or run \`npm ci\` again without --omit=optional.`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C goes to the whole group; the child decides when it is done.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = signal ? 1 : (code ?? 1);
  });
}

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

function bundledNode() {
  const require = createRequire(import.meta.url);
  const platform = process.platform === "win32" ? "win" : process.platform;
  for (const name of [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]) {
    try {
      const folder = dirname(require.resolve(`${name}/package.json`));
      const binary = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
      if (existsSync(binary)) return binary;
    } catch {
      // not installed: the next name
    }
  }
  return null;
}
