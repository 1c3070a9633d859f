// The three nets of `bench training` on a graphics processor through WebGPU: whether a step gives the processor's numbers, and its time beside PyTorch's.
//
// Each net in a process of its own, which a driver's fault may end. PyTorch is asked where LOUPE_TORCH_PYTHON names a Python that has it with CUDA.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listDevices } from "../../main/training/engines/session.ts";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";
import type { NetCase } from "./training/nets.ts";
import type { GpuTiming } from "./training/step-gpu.ts";

export const title =
  "Training step on a graphics processor (WebGPU): agreement with the processor, time beside PyTorch's";

const CASES: readonly NetCase[] = [
  { net: "cnn", batch: 32, size: 96, width: 32 },
  { net: "resnet18", batch: 16, size: 64, width: 64 },
  { net: "unet", batch: 8, size: 128, width: 16 },
];
const AGREEMENT = 1e-3;
const TIMEOUT_MS = 120_000;

const run = promisify(execFile);
const fileOf = (name: string): string => fileURLToPath(new URL(`training/${name}`, import.meta.url));

async function ask<T>(program: string, script: string, task: object): Promise<T> {
  const whole = { threads: 2, warmUp: 5, steps: 20, ...task };
  const { stdout } = await run(program, [script, JSON.stringify(whole)], { maxBuffer: 1 << 24, timeout: TIMEOUT_MS });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

export default async function gpu(): Promise<BenchResult> {
  const device = (await listDevices()).find(({ id }) => id === "webgpu");
  if (!device?.available) throw new BenchUnavailable("There is no graphics processor that WebGPU can use here.");
  const python = process.env.LOUPE_TORCH_PYTHON ?? "";
  const figures: Record<string, number> = {};
  for (const net of CASES) {
    const ours = await ask<GpuTiming>(process.execPath, fileOf("step-gpu.ts"), { ...net, device: "webgpu" });
    figures[`${net.net}Difference`] = ours.difference;
    figures[`${net.net}Ms`] = median(ours.ms);
    if (python === "") continue;
    const theirs = await ask<{ ms: number[] }>(python, fileOf("step_torch.py"), { ...net, device: "cuda" });
    figures[`${net.net}TorchMs`] = median(theirs.ms);
  }
  const differences = CASES.map(({ net }) => `${net}Difference`);
  return {
    figures,
    required: Object.fromEntries(differences.map((name) => [name, `<= ${AGREEMENT}`])),
    ok: differences.every((name) => figures[name]! <= AGREEMENT),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
