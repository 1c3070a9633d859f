// One process of `bench training`: trains a net for some steps and prints what they took. Argument: a Task as JSON.
//
// Prints one line of JSON: `ms` of each counted step, `peak` resident memory in bytes, `ready` milliseconds from the start of the process to a
// loaded session, and, where asked for, `lossOnly` ms of steps that fetch no state: the rest is what handing the state to JavaScript costs.
import { writeOnnx } from "../../../main/graph/onnx-writer.ts";
import { createSession } from "../../../main/training/engines/session.ts";
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
  const session = await createSession(writeOnnx(step.graph), { device: "cpu", threads: task.threads, use: "training" });
  const ready = performance.now();
  const wanted = ["loss", ...step.state.map(({ output }) => output)];
  const [ms, lossOnly]: [number[], number[]] = [[], []];
  for (let at = 0; at < task.warmUp + task.steps; at++) {
    if (task.lossOnly) {
      const began = performance.now();
      await session.run({ ...step.feeds, ...step.scalars(at + 1) }, ["loss"]);
      if (at >= task.warmUp) lossOnly.push(performance.now() - began);
    }
    const began = performance.now();
    const answers = await session.run({ ...step.feeds, ...step.scalars(at + 1) }, wanted);
    for (const { name, output } of step.state) step.feeds[name] = answers[output]!;
    if (!Number.isFinite(Number(answers.loss!.data[0]))) throw new Error(`the loss of step ${at + 1} is not finite`);
    if (at >= task.warmUp) ms.push(performance.now() - began);
  }
  return { ms, peak: process.resourceUsage().maxRSS * 1024, ready, ...(task.lossOnly ? { lossOnly } : {}) };
}

console.log(JSON.stringify(await timed(JSON.parse(process.argv[2]!))));
