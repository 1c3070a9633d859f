// The ONNX Runtime engine: a graph's bytes become a session that runs on one device.
//
// `run` computes on the calling thread and blocks it, whatever its promise suggests: sessions live in child processes (main/jobs), never
// in the process that owns windows or answers requests. A fault in a graphics driver ends the process too, which is one more reason.
// CPU results are repeatable bit for bit for the same graph, feeds, thread count and processor family; other devices promise less.
// Keep one session at work at a time: idle ones cost little because their threads do not spin, but each keeps its arena.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import * as ort from "onnxruntime-node";
import { AppError, type Device } from "../../../preload/contract/index.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Tensor } from "../../graph/graph.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";

// The runtime's release builds keep a device identity and session events under the home folder and send them to its maker unless
// told not to before the first session. Reading this module is before the first session, and it is the only door to the runtime.
process.env.ORT_DISABLE_TELEMETRY = "1";

export type DeviceId = Device["id"];

/** Values by their name in the graph. */
export type Values = Readonly<Record<string, Tensor>>;

export interface SessionOptions {
  device: DeviceId;
  /** Threads inside one operator, from 1. Part of what makes a run repeatable. */
  threads: number;
  /**
   * "training": weights change at each run, so only cheap rewrites are done and loading stays fast.
   * "inference": weights are constants, so they may be folded and laid out for the processor.
   */
  use: "training" | "inference";
}

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Feeds every input and returns the outputs (all, or those named). Feeds are not copied; answers are fresh.
   * Errors: app/invalid-input when a feed is missing or has the wrong type or shape.
   */
  run(feeds: Values, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees native memory. A disposed session cannot run. */
  dispose(): Promise<void>;
}

/**
 * Opens the runtime's own session; outputs named in `keep` stay on the device. For this folder only. Errors: graph/invalid when the runtime does not take
 * the graph; app/unsupported-platform when the device is not there.
 */
export async function openRuntime(
  model: Uint8Array,
  { device, threads, use }: SessionOptions,
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
      logSeverityLevel: 4,
      extra: { session: { intra_op: { allow_spinning: "0" } } },
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

function isMadeHere(device: DeviceId): boolean {
  return device === "cpu" || ort.listSupportedBackends().some(({ name }) => name === device);
}

/** Loads a graph. Errors: those of openRuntime. */
export async function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const session = await openRuntime(model, options);
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds, outputs) => {
      const given: Record<string, ort.Tensor> = {};
      for (const name of session.inputNames) {
        const value = feeds[name];
        if (!value) throw new AppError("app/invalid-input", `The graph's input ${name} got no value.`);
        given[name] = toRuntime(value);
      }
      const answers = await runRuntime(session, given, outputs);
      return Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, fromRuntime(name, value)]));
    },
    dispose: () => session.release(),
  };
}

/** Errors: app/invalid-input, with what the runtime says. For this folder only. */
export async function runRuntime(
  session: ort.InferenceSession,
  given: Record<string, ort.Tensor>,
  outputs?: readonly string[],
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return outputs ? await session.run(given, [...outputs]) : await session.run(given);
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

/** The smallest graph that shows whether a device opens at all. */
function smallestGraph(): Uint8Array {
  const builder = new GraphBuilder("smallest");
  builder.output(builder.relu(builder.input("x", "float32", [1])));
  return writeOnnx(builder.build());
}

/** Every device that this studio can train on somewhere, and what enables it where it is made for the system. */
const DEVICES: Record<Exclude<DeviceId, "cpu">, { readonly name: string; readonly needs: string }> = {
  webgpu: {
    name: "Graphics processor (WebGPU)",
    needs: "a graphics adapter with a Vulkan, Metal or Direct3D 12 driver",
  },
  cuda: {
    name: "NVIDIA graphics processor (CUDA)",
    needs: "Linux on x64, an NVIDIA driver and CUDA 12, and ONNX Runtime's CUDA library (npm run setup:cuda)",
  },
  dml: { name: "Graphics processor (DirectML)", needs: "Windows 10 or later with a Direct3D 12 driver" },
  coreml: { name: "Apple Core ML", needs: "macOS" },
};

/**
 * All devices, the processor first. A device counts as available when a session opens on it; whether its results are right is asked
 * before it trains (agreement.ts). Opens and closes small sessions: child process.
 */
export async function listDevices(): Promise<Device[]> {
  const processor = cpus()[0]?.model.trim() ?? "";
  const devices: Device[] = [
    { id: "cpu", name: processor === "" ? "Processor" : processor, available: true, missing: "nothing", reason: "" },
  ];
  for (const [id, { name, needs }] of Object.entries(DEVICES) as [
    Exclude<DeviceId, "cpu">,
    { name: string; needs: string },
  ][]) {
    const { missing, said } = isMadeHere(id) ? await whatIsMissing(id) : ({ missing: "system", said: "" } as const);
    const reason = missing === "nothing" ? "" : `It needs ${needs}.${said === "" ? "" : ` ${said}`}`;
    devices.push({ id, name, available: missing === "nothing", missing, reason });
  }
  return devices;
}

async function whatIsMissing(
  device: Exclude<DeviceId, "cpu">,
): Promise<{ readonly missing: Device["missing"]; readonly said: string }> {
  if (device === "cuda" && !cudaLibraryIsInstalled()) return { missing: "library", said: "" };
  try {
    const session = await createSession(smallestGraph(), { device, threads: 1, use: "inference" });
    await session.dispose();
    return { missing: "nothing", said: "" };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return device === "webgpu" ? { missing: "adapter", said: "" } : { missing: "other", said: error.message };
  }
}

/** Asking the runtime for CUDA without its library prints an error on the terminal, so look first. */
function cudaLibraryIsInstalled(): boolean {
  const main = dirname(createRequire(import.meta.url).resolve("onnxruntime-node"));
  return existsSync(
    join(main, "..", "bin", "napi-v6", process.platform, process.arch, "libonnxruntime_providers_cuda.so"),
  );
}
