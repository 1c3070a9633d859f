// Recurrent layers: LSTM (Hochreiter, Schmidhuber 1997), GRU (Cho et al. 2014, arXiv 1406.1078) and the plain kind.
//
// ONNX's shapes: T steps, batch N, F features, H hidden units, D directions; input [T, N, F], W [D, gates H, F], R [D, gates H, H],
// bias [D, 2 gates H] (of W, then of R), Y [T, D, N, H], last states [D, N, H]. Activations are the usual ones.
import type { Value } from "../builder.ts";
import { elementCount, fixedDims, floatTensor, type TensorType, tensor } from "../graph.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import type { ForwardSite } from "./rule.ts";

function layerTypes(site: ShapeSite, gates: number, states: number): readonly TensorType[] {
  const { type } = site.float(0);
  const [steps, batch, features] = site.ranked(0, 3);
  if (site.int("layout", 0) !== 0) site.fail("only layout 0, time first, is supported.");
  const directions = site.string("direction", "forward") === "bidirectional" ? 2 : 1;
  const hidden = site.int("hidden_size", 0);
  const expect = (index: number, shape: readonly unknown[]) => {
    if (!site.has(index)) return;
    site.sameType(0, index);
    if (site.shape(index).join() !== shape.join()) site.fail(`input ${index} must be [${shape.join(", ")}].`);
  };
  expect(1, [directions, gates * hidden, features]);
  expect(2, [directions, gates * hidden, hidden]);
  expect(3, [directions, 2 * gates * hidden]);
  for (let state = 0; state < states; state++) expect(5 + state, [directions, batch, hidden]);
  const last: TensorType = { type, shape: [directions, batch!, hidden] };
  const sequence: TensorType = { type, shape: [steps!, directions, batch!, hidden] };
  return [sequence, last, last].slice(0, site.outputs);
}

/** One direction's weights, and the input of every step with its weights and bias already applied. */
interface Direction {
  readonly steps: readonly Value[];
  /** [H, gates H] */
  readonly recurrent: Value;
  /** Bias of the recurrent part [gates H]. */
  readonly recurrentBias: Value;
  /** First states [N, H] where given: hidden, then cell. */
  readonly first: readonly (Value | null)[];
}

/** From one step's input and the states before it (null: zeros) to the states after it, hidden first. */
type Cell = (input: Value, states: readonly (Value | null)[], direction: Direction) => readonly Value[];

function unrolled(site: ForwardSite, gates: number, states: number, cell: Cell): readonly Value[] {
  const { b, x, has } = site;
  if (has(4)) site.refuse("sequences of unequal length are not differentiated.");
  if (has(7)) site.refuse("peepholes are not differentiated.");
  const hidden = site.int("hidden_size", 0);
  const [count] = fixedDims(x(0).shape.slice(0, 1), "The number of steps") as [number];
  const way = site.string("direction", "forward");
  const only = (value: Value, index: number) => b.squeeze(b.slice(value, [index], [index + 1], [0]), [0]);
  const results = (way === "bidirectional" ? ["forward", "reverse"] : [way]).map((name, d) => {
    const [ofInput, ofState] = has(3)
      ? (b.split(only(x(3), d), [gates * hidden, gates * hidden], 0) as [Value, Value])
      : ([zeros(site, [gates * hidden]), zeros(site, [gates * hidden])] as const);
    const weighted = b.add(b.matMul(x(0), b.transpose(only(x(1), d), [1, 0])), ofInput);
    const direction: Direction = {
      steps: b.split(weighted, new Array<number>(count).fill(1), 0).map((step) => b.squeeze(step, [0])),
      recurrent: b.transpose(only(x(2), d), [1, 0]),
      recurrentBias: ofState,
      first: Array.from({ length: states }, (_, i) => (has(5 + i) ? only(x(5 + i), d) : null)),
    };
    let now: readonly (Value | null)[] = direction.first;
    const made = new Array<Value>(count);
    for (let i = 0; i < count; i++) {
      const at = name === "reverse" ? count - 1 - i : i;
      now = cell(direction.steps[at]!, now, direction);
      made[at] = b.unsqueeze(now[0]!, [0, 1]);
    }
    return { sequence: b.concat(made, 0), last: now.map((state) => b.unsqueeze(state!, [0])) };
  });
  const joined = (parts: readonly Value[], axis: number) => (parts.length === 1 ? parts[0]! : b.concat(parts, axis));
  const sequence = joined(
    results.map((result) => result.sequence),
    1,
  );
  const last = Array.from({ length: states }, (_, i) =>
    joined(
      results.map((result) => result.last[i]!),
      0,
    ),
  );
  return [sequence, ...last];
}

