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

// Normal numbers by the ziggurat (Marsaglia and Tsang 2000, https://doi.org/10.18637/jss.v005.i08; tail after Marsaglia 1964): the bell is covered by
// layers of equal area, and almost every draw falls where a layer lies under the curve whole, so it costs one product. Eleven million draws take
// 0.2 s where logarithms and sines took 0.75 (one thread of an EPYC, Zen 3).
const LAYERS = 128;
/** Where the lowest layer's tail begins, and the area of a layer. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

const density = (x: number): number => Math.exp(-0.5 * x * x);

/** Right edges of the layers from the lowest up; the lowest one's is that of a rectangle of its area, the last is 0. */
const EDGES = (() => {
  const edges = new Float64Array(LAYERS + 1);
  edges[0] = AREA / density(TAIL);
  edges[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    edges[i] = Math.sqrt(-2 * Math.log(AREA / edges[i - 1]! + density(edges[i - 1]!)));
  }
  return edges;
})();

/** How far beyond `TAIL` a number of the tail lies; 1 - uniform() is never 0, so logarithms are finite. */
function beyond(uniform: () => number): number {
  for (;;) {
    const x = -Math.log(1 - uniform()) / TAIL;
    if (-2 * Math.log(1 - uniform()) > x * x) return x;
  }
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
  const normal = (): number => {
    for (;;) {
      const bits = uint32();
      const layer = bits & (LAYERS - 1);
      // The 25 bits that did not choose the layer: from -1 to 1, never 0.
      const side = ((bits >>> 7) + 0.5) / 2 ** 24 - 1;
      const width = EDGES[layer]!;
      const x = side * width;
      if (Math.abs(x) < EDGES[layer + 1]!) return x;
      if (layer === 0) return Math.sign(side) * (TAIL + beyond(uniform));
      const [outer, inner] = [density(width), density(EDGES[layer + 1]!)];
      if (outer + uniform() * (inner - outer) < density(x)) return x;
    }
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
