// Recurrent classifiers: an LSTM (Hochreiter and Schmidhuber 1997) or GRU (Cho et al. 2014, https://arxiv.org/abs/1406.1078) over a sequence or over
// embedded tokens; the state after the last step answers.
import type { Value } from "../../graph/builder.ts";
import { fixedDims } from "../../graph/graph.ts";
import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

const GATES = { lstm: 4, gru: 3 } as const;

/** `width` hidden units in each of `layers` layers. */
export function recurrent(kind: "lstm" | "gru", shape: ModelShape, width: number, layers = 1): ModelGraph {
  const m = new ModelBuilder(kind, shape);
  const { input } = shape;
  const read = m.input();
  const embedded = input.kind === "tokens" ? m.embedding("embedding", read, input.vocabulary, width) : read;
  let x = m.b.transpose(embedded, [1, 0, 2]);
  let last: Value | null = null;
  for (let layer = 1; layer <= layers; layer++) {
    const [sequence, state] = recurrentLayer(m, kind, `layer${layer}`, x, width);
    x = m.b.squeeze(sequence, [1]);
    last = state;
  }
  return m.finish(m.b.squeeze(last!, [0]), null);
}

/**
 * Biases with which units begin to forget after 1 to `steps` steps, evenly spread (Tallec and Ollivier 2018, https://arxiv.org/abs/1804.11188): with zeros a
 * sequence of 40 steps is forgotten before there is anything to learn from. Gates in ONNX's order: LSTM input, output, forget, cell; GRU update, reset, hidden.
 */
function remembering(kind: "lstm" | "gru", width: number, steps: number): Float32Array {
  const values = new Float32Array(2 * GATES[kind] * width);
  for (let unit = 0; unit < width; unit++) {
    const kept = Math.log(1 + (Math.max(2, steps) - 2) * ((unit + 0.5) / width));
    if (kind === "gru") values[unit] = kept;
    else {
      values[unit] = -kept;
      values[2 * width + unit] = kept;
    }
  }
  return values;
}

function recurrentLayer(m: ModelBuilder, kind: "lstm" | "gru", name: string, x: Value, width: number) {
  const gates = GATES[kind];
  const [steps] = fixedDims(x.shape.slice(0, 1), "The steps") as [number];
  const [features] = fixedDims(x.shape.slice(2), "The features") as [number];
  // Uniform in PyTorch; the same variance, 1 / (3 width).
  const initial = () => Math.sqrt(1 / (3 * width));
  const weight = m.weight(`${name}.weight`, [1, gates * width, features], initial);
  const recurrence = m.weight(`${name}.recurrence`, [1, gates * width, width], initial);
  const bias = m.constantOf(`${name}.bias`, [1, 2 * gates * width], remembering(kind, width, steps));
  const op = kind === "lstm" ? "LSTM" : "GRU";
  const attributes = kind === "gru" ? { hidden_size: width, linear_before_reset: 1 } : { hidden_size: width };
  const [sequence, state] = m.b.as(name).node(op, [x, weight, recurrence, bias], attributes, 2) as [Value, Value];
  return [sequence, state] as const;
}
