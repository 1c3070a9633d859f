// Normal, Student's t and F: the little of them that intervals of agreement need.
//
// Both tails rest on incomplete gamma and beta functions by series and continued fraction (Lentz's method; Abramowitz and Stegun 6.5.29, 6.5.31,
// 26.5.8). Quantiles are found by halving: slow beside a formula, never wrong. Checked against scipy.stats to 1e-9 in test/interop.

/** Lanczos' approximation (g = 7, 9 terms; Godfrey 2001), to 1e-15 relative. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const HALVINGS = 200;
const MOST_TERMS = 100_000;
const SMALL = 1e-300;
const PRECISION = 1e-16;

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const sum = LANCZOS.reduce((total, c, i) => (i === 0 ? c : total + c / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** first + a_1 / (b_1 + a_2 / (b_2 + ...)), where `term(i)` is a_i and b_i. */
function continuedFraction(term: (i: number) => readonly [a: number, b: number], first: number): number {
  let f = first === 0 ? SMALL : first;
  let [c, d] = [f, 0];
  for (let i = 1; i < MOST_TERMS; i++) {
    const [a, b] = term(i);
    d = b + a * d;
    c = b + a / c;
    if (d === 0) d = SMALL;
    if (c === 0) c = SMALL;
    d = 1 / d;
    const change = c * d;
    f *= change;
    if (Math.abs(change - 1) < PRECISION) break;
  }
  return f;
}

/** I_x(a, b), the regularised incomplete beta function; `rest` is 1 - x, given so that nothing is lost where x is nearly 1. */
function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  // The fraction converges fast on one side of the mean only; the other side is its mirror image.
  return x > (a + 1) / (a + b + 2) ? 1 - betaByFraction(rest, x, b, a) : betaByFraction(x, rest, a, b);
}

function betaByFraction(x: number, rest: number, a: number, b: number): number {
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(rest)) / a;
  const fraction = continuedFraction((i) => {
    const m = Math.floor(i / 2);
    const up =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    return [up, 1];
  }, 1);
  return front / fraction;
}

/** Where a function that increases from low to high reaches `target`. */
function inverse(increasing: (x: number) => number, target: number, low: number, high: number): number {
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (increasing(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability of a value of at most `f` with `d1` and `d2` degrees of freedom, whole or not. */
export function fCdf(f: number, d1: number, d2: number): number {
  if (f <= 0) return 0;
  const all = d1 * f + d2;
  return incompleteBeta((d1 * f) / all, d2 / all, d1 / 2, d2 / 2);
}

/** `p` within (0, 1). */
export function fQuantile(p: number, d1: number, d2: number): number {
  return Math.exp(inverse((logF) => fCdf(Math.exp(logF), d1, d2), p, -300, 300));
}

/** Student's t: its square is F with 1 and `df` degrees of freedom. */
export function tQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  const t = Math.sqrt(fQuantile(Math.abs(2 * p - 1), 1, df));
  return p < 0.5 ? -t : t;
}

/** Half of the regularised upper incomplete gamma function Q(1/2, z²/2): what lies beyond `z` >= 0. */
function normalTail(z: number): number {
  const x = (z * z) / 2;
  if (x === 0) return 0.5;
  const front = Math.exp(-x) * Math.sqrt(x / Math.PI);
  if (x < 1.5) {
    let [term, sum] = [2, 2];
    for (let n = 1; term > sum * PRECISION; n++) {
      term *= x / (n + 0.5);
      sum += term;
    }
    return 0.5 * (1 - front * sum);
  }
  return (0.5 * front) / continuedFraction((i) => [-i * (i - 0.5), x + 2 * i + 0.5], x + 0.5);
}

/** Probability of a standard normal value of at most `z`. */
export function normalCdf(z: number): number {
  if (z === Number.POSITIVE_INFINITY) return 1;
  if (z === Number.NEGATIVE_INFINITY) return 0;
  return z < 0 ? normalTail(-z) : 1 - normalTail(z);
}

/** -Infinity at 0 and Infinity at 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  return p < 0.5 ? -inverse((z) => -normalTail(z), -p, 0, 40) : inverse((z) => -normalTail(z), p - 1, 0, 40);
}
