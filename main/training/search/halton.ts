// Points that fill the unit cube evenly: the Halton sequence with its digits permuted at random.
//
// Coordinate i is the index written backwards in the i-th prime; from the second digit on too, each prime has its own permutation of digits, which
// takes away the stripes of plain Halton in higher dimensions and makes every seed another set (Owen 2017, https://arxiv.org/abs/1706.02808).
import { createRandom } from "../../models/random.ts";

const PURPOSE = 0x4a1;

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** Point `index` (from 0) of the scrambled sequence of `seed`, `dimensions` numbers in [0, 1). */
export function haltonPoint(index: number, dimensions: number, seed: number): Float64Array {
  return Float64Array.from(primes(dimensions), (base, dimension) => {
    let [rest, weight, sum] = [index, 1, 0];
    for (let digit = 0; weight > 1e-9; digit++) {
      weight /= base;
      const order = createRandom(seed, PURPOSE, dimension, digit).shuffle(
        Uint16Array.from({ length: base }, (_, i) => i),
      );
      sum += order[rest % base]! * weight;
      rest = Math.floor(rest / base);
    }
    return Math.min(sum, 1 - 2 ** -32);
  });
}
