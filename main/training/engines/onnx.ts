// The ONNX Runtime engine. For this folder only; everybody else opens sessions by session.ts.
//
// CPU results are repeatable bit for bit for the same graph, feeds, thread count and processor family; other devices promise less.
// Keep one session at work at a time: idle ones cost little because their threads do not spin, but each keeps its arena.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as ort from "onnxruntime-node";
import { AppError } from "../../../preload/contract/index.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { DeviceId, Session, SessionOptions, Values } from "./session.ts";

// The runtime's release builds keep a device identity and session events under the home folder and send them to its maker unless
// told not to before the first session. Reading this module is before the first session, and it is the only door to the runtime.
process.env.ORT_DISABLE_TELEMETRY = "1";

/**
 * Opens the runtime's own session; outputs named in `keep` stay on the device. For this folder only. Errors: graph/invalid when the runtime does not take
 * the graph; app/unsupported-platform when the device is not there.
 */
export async function openRuntime(
  model: Uint8Array,
  { device, threads, use, arena = true }: SessionOptions,
  keep: readonly string[] = [],
): Promise<ort.InferenceSession> {
  // The runtime leaves out what it was not made with and computes on the processor without a word.
  if (!isMadeHere(device)) {
    throw new AppError("app/unsupported-platform", `The device ${device} is not made for this system.`);
  }
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: use === "training" ? "basic" : "all",
      // Planned buffers took up to half as much memory again and no less time (README, decision 2).
      enableMemPattern: false,
      enableCpuMemArena: arena,
      logSeverityLevel: 4,
      extra: {
        session: {
          // In a training step threads wait for each other some thousand times, so they spin, but no longer than the step.
          intra_op: { allow_spinning: use === "training" ? "1" : "0" },
          force_spinning_stop: "1",
        },
      },
      ...(keep.length > 0
        ? { preferredOutputLocation: Object.fromEntries(keep.map((name) => [name, "gpu-buffer" as const])) }
        : {}),
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (device !== "cpu" && /adapter|shared library|execution provider|OrtSessionOptionsAppend/i.test(message)) {
      throw new AppError("app/unsupported-platform", `The device ${device} cannot be used on this machine.`, { cause });
    }
    throw new AppError("graph/invalid", `ONNX Runtime does not take this graph: ${firstLine(message)}`, { cause });
  }
}

export function isMadeHere(device: DeviceId): boolean {
  return device === "cpu" || ort.listSupportedBackends().some(({ name }) => name === device);
}

/** Errors: those of openRuntime. */
export async function openOnnx(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const session = await openRuntime(model, options);
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds, outputs, into) => {
      const given: Record<string, ort.Tensor> = {};
      for (const name of session.inputNames) {
        const value = feeds[name];
        if (!value) throw new AppError("app/invalid-input", `The graph's input ${name} got no value.`);
        given[name] = toRuntime(value);
      }
      const answers = await runRuntime(session, given, outputs, into);
      return Object.fromEntries(
        Object.entries(answers).map(([name, value]) => {
          const answer = fromRuntime(name, value);
          const written = into?.[name];
          if (!written) return [name, answer];
          // The binding hands out a copy even of what it wrote where it was asked to.
          release(answer);
          return [name, written];
        }),
      );
    },
    dispose: () => session.release(),
  };
}

/** Gives memory back at once: the collector would let a second and third state pile up before it looks. For this folder only. */
export function release({ data }: Tensor): void {
  (data.buffer as ArrayBuffer).transfer(0);
}

/** Errors: app/invalid-input, with what the runtime says. For this folder only. */
export async function runRuntime(
  session: ort.InferenceSession,
  given: Record<string, ort.Tensor>,
  outputs: readonly string[] = session.outputNames,
  into: Values = {},
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    const wanted = outputs.map((name) => [name, into[name] ? toRuntime(into[name]) : null] as const);
    return await session.run(given, Object.fromEntries(wanted));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("app/invalid-input", `ONNX Runtime refused to run the graph: ${firstLine(message)}`, { cause });
  }
}

/** The runtime's messages go on with file names and line numbers of its own source. */
const firstLine = (message: string): string =>
  message
    .split("\n")[0]!
    .replace(/\/\S+\//g, "")
    .slice(0, 400);

export function toRuntime({ type, data, dims }: Tensor): ort.Tensor {
  // The runtime's constructor is overloaded by type; our records already pair each type with its array.
  return new ort.Tensor(type as "float32", data as Float32Array, dims);
}

export function fromRuntime(name: string, value: ort.OnnxValue): Tensor {
  switch (value.type) {
    case "float32":
    case "float64":
    case "int8":
    case "uint8":
    case "int32":
    case "int64":
    case "bool":
      return { type: value.type, dims: value.dims, data: value.data as Tensor["data"] };
    default:
      throw new AppError("graph/invalid", `The graph's output ${name} has type ${value.type}, which is not supported.`);
  }
}

/** Asking the runtime for CUDA without its library prints an error on the terminal, so look first. */
export function cudaLibraryIsInstalled(): boolean {
  const main = dirname(createRequire(import.meta.url).resolve("onnxruntime-node"));
  return existsSync(
    join(main, "..", "bin", "napi-v6", process.platform, process.arch, "libonnxruntime_providers_cuda.so"),
  );
}
