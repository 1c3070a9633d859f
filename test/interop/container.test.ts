// The exported image in other people's hands: skopeo reads it, podman loads and runs it, and its answers are the studio's.
//
// Wants podman, runc and skopeo. The container shares the machine's network because build machines allow no other.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildServer } from "../../main/hosts/build-server.ts";
import { decodeFrame } from "../../main/imaging/frame.ts";
import { prepareImage } from "../../main/imaging/prepare.ts";
import { readImages } from "../../main/imaging/read.ts";
import { exportImage } from "../../main/shipping/export.ts";
import { findSources } from "../../main/shipping/sources.ts";
import {
  dicomFile,
  directly,
  greyValues,
  pngFile,
  SIZE,
  servedModel,
  tinyModel,
  waitReady,
} from "../serving/served-model.ts";

/** One for each codec: JPEG 2000, JPEG-LS, JPEG, RLE. */
const COMPRESSED = [
  "MR_small_jp2klossless.dcm",
  "MR_small_jpeg_ls_lossless.dcm",
  "SC_rgb_jpeg_dcmtk.dcm",
  "MR_small_RLE.dcm",
];
const samples = COMPRESSED.map((name) => join(import.meta.dirname, "../../../shared/data/dicom", name)).filter(
  existsSync,
);

const run = promisify(execFile);
const onnx = tinyModel();
const container = `loupe-test-${process.pid}`;
let folder = "";
let report: Awaited<ReturnType<typeof exportImage>>;
let env: NodeJS.ProcessEnv;
let started: ChildProcess | null = null;
let origin = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "loupe-container-"));
  await buildServer(join(folder, "serving"));
  report = await exportImage({
    onnx,
    manifest: servedModel,
    target: join(folder, "image.tar"),
    name: "interop-test",
    sources: { ...(await findSources()), serving: join(folder, "serving") },
  });
  const settings = join(folder, "containers.conf");
  writeFileSync(settings, '[containers]\ndefault_ulimits=[]\n[engine]\ncgroup_manager="cgroupfs"\n');
  env = { ...process.env, CONTAINERS_CONF: settings };
});
afterAll(async () => {
  await run("podman", ["rm", "-f", container], { env }).catch(() => undefined);
  await run("podman", ["rmi", "-f", report.reference], { env }).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

const podman = async (...args: string[]) => (await run("podman", ["--runtime", "runc", ...args], { env })).stdout;

test("the archive stays below 250 MB beside the model, packed and unpacked", async () => {
  expect(statSync(report.path).size).toBeLessThan(250e6);
  await podman("load", "-q", "-i", report.path);
  const [image]: { Size: number }[] = JSON.parse(await podman("image", "inspect", report.reference));
  console.log(`image: ${(report.bytes / 1e6).toFixed(0)} MB packed, ${(image.Size / 1e6).toFixed(0)} MB unpacked`);
  expect(image.Size).toBeLessThan(250e6);
});

test("skopeo reads it in both forms: as an OCI archive with our digest, and as docker save writes", async () => {
  for (const form of ["oci-archive", "docker-archive"]) {
    const read = JSON.parse((await run("skopeo", ["inspect", `${form}:${report.path}`])).stdout);
    expect(read).toMatchObject({ Architecture: report.platform.split("/")[1], Os: "linux" });
    expect(read.Layers).toHaveLength(4);
    if (form === "oci-archive") {
      expect(read.Digest).toBe(report.digest);
      expect(read.Layers).toEqual(report.layers.map(({ digest }) => digest));
    }
  }
  // Copying checks every digest on the way, of the packed and of the unpacked layers.
  await run("skopeo", ["copy", `oci-archive:${report.path}`, `dir:${join(folder, "copied")}`]);
  await run("skopeo", ["copy", `docker-archive:${report.path}`, `dir:${join(folder, "copied-docker")}`]);
});

test("the image holds no shell and nothing that says where or by whom it was made", async () => {
  const [image] = JSON.parse(await podman("image", "inspect", report.reference));
  expect(image.Config.User).toBe("65532:65532");
  expect(JSON.stringify(image.Config)).not.toContain(process.env.HOME ?? "/root/");
  await expect(
    podman("run", "--rm", "--network=host", "--ulimit", "host", "--entrypoint", "/bin/sh", report.reference),
  ).rejects.toThrow(/no such file/i);
});

describe("running, read-only and without rights", () => {
  let log = "";

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const limits = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
    const machine = ["--network=host", "--ulimit", "host", "-e", `PORT=${port}`, "-e", "HOST=127.0.0.1"];
    started = spawn(
      "podman",
      ["--runtime", "runc", "run", "--rm", "--name", container, ...limits, ...machine, report.reference],
      {
        env,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    started.stdout?.on("data", (chunk) => (log += chunk));
    await waitReady(origin, 60).catch((error: unknown) => {
      throw new Error(`the container did not start: ${log}`, { cause: error });
    });
  });

  async function predict(bytes: Uint8Array<ArrayBuffer>): Promise<{ probabilities: number[]; predicted: string }> {
    const answer = await fetch(`${origin}/predict`, { method: "POST", body: bytes });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { probabilities: number[]; predicted: string };
  }

  /** The studio's own path from a file to an answer. */
  async function studio(bytes: Uint8Array): Promise<number[]> {
    const [image] = readImages({ name: "file", bytes });
    const frame = decodeFrame(image.frames[0], image.pixels, image.encoding);
    return (await directly(onnx, prepareImage(frame, image.pixels, servedModel.input))).probabilities;
  }

  test("a PNG and a DICOM file are answered as the studio answers, to 1e-5", async () => {
    const large = Uint8Array.from({ length: 200 * 200 }, (_, i) => (i * i) % 253);
    for (const file of [pngFile(greyValues(3)), pngFile(large, 200), dicomFile(greyValues(4))]) {
      const expected = await studio(file);
      const { probabilities } = await predict(file);
      for (const [i, value] of expected.entries()) expect(Math.abs(probabilities[i] - value)).toBeLessThan(1e-5);
    }
  });

  test.skipIf(samples.length === 0)(
    "compressed DICOM files (beside the checkout) are decoded by the codecs inside the image",
    async () => {
      expect(samples.length).toBe(COMPRESSED.length);
      for (const path of samples) {
        const file = new Uint8Array(readFileSync(path));
        const expected = await studio(file);
        const { probabilities } = await predict(file);
        for (const [i, value] of expected.entries()) expect(Math.abs(probabilities[i] - value)).toBeLessThan(1e-5);
      }
    },
  );

  test("the inference protocol answers as ONNX Runtime does here", async () => {
    const input = Float32Array.from(greyValues(8), (value) => value / 255);
    const inputs = [{ name: "image", datatype: "FP32", shape: [1, 1, SIZE, SIZE], data: [...input] }];
    const answer = await fetch(`${origin}/v2/models/chest/infer`, { method: "POST", body: JSON.stringify({ inputs }) });
    const { outputs } = (await answer.json()) as { outputs: { data: number[] }[] };
    const { probabilities } = await directly(onnx, input);
    for (const [i, value] of probabilities.entries()) expect(Math.abs(outputs[0].data[i] - value)).toBeLessThan(1e-5);
  });

  test("metrics and the page are there", async () => {
    expect(await (await fetch(`${origin}/metrics`)).text()).toContain('loupe_predictions_total{class="lesion"}');
    expect(await (await fetch(`${origin}/`)).text()).toContain("<h1>chest</h1>");
  });

  test("podman stop ends it at once, with 0, and the log names no patient", async () => {
    const ended = new Promise<number | null>((resolve) => started?.on("exit", resolve));
    const before = Date.now();
    await podman("stop", "-t", "20", container);
    expect(await ended).toBe(0);
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(log).toContain('"msg":"stopped"');
    expect(log).not.toMatch(/secret/i);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
