// A graph's bytes become a session that runs on one device; which engine stands behind a device is known here alone.
//
// Engines compute on the calling thread and block it, whatever a promise suggests: sessions live in child processes (main/jobs), never
// in the process that owns windows or answers requests. A fault in a graphics driver ends the process too, which is one more reason.
import { cpus } from "node:os";
import { AppError, type Device } from "../../../preload/contract/index.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Tensor } from "../../graph/graph.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { cudaLibraryIsInstalled, isMadeHere, openOnnx } from "./onnx.ts";
import { nativeIsInstalled } from "./tensorflow/library.ts";
import { openTensorFlow } from "./tensorflow/session.ts";

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
  /** Whether the processor's memory is taken in large pieces and kept; yes where nothing is said. */
  arena?: boolean;
}

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Feeds every input and returns the outputs (all, or those named). Feeds are not copied. Answers are fresh, but for those that `into` has
   * arrays for: an engine that can writes them there, and an array must not be one that is fed.
   * Errors: app/invalid-input when a feed is missing or has the wrong type or shape.
   */
  run(feeds: Values, outputs?: readonly string[], into?: Values): Promise<Record<string, Tensor>>;
  /** Frees native memory. A disposed session cannot run. */
  dispose(): Promise<void>;
}

/** Loads a graph. Errors: graph/invalid when the engine does not take the graph; app/unsupported-platform when the device is not there. */
export function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  return options.device === "tensorflow" ? openTensorFlow(model, options) : openOnnx(model, options);
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
  tensorflow: {
    name: "TensorFlow.js, the second engine (processor)",
    needs:
      "TensorFlow's native library to be fast (npm run setup:tensorflow); without it WebAssembly computes, 5 to 25 times slower",
  },
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
    const { missing, said, available = missing === "nothing" } = await whatIsMissing(id);
    const reason = missing === "nothing" ? "" : `It needs ${needs}.${said === "" ? "" : ` ${said}`}`;
    devices.push({ id, name, available, missing, reason });
  }
  return devices;
}

interface Missing {
  readonly missing: Device["missing"];
  readonly said: string;
  /** Where something is missing and it works nevertheless. */
  readonly available?: boolean;
}

async function whatIsMissing(device: Exclude<DeviceId, "cpu">): Promise<Missing> {
  if (device !== "tensorflow" && !isMadeHere(device)) return { missing: "system", said: "" };
  if (device === "cuda" && !cudaLibraryIsInstalled()) return { missing: "library", said: "" };
  try {
    const session = await createSession(smallestGraph(), { device, threads: 1, use: "inference" });
    await session.dispose();
    const slowly = device === "tensorflow" && !nativeIsInstalled();
    return slowly ? { missing: "library", said: "", available: true } : { missing: "nothing", said: "" };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return device === "webgpu" ? { missing: "adapter", said: "" } : { missing: "other", said: error.message };
  }
}
