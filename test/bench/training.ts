// Our training step beside PyTorch's, on the same two threads: CNN, ResNet-18 and U-Net, each side in a process of its own, turn by turn.
//
// PyTorch 2.13 for the processor must be installed in some Python; LOUPE_TORCH_PYTHON names that Python's executable. Without it our own times
// are printed, the figures stay empty and the bench is not ok. Arguments: the number of rounds (default 5), then nets to measure (default all).
// A round runs both sides once; a ratio is the median over rounds of our median step over PyTorch's, so a drift of the machine hits both.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { childEnvironment } from "../../main/jobs/child-environment.ts";
import type { BenchResult } from "../support/bench.ts";
import type { NetCase } from "./training/nets.ts";
import type { Task, Timing } from "./training/step.ts";

export const title = "Training step against PyTorch on two threads: time and memory of CNN, ResNet-18 and U-Net";

const THREADS = 2;
const VERSION = "2.13";
const CASES: readonly NetCase[] = [
  { net: "cnn", batch: 32, size: 96, width: 32 },
  { net: "resnet18", batch: 16, size: 64, width: 64 },
  { net: "unet", batch: 8, size: 128, width: 16 },
];
const LIMITS: Readonly<Record<string, number>> = { cnn: 0.8, resnet18: 1, unet: 1, memory: 1.2 };
const READY_MS = 500;

const run = promisify(execFile);
const fileOf = (name: string): string => fileURLToPath(new URL(`training/${name}`, import.meta.url));

async function timing(
  program: string,
  script: string,
  task: Partial<Task> & NetCase,
  env: NodeJS.ProcessEnv,
): Promise<Timing> {
  const whole: Task = { threads: THREADS, warmUp: 3, steps: 8, ...task };
  const { stdout } = await run(program, [script, JSON.stringify(whole)], { maxBuffer: 1 << 24, env });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Timing;
}

/** In the environment in which the studio trains; PyTorch runs in ours as it is. */
const ours = (task: Partial<Task> & NetCase): Promise<Timing> =>
  timing(process.execPath, fileOf("step.ts"), task, childEnvironment());

export default async function training([rounds = "5", ...nets]: readonly string[]): Promise<BenchResult> {
  const python = process.env.LOUPE_TORCH_PYTHON ?? "";
  const missing = await whatIsMissing(python);
  if (missing !== "") console.error(`skipped: the comparison with PyTorch, because ${missing}`);
  const torch = missing === "" ? (task: NetCase) => timing(python, fileOf("step_torch.py"), task, process.env) : null;

  const figures: Record<string, number> = {};
  const memory: number[] = [];
  for (const task of CASES.filter(({ net }) => nets.length === 0 || nets.includes(net))) {
    const [us, them]: [Timing[], Timing[]] = [[], []];
    for (let round = 0; round < Number(rounds); round++) {
      us.push(await ours(task));
      if (torch) them.push(await torch(task));
    }
    if (torch) {
      figures[task.net] = median(us.map(({ ms }, i) => median(ms) / median(them[i]!.ms)));
      memory.push(peak(us) / peak(them));
    }
    console.error(`${named(task)}: ${spread(us)}${torch ? `; PyTorch ${spread(them)}` : ""}`);
  }
  if (memory.length > 0) figures.memory = Math.max(...memory);
  if (nets.length === 0) await overheads();
  if (nets.length === 0) await scaling(torch);
  return {
    figures,
    required: Object.fromEntries(Object.entries(LIMITS).map(([name, limit]) => [name, `<= ${limit}`])),
    ok: Object.entries(LIMITS).every(([name, limit]) => (figures[name] ?? Number.POSITIVE_INFINITY) <= limit),
  };
}

/** What handing 11 million parameters and their moments to JavaScript adds to a step, and what a process needs before its first step. */
async function overheads(): Promise<void> {
  const { ms, lossOnly, ready } = await ours({ ...CASES[1]!, lossOnly: true });
  const whole = median(ms);
  console.error(
    `state of ResNet-18 (11 M parameters, Adam) in JavaScript: ${(whole - median(lossOnly!)).toFixed(1)} of ${whole.toFixed(0)} ms`,
  );
  console.error(
    `start of a training process of ResNet-18 until its session is loaded: ${ready.toFixed(0)} ms (wanted: ${READY_MS})`,
  );
}

async function scaling(torch: ((task: NetCase) => Promise<Timing>) | null): Promise<void> {
  const base: NetCase = { net: "cnn", batch: 32, size: 96, width: 16 };
  const cases = [base, { ...base, batch: 8 }, { ...base, batch: 64 }, { ...base, size: 48 }, { ...base, width: 32 }];
  console.error("scaling of the CNN's step with batch, size and width (parameters grow with the width's square):");
  for (const task of cases) {
    const mine = median((await ours(task)).ms);
    const theirs = torch ? median((await torch(task)).ms) : null;
    const beside = theirs === null ? "" : `, PyTorch ${theirs.toFixed(1)} ms, ratio ${(mine / theirs).toFixed(2)}`;
    console.error(`  ${named(task)}: ${mine.toFixed(1)} ms${beside}`);
  }
}

/** Why PyTorch cannot be asked, in words; "" when it can. */
async function whatIsMissing(python: string): Promise<string> {
  if (python === "") return "LOUPE_TORCH_PYTHON names no Python.";
  try {
    const { stdout } = await run(python, ["-c", "import torch; print(torch.__version__)"]);
    return stdout.startsWith(VERSION) ? "" : `it has PyTorch ${stdout.trim()}, not ${VERSION}.`;
  } catch {
    return "LOUPE_TORCH_PYTHON does not start a Python that has PyTorch.";
  }
}

const named = ({ net, batch, size, width }: NetCase): string => `${net}, batch ${batch}, ${size} px, width ${width}`;

function spread(timings: readonly Timing[]): string {
  const medians = timings.map(({ ms }) => median(ms));
  const [least, middle] = [Math.min(...medians), median(medians)];
  return `${middle.toFixed(0)} ms (best ${least.toFixed(0)}), peak ${(peak(timings) / 1e6).toFixed(0)} MB`;
}

const peak = (timings: readonly Timing[]): number => median(timings.map((timing) => timing.peak));

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
