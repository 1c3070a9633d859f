// Recurrent layers of Keras: ONNX's own operator where the activations are those that it is differentiated with, otherwise step by step.
//
// Gates in Keras: LSTM input, forget, cell, output; GRU update, reset, hidden. In ONNX: LSTM input, output, forget, cell; GRU the same.
// TensorFlow.js begins with a hard sigmoid where Keras begins with a sigmoid.
import type { Value } from "../../graph/builder.ts";
import { fixedDims, floatTensor, type Tensor } from "../../graph/graph.ts";
import { Held, together } from "./held.ts";
import { activationOf, type Config, flag, permuted, type Site, word } from "./site.ts";

const KINDS = {
  LSTM: { gates: 4, onnx: [0, 3, 1, 2] },
  GRU: { gates: 3, onnx: [0, 1, 2] },
  SimpleRNN: { gates: 1, onnx: [0] },
} as const;
type Kind = keyof typeof KINDS;

/** What a layer says at every step [N, T, H], in the order of time, and after its last one [N, H]. */
interface Said {
  readonly sequence: Value;
  readonly last: Value;
}

interface Layer {
  readonly kind: Kind;
  /** The site with the layer's own settings. */
  readonly site: Site;
  readonly reverse: boolean;
  readonly kernel: Tensor;
  readonly recurrent: Tensor;
  /** Of the input, and of the state where the GRU resets after the product: [gates H] each. */
  readonly bias: readonly [Tensor, Tensor | null] | null;
  /** In front of the names of its constants. */
  readonly prefix: string;
}

export function recurrentLayer(site: Site): Held {
  const said = run(layerOf(site, site.className, site.config, ""), site.inputs[0]!.last);
  if (!flag(site, "return_sequences", false)) return Held.last(site.b, said.last);
  if (flag(site, "go_backwards", false)) site.refuse("it gives its sequence backwards.");
  return Held.last(site.b, said.sequence);
}

export function bidirectional(site: Site): Held {
  const { class_name: className, config } = site.config.layer as { class_name: string; config: Config };
  const [forward, backward] = ["forward_", "backward_"].map((prefix) => {
    const own = { ...config, go_backwards: prefix === "backward_" };
    return run(layerOf(site, className, own, prefix), site.inputs[0]!.last);
  }) as [Said, Said];
  const whole = config.return_sequences === true;
  const parts = [forward, backward].map((said) => Held.last(site.b, whole ? said.sequence : said.last));
  const mode = word(site, "merge_mode", "concat");
  const { b } = site;
  return together(b, parts, ([one, other]) => {
    if (mode === "concat") return b.concat([one!, other!], -1 + one!.shape.length);
    if (mode === "sum") return b.add(one!, other!);
    if (mode === "mul") return b.mul(one!, other!);
    if (mode === "ave") return b.mul(b.add(one!, other!), 0.5);
    return site.refuse(`its merge_mode "${mode}" is not read.`);
  });
}

function layerOf(site: Site, className: string, config: Config, prefix: string): Layer {
  if (!Object.hasOwn(KINDS, className)) site.refuse(`it runs a ${className}, which is not read there.`);
  const own = { ...site, config };
  if (flag(own, "return_state", false)) site.refuse("it gives its state.");
  const within = prefix === "" ? undefined : prefix;
  const [kernel, recurrent] = [site.weight("kernel", within), site.weight("recurrent_kernel", within)];
  const given = flag(own, "use_bias", true) ? site.weight("bias", within) : null;
  const half = (given?.data.length ?? 0) / 2;
  const parts = given && given.dims.length === 2 ? [given.data.slice(0, half), given.data.slice(half)] : [given?.data];
  const [ofInput, ofState] = parts.map((data) => data && floatTensor([data.length], data as Float32Array));
  const bias = ofInput ? ([ofInput, ofState ?? null] as const) : null;
  const kind = className as Kind;
  return { kind, site: own, reverse: flag(own, "go_backwards", false), kernel, recurrent, bias, prefix };
}

function run(layer: Layer, x: Value): Said {
  const { site } = layer;
  const usual = (name: string, wanted: string): boolean => word(site, name, wanted).toLowerCase() === wanted;
  const plain = usual("activation", "tanh") && (layer.kind === "SimpleRNN" || usual("recurrent_activation", "sigmoid"));
  return plain ? asOperator(layer, x) : stepByStep(layer, x);
}

/** Whether the GRU multiplies the state before it resets it. */
const resetsAfter = ({ site, bias }: Layer): boolean =>
  flag(site, "reset_after", false) || (bias !== null && bias[1] !== null);

