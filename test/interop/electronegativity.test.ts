// Doyensec's Electronegativity, which looks for misconfigurations of Electron programs, on the desktop host's sources, on what is built from
// them, and on the page. Fetched at one version into a folder of its own: it is large, old inside, and nothing of ours needs it.
//
// It runs without a network: its look for newer releases of Electron asks GitHub, which a build machine may not.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildParts } from "../../main/hosts/build.ts";

const TOOL = "@doyensec/electronegativity@1.10.3";
const MINUTES = 60_000;

/** What it says of ours, and why it stays. */
const EXPLAINED: Record<string, string> = {
  CSP_GLOBAL_CHECK:
    "It looks for a policy in a <meta> element or in onHeadersReceived. Ours is a header of every answer of the private scheme (page.ts), with a nonce for each; security.test.ts sees it enforced.",
  CERTIFICATE_VERIFY_PROC_JS_CHECK:
    "Asks to look at the handler: it refuses every certificate, because the page speaks to no server.",
  CERTIFICATE_ERROR_EVENT_JS_CHECK: "Asks to look at the handler: it refuses every certificate error.",
  PRELOAD_JS_CHECK:
    "Asks to look at the preload script: seven named functions, no channel that a page could name (preload/index.ts).",
};

const folder = mkdtempSync(join(tmpdir(), "loupe-electronegativity-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Finding {
  issue: string;
  where: string;
}
interface Sarif {
  ruleId: string;
  locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
}

beforeAll(async () => {
  await buildParts(["page", "desktop"], () => {});
  const install = ["install", "--prefix", join(folder, "tool"), "--ignore-scripts", "--no-audit", "--no-fund", TOOL];
  execFileSync("npm", install, { stdio: "ignore", shell: process.platform === "win32" });
  writeFileSync(
    join(folder, "offline.cjs"),
    'const dns = require("node:dns");\ndns.lookup = (_name, options, done = options) => done(Object.assign(new Error("offline"), { code: "EOFFLINE" }));\n',
  );
}, 10 * MINUTES);

function findingsIn(input: string): Finding[] {
  const out = join(folder, "findings.sarif");
  rmSync(out, { force: true });
  const program = join(folder, "tool/node_modules/@doyensec/electronegativity/dist/index.js");
  execFileSync(process.execPath, ["--require", join(folder, "offline.cjs"), program, "-i", input, "-o", out, "-r"], {
    stdio: "ignore",
  });
  const { runs } = JSON.parse(readFileSync(out, "utf8")) as { runs: { results: Sarif[] }[] };
  return runs.flatMap(({ results }) =>
    results.map(({ ruleId, locations }) => ({
      issue: ruleId,
      where: locations[0]?.physicalLocation.artifactLocation.uri ?? "",
    })),
  );
}

test(
  "it finds what it is for: a window with Node in its page",
  () => {
    const input = join(folder, "bad");
    mkdirSync(input);
    writeFileSync(
      join(input, "package.json"),
      '{ "name": "bad", "main": "main.js", "devDependencies": { "electron": "45.4.1" } }',
    );
    writeFileSync(
      join(input, "main.js"),
      'const { BrowserWindow } = require("electron");\nnew BrowserWindow({ webPreferences: { nodeIntegration: true, contextIsolation: false } });\n',
    );
    const issues = findingsIn(input).map(({ issue }) => issue);
    expect(issues).toContain("NODE_INTEGRATION_JS_CHECK");
    expect(issues).toContain("CONTEXT_ISOLATION_JS_CHECK");
  },
  5 * MINUTES,
);

test(
  "it has nothing to say of the desktop but what is explained, and every explanation is still needed",
  () => {
    const input = join(folder, "ours");
    mkdirSync(join(input, "sources"), { recursive: true });
    cpSync("package.json", join(input, "package.json"));
    for (const name of readdirSync("main/hosts").filter((file) => file.startsWith("electron"))) {
      cpSync(join("main/hosts", name), join(input, "sources", name));
    }
    cpSync("preload/index.ts", join(input, "sources/preload.ts"));
    cpSync("dist/renderer", join(input, "page"), { recursive: true });
    // As TypeScript, which JavaScript is: its reader of JavaScript gives up on classes with private members, and says nothing.
    for (const part of ["main", "preload"]) {
      for (const name of readdirSync(join("dist", part))) {
        cpSync(join("dist", part, name), join(input, `built-${part}`, `${parse(name).name}.ts`));
      }
    }
    const findings = findingsIn(input);
    expect(findings.filter(({ issue }) => EXPLAINED[issue] === undefined)).toEqual([]);
    // In the sources and in what is built from them alike: it has read both.
    const preload = findings.filter(({ issue }) => issue === "PRELOAD_JS_CHECK").map(({ where }) => where);
    expect(preload.map((where) => where.split("/").at(-2)).sort()).toEqual(["built-main", "sources"]);
    const said = new Set(findings.map(({ issue }) => issue));
    expect(Object.keys(EXPLAINED).filter((issue) => !said.has(issue))).toEqual([]);
  },
  10 * MINUTES,
);
