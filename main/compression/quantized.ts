// A network in a smaller number format whose quality holds: how right it is asked of whoever knows the images and their truths, so the same repair serves every kind of label.
import type { LayerSensitivity } from "../../preload/contract/index.ts";
import { type Numbers, reduce } from "./formats.ts";
import type { MeasuringOptions } from "./measure.ts";
import { sensitivities } from "./sensitivity.ts";
import type { Steps } from "./steps.ts";

/** What a network is for. `Judged` is what is known about its answers on the held-out images. */
export interface Subject<Judged> {
  /** Rows and columns of the input `image` [N, 1, size, size]. */
  readonly size: number;
  /** Training images or parts of them, [count, size, size] in [0, 1]: for ranges and sensitivities. */
  readonly training: Float32Array;
  readonly judge: (onnx: Uint8Array) => Promise<Judged>;
  /** Whether what was lost lies within the limits. */
  readonly holds: (before: Judged, after: Judged) => boolean;
}

export interface QuantizingOptions extends MeasuringOptions {
  readonly numbers: Numbers;
  /** Whether layers may be put back to float where quality does not hold. */
  readonly repair: boolean;
  /** Told of each training image that is calibrated on and each layer whose sensitivity is measured. */
  readonly steps: Steps;
}

export interface Quantized<Judged> {
  readonly file: Uint8Array;
  readonly before: Judged;
  readonly after: Judged;
  readonly layers: readonly LayerSensitivity[];
}

/**
 * The file whose quality holds with the fewest layers in float that doubling finds: none, then the most sensitive one, two, four. Without repair, or where even the last layer does
 * not help, the file with none. Blocks its thread. Errors: compression/refused without a layer; snapshot/part-empty without a training image; graph/invalid; app/aborted.
 */
export async function quantize<Judged>(
  onnx: Uint8Array,
  { size, training, judge, holds }: Subject<Judged>,
  { numbers, repair, steps, ...how }: QuantizingOptions,
): Promise<Quantized<Judged>> {
  let calibrated = 0;
  const onImages = (done: number): void => {
    steps.add(done - calibrated, "calibrating");
    calibrated = done;
  };
  const reduced = await reduce(onnx, numbers, { images: training, size, ...how, onImages });
  const before = await judge(onnx);
  const all = reduced.file(new Set());
  const first = await judge(all);
  steps.expect(reduced.layers.length);
  const onLayer = () => steps.add(1, "evaluating");
  const layers = await sensitivities(reduced, { pixels: training, size }, { ...how, onLayer });
  const unmended = { file: all, before, after: first, layers };
  if (!repair || holds(before, first)) return unmended;
  const order = layers.toSorted((a, b) => b.moved - a.moved).map(({ layer }) => layer);
  for (let count = 1; count < order.length; count *= 2) {
    const float = new Set(order.slice(0, count));
    const file = reduced.file(float);
    const after = await judge(file);
    if (holds(before, after)) {
      return { file, before, after, layers: layers.map((one) => ({ ...one, float: float.has(one.layer) })) };
    }
  }
  return unmended;
}
