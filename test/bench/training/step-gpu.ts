// One process of `bench gpu`: trains a net for some steps on a device, the state staying there, and prints what they took. Argument: a Task as JSON.
//
// Prints one line of JSON: `ms` of each counted step, and how far one small step of the same net is from the processor's (relative L2 of the worst output).
import { writeOnnx } from "../../../main/graph/onnx-writer.ts";
import { compareWithCpu } from "../../../main/training/engines/agreement.ts";
import type { DeviceId } from "../../../main/training/engines/session.ts";
import { openStep } from "../../../main/training/engines/step-session.ts";
import { type NetCase, stepOf } from "./nets.ts";

export interface GpuTask extends NetCase {
  readonly device: DeviceId;
  readonly warmUp: number;
  readonly steps: number;
}

export interface GpuTiming {
  readonly ms: readonly number[];
  readonly difference: number;
  /** The output that differs most. */
  readonly output: string;
}

/** Cases of the step that is compared with the processor. */
const SMALL = 2;

async function timed(task: GpuTask): Promise<GpuTiming> {
  const on = { device: task.device, threads: 2 };
  const small = stepOf({ ...task, batch: SMALL }, "portable");
  const { difference, output } = await compareWithCpu(
    writeOnnx(small.graph),
    { ...small.feeds, ...small.steady(), ...small.scalars(1) },
    on,
  );
  const step = stepOf(task, "portable");
  const names = new Set(step.state.map(({ name }) => name));
  const entries = Object.entries(step.feeds);
  const initial = new Map(entries.filter(([name]) => names.has(name)));
  const batch = Object.fromEntries(entries.filter(([name]) => !names.has(name)));
  const session = await openStep(step.graph, step.state, initial, on);
  const ms: number[] = [];
  for (let at = 0; at < task.warmUp + task.steps; at++) {
    const began = performance.now();
    if (!Number.isFinite(await session.step({ ...batch, ...step.scalars(at + 1) })))
      throw new Error(`the loss of step ${at + 1} is not finite`);
    if (at >= task.warmUp) ms.push(performance.now() - began);
  }
  await session.dispose();
  return { ms, difference, output };
}

console.log(JSON.stringify(await timed(JSON.parse(process.argv[2]!) as GpuTask)));
