// A smooth function's minimum by its gradient: BFGS with backtracking (Nocedal and Wright 2006, algorithm 6.1). For a few dozen variables.

interface At {
  readonly value: number;
  readonly gradient: Float64Array;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The longest first move, so that a steep start does not leave the region that makes sense. */
const LONGEST = 2;

/** Goes downhill from `start`; `f` gives null where it has no value. Null where it has none at `start`. */
export function minimise(
  f: (x: Float64Array) => At | null,
  start: readonly number[],
  iterations: number,
): { at: Float64Array; value: number } | null {
  const n = start.length;
  let x = Float64Array.from(start);
  let here = f(x);
  if (!here) return null;
  let h = identity(n);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let direction = multiply(h, here.gradient).map((v) => -v);
    let slope = dot(direction, here.gradient);
    if (!(slope < 0)) {
      h = identity(n);
      direction = here.gradient.map((v) => -v);
      slope = dot(direction, here.gradient);
    }
    const length = Math.max(...direction.map(Math.abs));
    if (!(length > 1e-6)) break;
    let step = Math.min(1, LONGEST / length);
    let next: At | null = null;
    let to = x;
    for (let tries = 0; tries < 12; tries++, step /= 3) {
      to = x.map((v, i) => v + step * direction[i]!);
      const there = f(to);
      if (there && there.value <= here.value + 1e-4 * step * slope) {
        next = there;
        break;
      }
    }
    if (!next) break;
    const gain = here.value - next.value;
    update(
      h,
      to.map((v, i) => v - x[i]!),
      next.gradient.map((v, i) => v - here!.gradient[i]!),
    );
    [x, here] = [to, next];
    if (gain < 1e-7) break;
  }
  return { at: x, value: here.value };
}

const identity = (n: number): Float64Array[] =>
  Array.from({ length: n }, (_, i) => new Float64Array(n).fill(1, i, i + 1));
const multiply = (h: readonly Float64Array[], v: Float64Array): Float64Array =>
  Float64Array.from(h, (row) => dot(row, v));

/** The inverse Hessian after the move `s`, over which the gradient changed by `y`. */
function update(h: Float64Array[], s: Float64Array, y: Float64Array): void {
  const curvature = dot(s, y);
  if (curvature <= 1e-12) return;
  const hy = multiply(h, y);
  const scale = (curvature + dot(y, hy)) / curvature ** 2;
  for (const [i, row] of h.entries()) {
    for (let j = 0; j < row.length; j++)
      row[j]! += scale * s[i]! * s[j]! - (hy[i]! * s[j]! + s[i]! * hy[j]!) / curvature;
  }
}
