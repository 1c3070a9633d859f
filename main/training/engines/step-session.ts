// A training step whose state stays where it is computed: on a graphics device between steps, in memory on the processor.
//
// A step hands out the loss and what else is asked for; the state is read only when somebody needs it (a checkpoint, a look at validation). On WebGPU reading a
// kept value directly ends the process (ONNX Runtime 1.30), so a second session on the device that passes values on reads them.
import type * as ort from "onnxruntime-node";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Tensor } from "../../graph/graph.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import type { Tensors } from "../checkpoint.ts";
import { fromRuntime, openRuntime, runRuntime, toRuntime } from "./onnx.ts";
import { createSession, type SessionOptions, type Values } from "./session.ts";

export interface StepSession {
  /**
   * Makes one step with the state as it is and gives the outputs named in `wanted`, none of them state. The state moves on, unless one of those is not finite:
   * then it stays, so that it can still be kept or looked into.
   */
  step(feeds: Values, wanted: readonly string[]): Promise<Record<string, Tensor>>;
  /** The state as it is now, by the names of its inputs. */
  state(): Promise<Tensors>;
  /** Frees native memory; it cannot be used after that. */
  dispose(): Promise<void>;
}

/** Which input each output replaces. */
export type StateNames = readonly { readonly name: string; readonly output: string }[];

/** Loads a training step and its state. Errors: those of openRuntime. */
export function openStep(
  model: Uint8Array,
  names: StateNames,
  initial: Tensors,
  on: Pick<SessionOptions, "device" | "threads">,
): Promise<StepSession> {
  // Other providers copy kept outputs back anyway.
  return on.device === "webgpu" ? openResident(model, names, initial, on) : openInMemory(model, names, initial, on);
}

async function openInMemory(
  model: Uint8Array,
  names: StateNames,
  initial: Tensors,
  on: Pick<SessionOptions, "device" | "threads">,
): Promise<StepSession> {
  const session = await createSession(model, { ...on, use: "training" });
  let state = initial;
  return {
    step: async (feeds, wanted) => {
      const all = [...wanted, ...names.map(({ output }) => output)];
      const answers = await session.run({ ...feeds, ...Object.fromEntries(state) }, all);
      const asked = Object.fromEntries(wanted.map((name) => [name, answers[name]!]));
      if (allFinite(asked)) state = new Map(names.map(({ name, output }) => [name, answers[output]!]));
      return asked;
    },
    state: () => Promise.resolve(state),
    dispose: () => session.dispose(),
  };
}

async function openResident(
  model: Uint8Array,
  names: StateNames,
  initial: Tensors,
  on: Pick<SessionOptions, "device" | "threads">,
): Promise<StepSession> {
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
    step: async (feeds, wanted) => {
      const given: Record<string, ort.Tensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) given[name] = toRuntime(tensor);
      for (const [name, { value }] of state) given[name] = value;
      const answers = await runRuntime(session, given, [...wanted, ...outputs]);
      const asked = Object.fromEntries(wanted.map((name) => [name, fromRuntime(name, answers[name]!)]));
      const made = names.map(
        ({ name, output }) => [name, { value: answers[output] as ort.Tensor, ours: true }] as const,
      );
      if (allFinite(asked)) {
        free(state.values());
        state = new Map(made);
      } else free(made.map(([, value]) => value));
      return asked;
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

function allFinite(values: Values): boolean {
  return Object.values(values).every(({ data }) => Array.from(data as Float32Array).every(Number.isFinite));
}

/** A graph that gives back what it is fed: times 1, because the runtime drops nodes that do nothing. */
function passingOn(values: Tensors): Uint8Array {
  const b = new GraphBuilder("reader");
  for (const [name, { type, dims }] of values) b.output(b.as(`read/${name}`).mul(b.input(name, type, dims), 1));
  return writeOnnx(b.build());
}
