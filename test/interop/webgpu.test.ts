// Training on a graphics device, here the software one inside Debian's Chromium: a whole step gives the processor's numbers.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../support/step-on-device.ts";

/** Relative L2 difference of the worst output: state, loss and answers. float32 sums in another order leave about 1e-6 to 3e-5. */
const TOLERANCE = 1e-4;

const run = promisify(execFile);
let runtimeFolder = "";
let driver = "";

beforeAll(() => {
  runtimeFolder = mkdtempSync(join(tmpdir(), "loupe-webgpu-"));
  const files = execFileSync("dpkg", ["-L", "chromium-common"], { encoding: "utf8" }).split("\n");
  driver = files.find((file) => file.endsWith("vk_swiftshader_icd.json"))!;
});
afterAll(() => rmSync(runtimeFolder, { recursive: true, force: true }));

const nets: readonly Omit<Job, "device">[] = [
  { architecture: "convnet", width: 4, size: 12 },
  { architecture: "resnet18", width: 4, size: 12 },
  { architecture: "unet", width: 4, size: 16 },
  { architecture: "lstm", width: 4, size: 4 },
  { architecture: "transformer", width: 8, size: 4 },
];

/** Runs a script of this folder on the software device; the last line that it prints, read. */
async function onDevice<T>(script: string, argument: string): Promise<T> {
  const environment = { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: runtimeFolder };
  const file = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await run(process.execPath, [file, argument], { env: { ...process.env, ...environment } });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

describe("one training step on WebGPU gives the processor's loss, answers and state", () => {
  for (const net of nets)
    test(`${net.architecture}`, async () => {
      const job: Job = { ...net, device: "webgpu" };
      const { difference, output } = await onDevice<{ difference: number; output: string }>(
        "../support/step-on-device.ts",
        JSON.stringify(job),
      );
      expect({ output, near: difference <= TOLERANCE, difference }).toMatchObject({ near: true });
      // Not one number after another by chance: the devices do round differently.
      expect(difference).toBeGreaterThan(0);
    });
});

test("four steps whose state stays on the device end with the weights of four steps in memory", async () => {
  const off = await onDevice<{ losses: number; weights: number }>("webgpu-resident.ts", "webgpu");
  expect(off.losses).toBeLessThan(TOLERANCE);
  expect(off.weights).toBeLessThan(TOLERANCE);
});
