// int8 whose ranges of activations are taken anew from each image: no images to calibrate on, and no outlier of another image in the way.
//
// Weights are kept as codes, one scale per output channel. What a layer reads gets its codes when the network runs (DynamicQuantizeLinear), products are summed in integers (ConvInteger,
// MatMulInteger) and scaled back to float, so everything between two layers stays float. That costs time at every layer: static int8 is faster, and for small networks so is float.
// A transposed convolution has no integer kernel: its weights alone are codes. Weights of products are int8; of convolutions uint8 with zero point 128, because the runtime's kernel for
// signed ones takes three times as long (ResNet-18 of width 16: 4.0 ms against 1.3, ONNX Runtime 1.30). Source: ONNX operators DynamicQuantizeLinear (11), ConvInteger (10), MatMulInteger (10).
import { DATA_TYPES } from "../graph/data-type.ts";
import { floatTensor, type Graph, type Node, type Tensor, tensor } from "../graph/graph.ts";
import { transposed, withoutUnreadConstants } from "./fold.ts";
import { quantizeWeight, store, weightedLayers } from "./quantize.ts";

const ZERO = 128;

/** The same network, its layers' products in integers but for those that stay float. */
export function quantizeDynamic(graph: Graph, float: ReadonlySet<string>): Graph {
  const writing = new Writing(graph);
  const reduced = new Set(weightedLayers(graph).filter((name) => !float.has(name)));
  for (const node of graph.nodes) {
    if (!reduced.has(node.name)) writing.nodes.push(node);
    else if (node.op === "Conv") writing.convolution(node);
    else if (isPlainProduct(node, graph)) writing.product(node);
    else writing.weightsAlone(node);
  }
  const { nodes, initializers } = writing;
  return withoutUnreadConstants({ ...graph, name: `${graph.name}-dynamic`, initializers, nodes });
}

/** Products of rows with a matrix, scaled by nothing else. */
function isPlainProduct({ op, inputs, attributes }: Node, { initializers }: Graph): boolean {
  if (initializers.get(inputs[1]!)!.dims.length !== 2) return false;
  if (op === "MatMul") return true;
  return op === "Gemm" && attributes.transA !== 1 && (attributes.alpha ?? 1) === 1 && (attributes.beta ?? 1) === 1;
}

class Writing {
  readonly nodes: Node[] = [];
  readonly initializers: Map<string, Tensor>;
  readonly #coded = new Set<string>();

  constructor({ initializers }: Graph) {
    this.initializers = new Map(initializers);
  }

  convolution(node: Node): void {
    const [x, weight, bias] = node.inputs as [string, string, string | undefined];
    const { codes, scales } = quantizeWeight(node, this.initializers);
    const rank = this.initializers.get(weight)!.dims.length;
    const perChannel = [scales.length, ...new Array<number>(rank - 2).fill(1)];
    const shifted = Uint8Array.from(codes.data as Int8Array, (code) => code + ZERO);
    this.#keep(node, { codes: tensor("uint8", codes.dims, shifted), scales: floatTensor(perChannel, scales) });
    const zero = `${node.name}/zero-point`;
    this.initializers.set(zero, tensor("uint8", [], Uint8Array.of(ZERO)));
    const inputs = [...this.#codesOf(x), `${node.name}/codes`];
    const [value, scale, valueZero, kept] = inputs as [string, string, string, string];
    this.#step("ConvInteger", node, [value, kept, valueZero, zero], `${node.name}/sums`, node.attributes);
    const biased = bias && `${node.name}/bias`;
    if (biased) {
      const { data } = this.initializers.get(bias)!;
      this.initializers.set(biased, floatTensor(perChannel, data as Float32Array));
    }
    this.#scaleBack(node, scale, biased);
  }

  product(node: Node): void {
    const [x, , bias] = node.inputs as [string, string, string | undefined];
    const { codes, scales } = quantizeWeight(node, this.initializers);
    const turned = node.op === "Gemm" && node.attributes.transB === 1 ? transposed(codes) : codes;
    this.#keep(node, { codes: turned, scales: floatTensor([scales.length], scales) });
    const [value, scale, zero] = this.#codesOf(x);
    this.#step("MatMulInteger", node, [value, `${node.name}/codes`, zero], `${node.name}/sums`);
    this.#scaleBack(node, scale, bias);
  }

  weightsAlone(node: Node): void {
    const name = `${node.name}/weight`;
    store(this.initializers, this.nodes, name, quantizeWeight(node, this.initializers));
    this.nodes.push({ ...node, inputs: node.inputs.map((input, i) => (i === 1 ? name : input)) });
  }

  #keep(node: Node, { codes, scales }: { codes: Tensor; scales: Tensor }): void {
    this.initializers.set(`${node.name}/codes`, codes);
    this.initializers.set(`${node.name}/scale`, scales);
  }

  /** Codes, scale and zero point of a value, made once for all that read it. */
  #codesOf(value: string): readonly [string, string, string] {
    const made = [`${value}/u8`, `${value}/scale`, `${value}/zero-point`] as const;
    if (!this.#coded.has(value)) {
      this.#coded.add(value);
      const attributes = {};
      this.nodes.push({
        op: "DynamicQuantizeLinear",
        name: `${value}/quantize`,
        inputs: [value],
        outputs: [...made],
        attributes,
      });
    }
    return made;
  }

  /** Sums of codes times both scales, and the bias. */
  #scaleBack(node: Node, scale: string, bias: string | undefined): void {
    const at = (part: string): string => `${node.name}/${part}`;
    this.#step("Cast", node, [at("sums")], at("float"), { to: DATA_TYPES.float32.code });
    this.#step("Mul", node, [scale, at("scale")], at("scales"));
    const output = node.outputs[0]!;
    this.#step("Mul", node, [at("float"), at("scales")], bias ? at("scaled") : output);
    if (bias) this.#step("Add", node, [at("scaled"), bias], output);
  }

  #step(
    op: Node["op"],
    node: Node,
    inputs: readonly string[],
    output: string,
    attributes: Node["attributes"] = {},
  ): void {
    this.nodes.push({
      op,
      name: `${node.name}/${output.split("/").at(-1)}-${op}`,
      inputs,
      outputs: [output],
      attributes,
    });
  }
}
