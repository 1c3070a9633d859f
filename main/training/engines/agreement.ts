// Before a device is used for training it must agree with the CPU: the same graph on the same numbers gives the same numbers.
//
// Graphics drivers have bugs and devices round differently; a model trained on a device that computes something else would be wrong
// without any error. One small step of the very graph that is to be trained settles it, on this machine, with this driver.
import { AppError } from "../../../preload/contract/index.ts";
import { createSession, type DeviceId, type Values } from "./onnx.ts";

/** Largest relative L2 difference of any output. float32 training steps differ by 1e-6 to 1e-4 between correct devices (README). */
export const AGREEMENT = 1e-3;

export interface Agreement {
  /** Largest relative L2 difference over all outputs, and the output it was found in. */
  difference: number;
  output: string;
}

/** Runs `model` once on each device and compares every floating-point output. Errors: those of createSession. */
export async function compareWithCpu(
  model: Uint8Array,
  feeds: Values,
  { device, threads }: { device: DeviceId; threads: number },
): Promise<Agreement> {
  const runOn = async (on: DeviceId) => {
    const session = await createSession(model, { device: on, threads, use: "training" });
    try {
      return await session.run(feeds);
    } finally {
      await session.dispose();
    }
  };
  const [expected, found] = [await runOn("cpu"), await runOn(device)];
  let worst: Agreement = { difference: 0, output: "" };
  for (const [output, { type, data }] of Object.entries(expected)) {
    if (type !== "float32" && type !== "float64") continue;
    const difference = relativeDifference(data as Float32Array, found[output]!.data as Float32Array);
    if (!(difference <= worst.difference)) worst = { difference, output };
  }
  return worst;
}

/** Errors: training/device-disagrees, naming the output that is furthest off. */
export async function requireAgreement(
  model: Uint8Array,
  feeds: Values,
  on: { device: DeviceId; threads: number },
): Promise<void> {
  const { difference, output } = await compareWithCpu(model, feeds, on);
  if (difference <= AGREEMENT) return;
  throw new AppError(
    "training/device-disagrees",
    `One training step on ${on.device} differs from the processor by ${difference.toPrecision(2)} in ${output} (allowed: ${AGREEMENT}); train on the processor.`,
  );
}

/** L2 norm of the difference over the L2 norm of what was expected; Infinity when a number is missing or not finite. */
function relativeDifference(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  if (expected.length !== found.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (expected[i]! - found[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  const relative = Math.sqrt(difference / Math.max(norm, 1e-30));
  return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
}
