// Diversity: images that lie far, in features, from everything that is labelled or was chosen before.
//
// Greedy k-centre (Sener and Savarese, ICLR 2018, https://arxiv.org/abs/1708.00489, algorithm 1; Gonzalez 1985): the next is always the one whose nearest
// centre is farthest, so that the largest distance to a centre is at most twice the least possible. Distances are Euclidean.

import { AppError } from "../../../preload/contract/errors.ts";
import { shuffled } from "./order.ts";

type Features = ArrayLike<number>;

/**
 * Indices of up to `count` images of the pool, in the order of choosing. Without labelled images the first is drawn by the seed; equal distances are
 * settled by it too. Images that equal a centre come last. Throws active/not-features.
 */
export function kCentre(
  pool: readonly Features[],
  labelled: readonly Features[],
  count: number,
  seed: number,
): number[] {
  assertFeatures([...pool, ...labelled]);
  const order = shuffled(pool.length, seed);
  const nearest = new Float64Array(pool.length).fill(Number.POSITIVE_INFINITY);
  const approach = (centre: Features): void => {
    for (const [i, features] of pool.entries()) nearest[i] = Math.min(nearest[i], squaredDistance(features, centre));
  };
  for (const centre of labelled) approach(centre);
  const chosen: number[] = [];
  const taken = new Uint8Array(pool.length);
  while (chosen.length < Math.min(count, pool.length)) {
    let best = -1;
    for (const i of order) if (taken[i] === 0 && (best < 0 || nearest[i] > nearest[best])) best = i;
    chosen.push(best);
    taken[best] = 1;
    approach(pool[best]);
  }
  return chosen;
}

function squaredDistance(a: Features, b: Features): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

function assertFeatures(rows: readonly Features[]): void {
  for (const row of rows) {
    let finite = row.length === rows[0].length;
    for (let i = 0; i < row.length; i++) finite &&= Number.isFinite(row[i]);
    if (!finite) throw new AppError("active/not-features", "Features of the images are not finite, or not as many.");
  }
}
