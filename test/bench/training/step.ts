// One process of `bench training`: trains a net for some steps and prints what they took. Argument: a Task as JSON.
//
// Prints one line of JSON: `ms` of each counted step, `peak` resident memory in bytes, `ready` milliseconds from the start of the process to a
// loaded session, and, where asked for, `lossOnly` ms of steps that fetch no state: the rest is what handing the state to JavaScript costs.
import { writeOnnx } from "../../../main/graph/onnx-writer.ts";
import { forProcessor } from "../../../main/training/engines/processor.ts";
import { createSession } from "../../../main/training/engines/session.ts";
import { openStep } from "../../../main/training/engines/step-session.ts";
import { type NetCase, stepOf } from "./nets.ts";

export interface Task extends NetCase {
  readonly threads: number;
  readonly warmUp: number;
  readonly steps: number;
  readonly lossOnly?: boolean;
}

export interface Timing {
  readonly ms: readonly number[];
  readonly peak: number;
  readonly ready: number;
  readonly lossOnly?: readonly number[];
}

async function timed(task: Task): Promise<Timing> {
  const step = stepOf(task);
  const on = { device: "cpu", threads: task.threads } as const;
  const names = new Set(step.state.map(({ name }) => name));
  const entries = Object.entries(step.feeds);
  const initial = new Map(entries.filter(([name]) => names.has(name)));
  const batch = Object.fromEntries(entries.filter(([name]) => !names.has(name)));
  const session = await openStep(step.graph, step.state, initial, on);
  const ready = performance.now();
  const ms: number[] = [];
  for (let at = 0; at < task.warmUp + task.steps; at++) {
    const began = performance.now();
    const loss = await session.step({ ...batch, ...step.scalars(at + 1) });
    if (!Number.isFinite(loss)) throw new Error(`the loss of step ${at + 1} is not finite`);
    if (at >= task.warmUp) ms.push(performance.now() - began);
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  await session.dispose();
  return { ms, peak, ready, ...(task.lossOnly ? { lossOnly: await withoutState(task, step) } : {}) };
}

/** Steps that compute the state and leave it in the runtime. */
async function withoutState(task: Task, step: ReturnType<typeof stepOf>): Promise<readonly number[]> {
  const graph = await forProcessor(step.graph);
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads: task.threads, use: "training" });
  const ms: number[] = [];
  for (let at = 0; at < task.warmUp + task.steps; at++) {
    const began = performance.now();
    await session.run({ ...step.feeds, ...step.scalars(at + 1) }, ["loss"]);
    if (at >= task.warmUp) ms.push(performance.now() - began);
  }
  await session.dispose();
  return ms;
}

console.log(JSON.stringify(await timed(JSON.parse(process.argv[2]!))));
