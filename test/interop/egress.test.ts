// Nothing leaves: the main job from an empty machine to an exported container, in a network namespace that has loopback only.
//
// There nothing could leave; what is tested is that nothing tries. Every socket of every process of the studio and of the browser is written
// down by strace, every request and look-up of every page and worker by the browser's net log (egress/journey.ts), all of it listed in
// the artefact egress.json. Then, without running anything: no address of a foreign host is written in what we build, but those explained here.
//
// Wants Linux, root (for the namespace), strace and iproute2. PACS archives and nodes are addresses that a person enters: not part of this job.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildParts } from "../../main/hosts/build.ts";
import { gatherLicences } from "../../main/hosts/licences.ts";
import { type Contact, readTrace } from "./egress/sockets.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MINUTES = 60_000;
const STRANGER = "192.0.2.77";

/** Why a process of the studio may speak to an address that is not loopback TCP. */
const STUDIO_MAY: Record<string, string> = {
  netlink: "asks the kernel which addresses this machine has, for the page of our own DICOM node",
  "unix /var/run/nscd/socket":
    "the C library asks whether a cache of user names runs here (home folder); there is none",
};
/** Why a process of the browser may. */
const BROWSER_MAY: Record<string, string> = {
  netlink: "asks the kernel which addresses this machine has",
  "unix /var/run/nscd/socket": "the C library asks whether a cache of user names runs here",
  // net/dns/host_resolver_manager.cc: the socket is connected, which chooses a route, and closed; no packet is sent.
  "inet6 [2001:4860:4860::8888]:443":
    "Chromium looks whether there is a route for IPv6; a UDP socket that sends nothing",
};

/** Hosts that are written in what we build, and why nobody is asked. */
const WRITTEN: Record<string, string> = {
  "www.w3.org": "namespaces of SVG, XML and XLink",
  "json-schema.org": "names of dialects of JSON Schema",
  "127.0.0.1": "the browser host's own address; the container's check of its own health",
  localhost: "the base that a path is read against",
  "archive.example": "what an empty field for an archive's address shows",
  "react.dev": "where an error of React in the console is explained",
  "react.i18next.com": "the same, of react-i18next",
  "mantine.dev": "the same, of Mantine",
  "github.com": "the same, of several libraries; package.json of one",
  "www.kitware.com": "licence of vtk.js",
  "kitware.github.io": "comments in shaders of vtk.js",
  "learnopengl.com": "comments in shaders of vtk.js",
  "mimosa-pudica.net": "comments in shaders of vtk.js",
  "karthikkaranth.me": "comments in shaders of vtk.js",
  "quantome.org": "an example in dcmjs that nothing calls, and that the page's policy would stop",
  "arxiv.org": "comments of ours",
  "doi.org": "comments of ours",
  "man7.org": "comments of ours",
  "www.sqlite.org": "comments of ours",
};

const missing = await whatIsMissing();

async function whatIsMissing(): Promise<string> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "wants Linux and root";
  const commands = [
    ["unshare", "--net", "ip", "link", "set", "lo", "up"],
    ["strace", "--version"],
  ];
  for (const [command, ...args] of commands) {
    try {
      await run(command!, args);
    } catch {
      return `wants ${command}`;
    }
  }
  return "";
}

/** Runs `node ...args` where there is loopback and nothing else. */
function inNamespace(args: readonly string[], through: readonly string[] = []) {
  const command = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...through, process.execPath, ...args];
  return run("unshare", ["--net", ...command], { cwd: ROOT, maxBuffer: 2 ** 26 });
}

interface NetLog {
  constants: { logEventTypes: Record<string, number> };
  events: { type: number; params?: Record<string, unknown> }[];
}