function asOperator(layer: Layer, x: Value): Said {
  const { kind, site, reverse, kernel, recurrent, bias, prefix } = layer;
  const { b } = site;
  const { gates, onnx } = KINDS[kind];
  const hidden = recurrent.dims[0]!;
  /** [any, gates H] to [1, gates H, any] in ONNX's order of gates. */
  const turned = (weight: Tensor): Tensor => {
    const width = weight.dims[0]!;
    const apart = permuted({ ...weight, dims: [width, gates, hidden] }, [1, 2, 0]);
    const block = hidden * width;
    const data = new Float32Array(apart.data.length);
    for (const [to, from] of onnx.entries()) {
      data.set((apart.data as Float32Array).subarray(from * block, (from + 1) * block), to * block);
    }
    return floatTensor([1, gates * hidden, width], data);
  };
  const zeros = floatTensor([gates * hidden], new Float32Array(gates * hidden));
  const offsets = [bias?.[0] ?? zeros, bias?.[1] ?? zeros].map(
    (part) => turned({ ...part, dims: [1, gates * hidden] }).data,
  );
  const both = floatTensor([1, 2 * gates * hidden], [...offsets[0]!, ...offsets[1]!].map(Number));
  const inputs = [
    b.transpose(x, [1, 0, 2]),
    site.constant(`${prefix}kernel`, turned(kernel)),
    site.constant(`${prefix}recurrent_kernel`, turned(recurrent)),
    site.constant(`${prefix}bias`, both),
  ];
  const attributes = {
    hidden_size: hidden,
    direction: reverse ? "reverse" : "forward",
    linear_before_reset: kind === "GRU" ? Number(resetsAfter(layer)) : undefined,
  };
  const [sequence, last] = b.node(kind === "SimpleRNN" ? "RNN" : kind, inputs, attributes, 2) as [Value, Value];
  return { sequence: b.transpose(b.squeeze(sequence, [1]), [1, 0, 2]), last: b.squeeze(last, [0]) };
}

/** From the input's part of one step and the states before it (null: zeros) to the states after it, hidden first. */
type Cell = (input: Value, states: readonly Value[] | null) => readonly Value[];

function stepByStep(layer: Layer, x: Value): Said {
  const { site, kernel, bias, prefix } = layer;
  const { b } = site;
  const [steps] = fixedDims(x.shape.slice(1, 2), "The steps") as [number];
  const weight = site.constant(`${prefix}kernel`, kernel);
  const offset = bias ? site.constant(`${prefix}bias`, bias[0]) : null;
  const product = b.matMul(x, weight);
  const weighted = offset ? b.add(product, offset) : product;
  const parts = b.split(weighted, new Array<number>(steps).fill(1), 1).map((part) => b.squeeze(part, [1]));
  const cell = cellOf(layer);
  const order = layer.reverse ? parts.toReversed() : parts;
  let states: readonly Value[] | null = null;
  const said = order.map((input) => {
    states = cell(input, states);
    return states[0]!;
  });
  const inTime = layer.reverse ? said.toReversed() : said;
  const sequence = b.concat(
    inTime.map((state) => b.unsqueeze(state, [1])),
    1,
  );
  return { sequence, last: said.at(-1)! };
}

function cellOf(layer: Layer): Cell {
  const { kind, site, recurrent, bias, prefix } = layer;
  const { b } = site;
  const named = (setting: string, fallback: string) => {
    const name = word(site, setting, fallback);
    const make = activationOf(name) ?? site.refuse(`its ${setting} "${name}" is not read.`);
    return (value: Value): Value => make(b, value, site.keras3);
  };
  const [act, gate] = [named("activation", "tanh"), named("recurrent_activation", "sigmoid")];
  const hidden = recurrent.dims[0]!;
  const weight = site.constant(`${prefix}recurrent_kernel`, recurrent);
  const stateBias = bias?.[1] ? site.constant(`${prefix}recurrent_bias`, bias[1]) : null;
  const apart = (value: Value): readonly Value[] =>
    b.split(value, new Array<number>(KINDS[kind].gates).fill(hidden), 1);
  if (kind === "SimpleRNN") {
    return (input, states) => [act(states ? b.add(input, b.matMul(states[0]!, weight)) : input)];
  }
  if (kind === "LSTM") {
    return (input, states) => {
      const [enter, forget, candidate, leave] = apart(states ? b.add(input, b.matMul(states[0]!, weight)) : input) as [
        Value,
        Value,
        Value,
        Value,
      ];
      const written = b.mul(gate(enter), act(candidate));
      const cell = states ? b.add(b.mul(gate(forget), states[1]!), written) : written;
      return [b.mul(gate(leave), act(cell)), cell];
    };
  }
  const after = resetsAfter(layer);
  const columns = after ? [] : b.split(weight, [2 * hidden, hidden], 1); // of the gates, of the candidate
  return (input, states) => {
    const state = states?.[0];
    const [update, reset, candidate] = apart(input) as [Value, Value, Value];
    if (!state) {
      const [z, r, c] = stateBias ? (b.split(stateBias, [hidden, hidden, hidden], 0) as [Value, Value, Value]) : [];
      const share = gate(z ? b.add(update, z) : update);
      const fresh = act(c ? b.add(candidate, b.mul(gate(b.add(reset, r!)), c)) : candidate);
      return [b.mul(b.sub(1, share), fresh)];
    }
    if (after) {
      const product = b.matMul(state, weight);
      const [z, r, c] = apart(stateBias ? b.add(product, stateBias) : product) as [Value, Value, Value];
      const share = gate(b.add(update, z));
      const fresh = act(b.add(candidate, b.mul(gate(b.add(reset, r)), c)));
      return [b.add(b.mul(share, state), b.mul(b.sub(1, share), fresh))];
    }
    const [z, r] = b.split(b.matMul(state, columns[0]!), [hidden, hidden], 1) as [Value, Value];
    const share = gate(b.add(update, z));
    const fresh = act(b.add(candidate, b.matMul(b.mul(gate(b.add(reset, r)), state), columns[1]!)));
    return [b.add(b.mul(share, state), b.mul(b.sub(1, share), fresh))];
  };
}
