// LSTM, GRU and RNN as layers. Gates: ONNX's LSTM input, output, forget, cell, Keras's input, forget, cell, output; GRU update, reset, hidden in both.
import { floatTensor, type Tensor } from "../../../graph/graph.ts";
import { permuted } from "../site.ts";
import type { LayerSite } from "./site.ts";

const KINDS = {
  LSTM: { layer: "LSTM", gates: [0, 2, 3, 1] },
  GRU: { layer: "GRU", gates: [0, 1, 2] },
  RNN: { layer: "SimpleRNN", gates: [0] },
} as const;

/** ONNX's defaults, which layers are told. */
const USUAL: Readonly<Record<string, string>> = { LSTM: "Sigmoid,Tanh,Tanh", GRU: "Sigmoid,Tanh", RNN: "Tanh" };

export function writeRecurrent(site: LayerSite): void {
  const { node, refuse } = site;
  const { layer: className, gates } = KINDS[node.op as keyof typeof KINDS];
  const direction = (node.attributes.direction as string | undefined) ?? "forward";
  const activations = (node.attributes.activations as readonly string[] | string | undefined)?.toString();
  if (direction === "bidirectional") refuse("both directions at once.");
  if (activations !== undefined && activations !== USUAL[node.op]) refuse(`its activations are ${activations}.`);
  if (node.inputs.slice(4).some((name) => name !== "")) refuse("it has initial states, lengths or peepholes.");
  if (site.isWanted(2)) refuse("its last cell is read.");
  const [whole, last] = [site.isWanted(0), site.isWanted(1)];
  if (whole && last) refuse("its sequence and its last state are both read.");
  if (whole && direction === "reverse") refuse("a layer that runs backwards gives its sequence backwards.");

  const x = site.arranged(site.input(0), [1, 0, 2]);
  const [weight, recurrence] = [1, 2].map((index) => site.constant(index) ?? refuse("its weights are computed.")) as [
    Tensor,
    Tensor,
  ];
  const bias = site.constant(3);
  const hidden = recurrence.dims[2]!;
  /** [1, gates H, any] to [any, gates H], the gates in Keras's order. */
  const turned = ({ dims, data }: Tensor): Tensor => {
    const width = dims[2]!;
    const block = hidden * width;
    const ordered = new Float32Array(data.length);
    for (const [to, from] of gates.entries()) {
      ordered.set((data as Float32Array).subarray(from * block, (from + 1) * block), to * block);
    }
    return permuted(floatTensor([gates.length * hidden, width], ordered), [1, 0]);
  };
  const after = node.op === "GRU" && site.attributes.int("linear_before_reset", 0) === 1;
  const weights: Record<string, Tensor> = { kernel: turned(weight), recurrent_kernel: turned(recurrence) };
  if (bias) weights.bias = biasOf(bias, gates, hidden, after);
  const config = {
    units: hidden,
    activation: "tanh",
    ...(node.op === "RNN" ? {} : { recurrent_activation: "sigmoid" }),
    ...(node.op === "GRU" ? { reset_after: after } : {}),
    use_bias: bias !== null,
    return_sequences: whole,
    return_state: false,
    go_backwards: direction === "reverse",
    stateful: false,
    unroll: false,
  };
  const layer = site.layer(className, config, [x], weights);
  const shape = site.shapeOf(node.outputs[whole ? 0 : 1]!);
  // Y [T, 1, N, H] and Y_h [1, N, H] have an axis of directions.
  const target_shape = whole ? [-1, 1, hidden] : [1, hidden];
  const given = { layer, order: whole ? [1, 0, 2] : [0, 1], shape: [] };
  const made = site.layer("Reshape", { target_shape }, [given], {}, "_direction");
  site.give({ layer: made, order: whole ? [2, 0, 1, 3] : [1, 0, 2], shape }, whole ? 0 : 1);
}

/** Of input and state: their sum, or [2, gates H] where a GRU resets after the product and needs them apart. */
function biasOf({ data }: Tensor, gates: readonly number[], hidden: number, apart: boolean): Tensor {
  const size = gates.length * hidden;
  const part = (start: number): Float32Array => {
    const made = new Float32Array(size);
    for (const [to, from] of gates.entries()) {
      made.set((data as Float32Array).subarray(start + from * hidden, start + (from + 1) * hidden), to * hidden);
    }
    return made;
  };
  const [ofInput, ofState] = [part(0), part(size)];
  if (apart) return floatTensor([2, size], [...ofInput, ...ofState]);
  return floatTensor(
    [size],
    ofInput.map((value, i) => value + ofState[i]!),
  );
}
