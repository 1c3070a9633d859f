// Archives of the world, started for a test: Orthanc with its DICOMweb plugin, dcmtk's dcmqrscp and storescp. All end with the test file.

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import type { RemoteNode } from "../../main/network/connect.ts";
import type { DicomWebServer } from "../../main/network/dicomweb/server.ts";
import { echo } from "../../main/network/echo.ts";
import { AppError } from "../../preload/contract/errors.ts";

const ORTHANC = "/usr/sbin/Orthanc";
const OPENSSL = "/usr/bin/openssl";
const DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

/** Why the tests against archives cannot run here; empty where they can. */
export const missing = [ORTHANC, DICOMWEB, "/usr/bin/storescu", OPENSSL].filter((path) => !existsSync(path)).join(", ");

const PASSWORD = "interop";
const started: ChildProcess[] = [];
/** Files of these tests only: drawn here, or public; no patient. */
let made = "";

function folder(): string {
  made ||= mkdtempSync(join(tmpdir(), "loupe-pacs-"));
  return made;
}

export async function stopAll(): Promise<void> {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(late);
  }
  if (made) rmSync(made, { recursive: true, force: true });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function subfolder(name: string): string {
  const path = join(folder(), name);
  mkdirSync(path, { recursive: true });
  return path;
}

function start(program: string, args: readonly string[], node: RemoteNode): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes) => (said = `${said}${bytes}`.slice(-2000)));
  return ready(node, () => (child.exitCode === null ? "" : said));
}

/** Waits until the node answers an echo. */
async function ready(node: RemoteNode, ended: () => string): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    try {
      await echo(node);
      return;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (ended()) throw new Error(`It ended: ${ended()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("It did not answer within 15 s.");
}

export interface Orthanc {
  readonly node: RemoteNode;
  readonly web: DicomWebServer;
  /** the bytes of the file that it keeps, by its own REST interface */
  file(sopInstance: string): Promise<Buffer>;
}

/** `loupePort` is where it finds the node LOUPE. */
export async function startOrthanc(loupePort: number): Promise<Orthanc> {
  const place = subfolder("orthanc");
  const [dicomPort, httpPort] = [await freePort(), await freePort()];
  const node = { host: "127.0.0.1", port: dicomPort, aeTitle: "ORTHANC", callingAe: "LOUPE" };
  const settings = {
    Name: "LOUPE-TEST",
    StorageDirectory: join(place, "db"),
    IndexDirectory: join(place, "db"),
    HttpPort: httpPort,
    DicomPort: dicomPort,
    DicomAet: "ORTHANC",
    DicomCheckCalledAet: true,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: true,
    RegisteredUsers: { loupe: PASSWORD },
    DicomModalities: {
      loupe: {
        AET: "LOUPE",
        Host: "127.0.0.1",
        Port: loupePort,
        AllowEcho: true,
        AllowFind: true,
        AllowGet: true,
        AllowMove: true,
      },
    },
    // Objects stay as they are kept where whoever asks takes their syntax.
    TranscodeDicomProtocol: false,
    UnknownSopClassAccepted: true,
    Plugins: [DICOMWEB],
    DicomWeb: { Enable: true },
  };
  const file = join(place, "orthanc.json");
  writeFileSync(file, JSON.stringify(settings));
  await start(ORTHANC, [file], node);
  const origin = `http://127.0.0.1:${httpPort}`;
  const headers = { authorization: `Basic ${Buffer.from(`loupe:${PASSWORD}`).toString("base64")}` };
  return {
    node,
    web: { url: `${origin}/dicom-web`, auth: { user: "loupe", password: PASSWORD } },
    async file(sopInstance) {
      const found = await fetch(`${origin}/tools/lookup`, { method: "POST", body: sopInstance, headers });
      const [{ ID: id }] = (await found.json()) as { ID: string }[];
      return Buffer.from(await (await fetch(`${origin}/instances/${id}/file`, { headers })).arrayBuffer());
    },
  };
}

/**
 * The same server behind TLS, as hospitals have it, with a certificate for 127.0.0.1 that is made here and that nobody signed.
 * Debian's Orthanc 1.10.1 cannot speak https itself: it ends with a segmentation fault at the first connection.
 */
export async function behindTls(web: DicomWebServer): Promise<{ web: DicomWebServer; close(): void }> {
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder(), name));
  const about = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...about, "-keyout", key, "-out", cert];
  execFileSync(OPENSSL, args, { stdio: "ignore" });
  const url = new URL(web.url);
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const inside = connect(Number(url.port), url.hostname);
    socket.pipe(inside).pipe(socket);
    socket.on("error", () => inside.destroy());
    inside.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const ca = readFileSync(cert, "utf8");
  return { web: { ...web, url: `https://127.0.0.1:${port}${url.pathname}`, ca }, close: () => server.close() };
}

/** dcmtk's archive; it sends what it moves to LOUPE at `loupePort`. */
export async function startDcmqrscp(loupePort: number): Promise<RemoteNode> {
  const port = await freePort();
  const place = subfolder("dcmqrscp");
  const file = join(place, "dcmqrscp.cfg");
  const rows = [
    `NetworkTCPPort = ${port}`,
    "MaxPDUSize = 16384",
    "MaxAssociations = 16",
    "HostTable BEGIN",
    `loupe = (LOUPE, 127.0.0.1, ${loupePort})`,
    "HostTable END",
    "VendorTable BEGIN",
    "VendorTable END",
    "AETable BEGIN",
    `DCMTK ${subfolder("dcmqrscp/db")} RW (200, 1024mb) ANY`,
    "AETable END",
  ];
  writeFileSync(file, `${rows.join("\n")}\n`);
  const node = { host: "127.0.0.1", port, aeTitle: "DCMTK", callingAe: "LOUPE" };
  await start("dcmqrscp", ["-c", file], node);
  return node;
}

/** dcmtk's receiver, which writes what it gets as it gets it; the node and where its files are. */
export async function startStorescp(): Promise<{ node: RemoteNode; files: string }> {
  const node = { host: "127.0.0.1", port: await freePort(), aeTitle: "STORESCP", callingAe: "LOUPE" };
  const files = subfolder("storescp");
  await start("storescp", ["+xa", "+B", "+uf", "-od", files, String(node.port)], node);
  return { node, files };
}

const run = promisify(execFile);

/** Runs one of dcmtk's programs; what it said, on both streams. Throws where it fails. */
export async function dcmtk(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(program, args, { maxBuffer: 1 << 26 });
  return stdout + stderr;
}