function zeros({ b, x }: ForwardSite, dims: readonly number[]): Value {
  const data = new Array<number>(elementCount(dims)).fill(0);
  return b.constant(
    x(0).type === "float64" ? tensor("float64", dims, Float64Array.from(data)) : floatTensor(dims, data),
  );
}

/** What the state before adds to the gates: [N, gates H], or the bias alone where there was none. */
function fromState({ b }: ForwardSite, state: Value | null, { recurrent, recurrentBias }: Direction): Value {
  return state ? b.add(b.matMul(state, recurrent), recurrentBias) : recurrentBias;
}

function lstm(site: ForwardSite): readonly Value[] {
  const { b } = site;
  const size = site.int("hidden_size", 0);
  if (site.int("input_forget", 0) !== 0) site.refuse("coupled input and forget gates are not differentiated.");
  return unrolled(site, 4, 2, (input, [h, c], direction) => {
    const gates = b.split(b.add(input, fromState(site, h ?? null, direction)), [size, size, size, size], 1);
    const [i, o, f] = gates.slice(0, 3).map((gate) => b.sigmoid(gate)) as [Value, Value, Value];
    const fresh = b.mul(i, b.op("Tanh", [gates[3]!]));
    const cell = c ? b.add(b.mul(f, c), fresh) : fresh;
    return [b.mul(o, b.op("Tanh", [cell])), cell];
  });
}

function gru(site: ForwardSite): readonly Value[] {
  const { b } = site;
  const size = site.int("hidden_size", 0);
  const after = site.int("linear_before_reset", 0) !== 0;
  return unrolled(site, 3, 1, (input, [h], direction) => {
    const [xz, xr, xh] = b.split(input, [size, size, size], 1) as [Value, Value, Value];
    const sides = fromState(site, h ?? null, direction);
    const [hz, hr, hh] = b.split(sides, [size, size, size], sides.shape.length - 1) as [Value, Value, Value];
    const z = b.sigmoid(b.add(xz, hz));
    const r = b.sigmoid(b.add(xr, hr));
    const reset = () => {
      // The state is reset before it is weighted, so the last third is weighted again.
      const weights = b.slice(direction.recurrent, [2 * size], [3 * size], [1]);
      const bias = b.slice(direction.recurrentBias, [2 * size], [3 * size], [0]);
      return h ? b.add(b.matMul(b.mul(r, h), weights), bias) : bias;
    };
    const fresh = b.op("Tanh", [b.add(xh, after ? b.mul(r, hh) : reset())]);
    const made = b.mul(b.sub(1, z), fresh);
    return [h ? b.add(made, b.mul(z, h)) : made];
  });
}

function plain(site: ForwardSite): readonly Value[] {
  const { b } = site;
  return unrolled(site, 1, 1, (input, [h], direction) => [
    b.op("Tanh", [b.add(input, fromState(site, h ?? null, direction))]),
  ]);
}

const layer = { domain: "", opset: [7, NEWEST] } as const;
const shared = { hidden_size: "int", direction: "string", layout: "int" } as const;

export const recurrent: Readonly<Record<"LSTM" | "GRU" | "RNN", Operator>> = {
  LSTM: {
    ...layer,
    inputs: [3, 8],
    outputs: [1, 3],
    attributes: { ...shared, input_forget: "int" },
    infer: (site) => layerTypes(site, 4, 2),
    gradient: { expansion: lstm },
  },
  GRU: {
    ...layer,
    inputs: [3, 6],
    outputs: [1, 2],
    attributes: { ...shared, linear_before_reset: "int" },
    infer: (site) => layerTypes(site, 3, 1),
    gradient: { expansion: gru },
  },
  RNN: {
    ...layer,
    inputs: [3, 6],
    outputs: [1, 2],
    attributes: shared,
    infer: (site) => layerTypes(site, 1, 1),
    gradient: { expansion: plain },
  },
};
