// Exponential smoothing of a curve, with the start corrected.
//
// A plain exponential mean starts at its first value and drags it along for 1 / (1 - weight) points. Dividing by 1 - weight^n
// (Adam's bias correction; TensorBoard does the same) makes every output a weighted mean of the values seen so far and nothing else.

/** `weight` in [0, 1): 0 changes nothing, 0.99 averages over about 100 points. Values that are not finite pass through unused. */
export function smooth(values: readonly number[], weight: number): number[] {
  if (!(weight >= 0 && weight < 1)) throw new RangeError(`smoothing weight must be in [0, 1), got ${weight}`);
  let mean = 0;
  let mass = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}