describe.skipIf(missing !== "")(`the main job with loopback only${missing && ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let studio: Contact[];
  let browser: Contact[];
  let netLog: { what: string; params: Record<string, unknown> }[];
  let page: { origin: string; requests: { url: string; method: string; type: string }[] };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "loupe-egress-"));
    await buildParts(["page", "server"], () => {});
    await inNamespace(["test/interop/egress/journey.ts", folder]).catch((error: Error & { stderr?: string }) => {
      throw new Error(`the job did not come to its end:\n${error.stderr ?? error.message}`);
    });
    studio = readTrace(readFileSync(join(folder, "studio.strace"), "utf8"));
    browser = readTrace(readFileSync(join(folder, "browser.strace"), "utf8"));
    page = JSON.parse(readFileSync(join(folder, "requests.json"), "utf8"));
    const log: NetLog = JSON.parse(readFileSync(join(folder, "netlog.json"), "utf8"));
    const names = new Map(Object.entries(log.constants.logEventTypes).map(([name, number]) => [number, name]));
    netLog = log.events.map(({ type, params }) => ({ what: names.get(type) ?? String(type), params: params ?? {} }));
    keepArtefact();
  }, 20 * MINUTES);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Every request and every socket, for whoever reviews this. The one-time token is not part of it. */
  function keepArtefact(): void {
    if (!process.env.LOUPE_ARTEFACTS) return;
    mkdirSync(process.env.LOUPE_ARTEFACTS, { recursive: true });
    const requests = page.requests.map(({ url, ...rest }) => ({
      ...rest,
      url: url.replace(/\/enter\/.*/, "/enter/…"),
    }));
    const logged = [...new Set(netLog.map(({ what, params }) => `${what} ${whom(params) ?? ""}`))].filter(
      (line) => !line.endsWith(" "),
    );
    const list = { studio, browser, origin: page.origin, requests, netLog: logged };
    const text = JSON.stringify(list, null, 1).replaceAll(/\/enter\/[\w-]+/g, "/enter/…");
    writeFileSync(join(process.env.LOUPE_ARTEFACTS, "egress.json"), text);
  }

  /** Where an event of the net log points at, if anywhere. */
  const whom = ({ url, host, address }: Record<string, unknown>): string | null => {
    const found = url ?? host ?? address;
    return typeof found === "string" ? found : null;
  };

  const strange = (contacts: readonly Contact[], may: Record<string, string>) =>
    contacts.filter(({ family, isLoopback, address }) => {
      const explained = Object.hasOwn(may, address) || address === "unix (unnamed)";
      return !explained && !(isLoopback && (family === "inet" || family === "inet6"));
    });

  test("the studio and its children listen on loopback, call nobody, and ask no name server", () => {
    expect(studio.some(({ call, address }) => call === "bind" && address.startsWith("inet 127.0.0.1:"))).toBe(true);
    expect(strange(studio, STUDIO_MAY)).toEqual([]);
    expect(studio.filter(({ call, family }) => call !== "bind" && family.startsWith("inet"))).toEqual([]);
  });

  test("every request of every page and worker goes to the studio", () => {
    expect(page.requests.length).toBeGreaterThan(100);
    const ours = (url: string) =>
      [`${page.origin}/`, `blob:${page.origin}/`].some((start) => url.startsWith(start)) || url.startsWith("data:");
    expect(page.requests.map(({ url }) => url).filter((url) => !ours(url) && !url.includes(STRANGER))).toEqual([]);
    const asked = netLog.flatMap(({ what, params }) => (what === "URL_REQUEST_START_JOB" ? (whom(params) ?? []) : []));
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((url) => !ours(url) && !url.includes(STRANGER))).toEqual([]);
  });

  test("the browser looks up no name and sends to nobody but the studio", () => {
    const lookedUp = netLog
      .filter(({ what }) => what.startsWith("HOST_RESOLVER"))
      .map(({ params }) => whom(params))
      .filter((host) => host !== null && host !== page.origin && !host.includes(STRANGER));
    expect(lookedUp).toEqual([]);
    expect(netLog.filter(({ what }) => /^(DNS_TRANSACTION|UDP_BYTES_SENT)/.test(what))).toEqual([]);
    const to = netLog.filter(({ what }) => what === "TCP_CONNECT_ATTEMPT").map(({ params }) => whom(params));
    const { host } = new URL(page.origin);
    expect(to.filter((address) => address !== null && address !== host && !address.includes(STRANGER))).toEqual([]);
    expect(strange(browser, BROWSER_MAY).filter(({ address }) => !address.includes(STRANGER))).toEqual([]);
  });

  test("the page keeps its own settings and nothing of the project", () => {
    const kept = JSON.parse(readFileSync(join(folder, "kept.json"), "utf8"));
    expect(kept).toMatchObject({ databases: [], caches: [], workers: 0 });
    expect(kept.storage.join("\n")).not.toMatch(/phantom|reader one|chest|lantern|lesion|normal/i);
  });

  test("a page that asks somebody else is seen in all three lists", () => {
    expect(page.requests.some(({ url }) => url.includes(STRANGER))).toBe(true);
    expect(netLog.some(({ params }) => whom(params)?.includes(STRANGER))).toBe(true);
    expect(strange(browser, BROWSER_MAY).some(({ address }) => address === `inet ${STRANGER}:80`)).toBe(true);
  });

  test("a process that asks somebody else, or a name server, is seen", async () => {
    const trace = join(folder, "stranger.strace");
    const program = `
      require("node:net").connect(80, "${STRANGER}").on("error", () => {});
      require("node:dns").setServers(["192.0.2.53"]);
      require("node:dns").resolve("example.com", () => {});`;
    await inNamespace(["-e", program], ["strace", "-f", "--seccomp-bpf", "-e", "trace=%network", "-o", trace]);
    const seen = strange(readTrace(readFileSync(trace, "utf8")), STUDIO_MAY).map(({ address }) => address);
    expect(seen).toEqual(expect.arrayContaining([`inet ${STRANGER}:80`, "inet 192.0.2.53:53"]));
  });
});

describe("what we build", () => {
  const texts = new Map<string, string>();
  beforeAll(async () => {
    await buildParts(["page", "server", "desktop"], () => {});
    const dist = join(ROOT, "dist");
    for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const isText = [".js", ".mjs", ".cjs", ".css", ".html", ".json", ".svg"].includes(extname(entry.name));
      if (entry.isFile() && isText) texts.set(relative(dist, path), readFileSync(path, "utf8"));
    }
  }, 5 * MINUTES);

  test("names no foreign host but those that are explained", () => {
    expect(texts.size).toBeGreaterThan(20);
    const foreign: string[] = [];
    const licences = JSON.stringify(gatherLicences(ROOT)); // their texts are shown in the help, as text
    for (const [file, text] of texts) {
      for (const [address, host] of text.matchAll(/\b(?:https?|wss?|ftp):\/\/([a-z0-9.-]*[a-z0-9])[^\s"'`\\)<>]*/gi)) {
        if (file.startsWith("renderer/assets/About-") && licences.includes(address)) continue;
        if (!Object.hasOwn(WRITTEN, host!.toLowerCase())) foreign.push(`${file}: ${address}`);
      }
    }
    expect(foreign).toEqual([]);
  });

  test("the page takes no script, style, font or picture from an address", () => {
    const html = [...texts].filter(([file]) => file.endsWith(".html"));
    expect(html.length).toBeGreaterThan(0);
    for (const [, text] of html) expect(text).not.toMatch(/(?:src|href)\s*=\s*["']?(?:[a-z]+:)?\/\//i);
    for (const [file, text] of texts)
      if (file.endsWith(".css")) expect(text).not.toMatch(/url\(["']?(?:https?:)?\/\//i);
  });
});
