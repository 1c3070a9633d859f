// A training step whose state stays where it is computed: on a graphics device between steps, in memory on the processor.
//
// A step hands out the loss; the state is read only when somebody needs it (a checkpoint, a look at validation). On WebGPU reading a
// kept value directly ends the process (ONNX Runtime 1.30), so a second session on the device that passes values on reads them.
import type * as ort from "onnxruntime-node";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { learningGraph } from "../../models/training-step.ts";
import type { Tensors } from "../checkpoint.ts";
import { fromRuntime, openRuntime, release, runRuntime, toRuntime } from "./onnx.ts";
import { forProcessor } from "./processor.ts";
import { createSession, type SessionOptions, type Values } from "./session.ts";

export interface StepSession {
  /**
   * Makes one step with the state as it is and gives the loss before it. The state moves on, unless the loss is not finite: then it stays, so that it can still be kept
   * or looked into.
   */
  step(feeds: Values): Promise<number>;
  /** The state as it is now, by the names of its inputs. */
  state(): Promise<Tensors>;
  /** Frees native memory; it cannot be used after that. */
  dispose(): Promise<void>;
}

/** Which input each output replaces. */
export type StateNames = readonly { readonly name: string; readonly output: string }[];

type On = Pick<SessionOptions, "device" | "threads">;

const LOSS = "loss";
/** From so many bytes on, what a step gives is most of what it allocates, and an arena would keep copies of all of it (README, decision 2). */
const LARGE_STATE = 64 * 2 ** 20;

/** Loads a training step and its state; of its outputs only `loss` and the state are computed. Errors: those of createSession. */
export async function openStep(graph: Graph, names: StateNames, initial: Tensors, on: On): Promise<StepSession> {
  const whole = learningGraph(graph, names);
  const model = writeOnnx(on.device === "cpu" ? await forProcessor(whole) : whole);
  // Other providers copy kept outputs back anyway.
  return on.device === "webgpu" ? openResident(model, names, initial, on) : openInMemory(model, names, initial, on);
}

async function openInMemory(model: Uint8Array, names: StateNames, initial: Tensors, on: On): Promise<StepSession> {
  const size = [...initial.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const session = await createSession(model, { ...on, use: "training", arena: size < LARGE_STATE });
  const outputs = [LOSS, ...names.map(({ output }) => output)];
  let state = initial;
  /** Whether somebody else holds the state too. */
  let lent = true;
  /** Arrays of the state before, by the outputs that come next: two states take turns. */
  let spare: Values = {};
  return {
    step: async (feeds) => {
      const into = spare;
      spare = {};
      const answers = await session.run({ ...feeds, ...Object.fromEntries(state) }, outputs, into);
      for (const [name, array] of Object.entries(into)) if (answers[name] !== array) release(array);
      const loss = Number(answers[LOSS]!.data[0]);
      if (!Number.isFinite(loss)) return loss;
      spare = lent ? {} : Object.fromEntries(names.map(({ name, output }) => [output, state.get(name)!]));
      lent = false;
      state = new Map(names.map(({ name, output }) => [name, answers[output]!]));
      return loss;
    },
    state: () => {
      lent = true;
      return Promise.resolve(state);
    },
    dispose: () => session.dispose(),
  };
}

async function openResident(model: Uint8Array, names: StateNames, initial: Tensors, on: On): Promise<StepSession> {
  const outputs = names.map(({ output }) => output);
  const session = await openRuntime(model, { ...on, use: "training" }, outputs);
  const reader = await openRuntime(passingOn(initial), { ...on, use: "training" });
  /** Values fed from memory are the caller's; those that the device made are ours to free. */
  let state = new Map<string, { value: ort.Tensor; ours: boolean }>(
    [...initial].map(([name, tensor]) => [name, { value: toRuntime(tensor), ours: false }]),
  );
  const free = (values: Iterable<{ value: ort.Tensor; ours: boolean }>) => {
    for (const { value, ours } of values) if (ours) value.dispose();
  };
  return {
    step: async (feeds) => {
      const given: Record<string, ort.Tensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) given[name] = toRuntime(tensor);
      for (const [name, { value }] of state) given[name] = value;
      const answers = await runRuntime(session, given);
      const loss = Number(fromRuntime(LOSS, answers[LOSS]!).data[0]);
      const made = names.map(
        ({ name, output }) => [name, { value: answers[output] as ort.Tensor, ours: true }] as const,
      );
      if (Number.isFinite(loss)) {
        free(state.values());
        state = new Map(made);
      } else free(made.map(([, value]) => value));
      return loss;
    },
    state: async () => {
      const given = Object.fromEntries([...state].map(([name, { value }]) => [name, value]));
      const answers = await runRuntime(reader, given);
      return new Map(names.map(({ name }) => [name, fromRuntime(name, answers[`read/${name}`]!)]));
    },
    dispose: async () => {
      free(state.values());
      await session.release();
      await reader.release();
    },
  };
}

/** A graph that gives back what it is fed: times 1, because the runtime drops nodes that do nothing. */
function passingOn(values: Tensors): Uint8Array {
  const b = new GraphBuilder("reader");
  for (const [name, { type, dims }] of values) b.output(b.as(`read/${name}`).mul(b.input(name, type, dims), 1));
  return writeOnnx(b.build());
}
