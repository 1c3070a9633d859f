// Seeded random numbers: the only source of chance in models and training.
//
// A generator is made from a key of integers, for example (seed, purpose, epoch, step), so any position of a run can be reached without
// playing through what came before: that is what makes a resumed run end with the weights of an undisturbed one. Never the clock, never Math.random.
// xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c), seeded by hashing the key with splitmix32. Not for secrets.

/** A stream of random numbers; same key, same stream, on every machine. */
export interface Random {
  /** Integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Integer in [0, bound), without bias. `bound` from 1 to 2^32. */
  below(bound: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** Orders `values` at random, in place, and returns them (Fisher-Yates). */
  shuffle<T extends { length: number; [index: number]: unknown }>(values: T): T;
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** One splitmix32 step: a bijective scramble of 32 bits. */
function scramble(x: number): number {
  let z = (x + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** The stream of a key: safe integers from 0 upward, in an order that matters: (1, 2) and (2, 1) differ. */
export function createRandom(...key: readonly number[]): Random {
  const state = new Int32Array(4);
  for (let word = 0; word < 4; word++) {
    let hash = scramble(word + 1);
    for (const part of key) {
      hash = scramble(hash ^ (part >>> 0));
      hash = scramble(hash ^ Math.floor(part / 2 ** 32));
    }
    state[word] = hash;
  }
  if (state.every((word) => word === 0)) state[0] = 1; // the one state that xoshiro cannot leave

  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const t = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= t;
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  };
  const uniform = (): number => uint32() / 2 ** 32;
  const below = (bound: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = uint32();
    while (value >= limit) value = uint32();
    return value % bound;
  };
  let spare: number | null = null;
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    // Box-Muller; 1 - uniform() is never 0, so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return {
    uint32,
    uniform,
    below,
    normal,
    shuffle: (values) => {
      for (let i = values.length - 1; i > 0; i--) {
        const j = below(i + 1);
        const kept = values[i];
        (values as { [index: number]: unknown })[i] = values[j];
        (values as { [index: number]: unknown })[j] = kept;
      }
      return values;
    },
  };
}
