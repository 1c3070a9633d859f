// What each operator is in layers of Keras: one row for each.
//
// Written is what tfjs-layers 4.22 and Keras 3 both read, with the same numbers: numbers for each channel become a batch normalisation by them, and a hard sigmoid the layers that
// it is made of, because that name means two functions.
import { fixedDims, floatTensor, type Tensor } from "../../../graph/graph.ts";
import { permuted } from "../site.ts";
import { writeRecurrent } from "./recurrent.ts";
import {
  channelsLast,
  type Laid,
  type LayerSite,
  natural,
  needsConstant,
  outputShape,
  type Row,
  withBias,
  withLast,
  writeActivation,
} from "./site.ts";
import { convolution, globalPooling, pooling, reduction, transposedConvolution } from "./windows.ts";

const activation =
  (name: string): Row =>
  (site) =>
    writeActivation(site, site.input(0), name);

const rescaled = (site: LayerSite, x: Laid, scale: number, offset: number, suffix = ""): Laid => ({
  ...x,
  layer: site.layer("Rescaling", { scale, offset }, [x], {}, suffix),
});

const cut = (site: LayerSite, x: Laid, most: number, suffix = ""): Laid => ({
  ...x,
  layer: site.layer("ReLU", { max_value: most, negative_slope: 0, threshold: 0 }, [x], {}, suffix),
});

const BATCH_NORM = { axis: -1, momentum: 0.99, center: true, scale: true };

const batchNorm: Row = (site) => {
  const given = site.input(0);
  const x = site.arranged(given, given.shape.length > 2 ? channelsLast(given.shape.length) : natural(2));
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => needsConstant(site, index)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const epsilon = (site.node.attributes.epsilon as number | undefined) ?? 1e-5;
  const weights = { gamma, beta, moving_mean: mean, moving_variance: variance };
  site.give({ ...x, layer: site.layer("BatchNormalization", { ...BATCH_NORM, epsilon }, [x], weights) });
};

/** x * scale + offset with a number for each channel, the last axis of the layer. */
function channelwise(site: LayerSite, x: Laid, scale: Tensor, offset: Tensor): Laid {
  const filled = (value: number): Tensor => floatTensor(scale.dims, new Float32Array(scale.data.length).fill(value));
  const weights = { gamma: scale, beta: offset, moving_mean: filled(0), moving_variance: filled(1) };
  return { ...x, layer: site.layer("BatchNormalization", { ...BATCH_NORM, epsilon: 0 }, [x], weights) };
}

const layerNorm: Row = (site) => {
  const given = site.input(0);
  const rank = given.shape.length;
  if (site.attributes.axis(site.attributes.int("axis", -1), rank) !== rank - 1)
    site.refuse("it normalises several axes.");
  const x = withLast(site, given, rank - 1);
  const gamma = needsConstant(site, 1);
  const beta = site.constant(2);
  const epsilon = (site.node.attributes.epsilon as number | undefined) ?? 1e-5;
  const config = { axis: -1, epsilon, center: beta !== null, scale: true };
  const weights: Record<string, Tensor> = beta ? { gamma, beta } : { gamma };
  site.give({ ...x, layer: site.layer("LayerNormalization", config, [x], weights) });
};

/** A product with a constant matrix over the last axis, and the bias behind it where one is added there. */
function dense(site: LayerSite, x: Laid, kernel: Tensor, bias: Tensor | null): void {
  const units = kernel.dims[1]!;
  const add = bias === null ? site.onlyReader() : null;
  const other = add?.op === "Add" ? add.inputs.find((name) => name !== site.node.outputs[0]) : undefined;
  const behind = other === undefined ? null : site.initializer(other);
  const joined = behind !== null && behind.dims.at(-1) === units && behind.data.length === units ? behind : null;
  const offset = bias ?? (joined && { ...joined, dims: [units] });
  const config = { units, activation: "linear", use_bias: offset !== null };
  const layer = site.layer("Dense", config, [x], withBias(offset, { kernel }));
  const value = { layer, order: x.order, shape: outputShape(site) };
  site.give(value);
  if (joined) site.takeOver(add!, value);
}

const gemm: Row = (site) => {
  const { attributes, node } = site;
  if (attributes.int("transA", 0) === 1) site.refuse("it turns its input.");
  const x = site.arranged(site.input(0), [0, 1]);
  const given = needsConstant(site, 1);
  const factor = (name: string): number => (node.attributes[name] as number | undefined) ?? 1;
  const times = ({ dims, data }: Tensor, by: number): Tensor =>
    floatTensor(
      dims,
      by === 1 ? (data as Float32Array) : Float32Array.from(data as Float32Array, (value) => value * by),
    );
  const kernel = times(attributes.int("transB", 0) === 1 ? permuted(given, [1, 0]) : given, factor("alpha"));
  const units = kernel.dims[1]!;
  const offset = node.inputs[2] ? needsConstant(site, 2) : null;
  if (offset && offset.data.length !== units) site.refuse("its bias is not one number for each output.");
  dense(site, x, kernel, offset && { ...times(offset, factor("beta")), dims: [units] });
};

const matMul: Row = (site) => {
  const kernel = site.constant(1);
  if (kernel?.dims.length !== 2) return site.refuse("layers multiply with constant matrices alone.");
  const x = site.input(0);
  dense(site, withLast(site, x, x.shape.length - 1), kernel, null);
};

/** Values in one order of axes. */
function together(site: LayerSite, values: readonly Laid[]): readonly Laid[] {
  const [first] = values;
  if (values.some(({ shape }) => shape.length !== first!.shape.length))
    return site.refuse("its inputs have different ranks.");
  return values.map((value) => site.arranged(value, first!.order));
}

function merged(site: LayerSite, className: string, values: readonly Laid[]): void {
  const [first, ...rest] = together(site, values) as [Laid, ...Laid[]];
  site.give({ layer: site.layer(className, {}, [first, ...rest]), order: first.order, shape: outputShape(site) });
}

/** What x op constant is as x * scale + offset. */
const AFFINE = {
  Add: (constant: number, _first: boolean) => [1, constant],
  Sub: (constant: number, first: boolean) => (first ? [-1, constant] : [1, -constant]),
  Mul: (constant: number, _first: boolean) => [constant, 0],
  Div: (constant: number, _first: boolean) => [1 / constant, 0],
} as const;

function arithmetic(op: keyof typeof AFFINE): Row {
  return (site) => {
    const constants = [site.constant(0), site.constant(1)];
    const constant = constants[0] ?? constants[1];
    if (!constant) {
      if (op === "Div") site.refuse("layers do not divide values by each other.");
      const [a, b] = [site.input(0), site.input(1)];
      if (op !== "Sub") return merged(site, op === "Add" ? "Add" : "Multiply", [a, b]);
      return merged(site, "Add", [a, rescaled(site, b, -1, 0, "_minus")]);
    }
    const first = constants[0] !== null;
    if (op === "Div" && first) site.refuse("layers do not divide by a value.");
    const x = site.input(first ? 1 : 0);
    const numbers = Array.from(constant.data as ArrayLike<number>, (value) => AFFINE[op](Number(value), first));
    if (numbers.length === 1) {
      const [scale, offset] = numbers[0] as unknown as [number, number];
      return site.give({ ...rescaled(site, x, scale, offset), shape: outputShape(site) });
    }
    const rank = x.shape.length;
    const sizes = [...new Array<number>(Math.max(0, rank - constant.dims.length)).fill(1), ...constant.dims];
    const axis = sizes.findIndex((size) => size !== 1);
    const oneAxis = sizes.length === rank && numbers.length === sizes[axis] && axis !== x.order[0];
    if (!oneAxis || x.shape[axis] !== sizes[axis]) {
      return site.refuse(`layers have a number for each channel, not constants of [${constant.dims.join(", ")}].`);
    }
    const [scale, offset] = [0, 1].map((part) =>
      floatTensor(
        [numbers.length],
        numbers.map((pair) => pair[part]!),
      ),
    ) as [Tensor, Tensor];
    site.give(channelwise(site, withLast(site, x, axis), scale, offset));
  };
}

const several =
  (className: string): Row =>
  (site) =>
    merged(
      site,
      className,
      site.node.inputs.map((_, index) => site.input(index)),
    );

const softmax: Row = (site) => {
  const x = site.input(0);
  const axis = site.attributes.axis(site.attributes.int("axis", -1), x.shape.length);
  const turned = withLast(site, x, axis);
  site.give({ ...turned, layer: site.layer("Softmax", { axis: -1 }, [turned]) });
};

/** Another shape with the same elements in the order of the graph. */
function reshaped(site: LayerSite, x: Laid): void {
  const shape = outputShape(site);
  if (shape[0] !== x.shape[0]) site.refuse(`it joins cases: [${x.shape.join(", ")}] to [${shape.join(", ")}].`);
  const target_shape = fixedDims(shape.slice(1), site.node.name);
  site.give({ layer: site.layer("Reshape", { target_shape }, [x]), order: natural(shape.length), shape });
}

/** Whether the layer holds the elements in the order of the graph: axes of size 1 may stand anywhere. */
function inOrder({ order, shape }: Laid): boolean {
  const long = order.filter((axis) => shape[axis] !== 1);
  return order[0] === 0 && long.every((axis, i) => i === 0 || axis > long[i - 1]!);
}

const reshape: Row = (site) => {
  const x = site.input(0);
  const from = inOrder(x) ? x : site.arranged(x, natural(x.shape.length));
  reshaped(site, from);
};

const flatten: Row = (site) => {
  const x = site.input(0);
  const shape = outputShape(site);
  if (shape[0] !== x.shape[0]) site.refuse("it joins cases.");
  const from = inOrder(x) ? x : site.arranged(x, natural(x.shape.length));
  if (x.shape.length === 2) return site.give(from);
  site.give({ layer: site.layer("Flatten", { data_format: "channels_last" }, [from]), order: [0, 1], shape });
};

const transpose: Row = (site) => {
  const x = site.input(0);
  const permutation = site.attributes.ints("perm") ?? natural(x.shape.length).toReversed();
  site.give({ ...x, order: x.order.map((axis) => permutation.indexOf(axis)), shape: outputShape(site) });
};

/** An axis of size 1 goes or comes; the others stay where they are in the layer. */
function axesChanged(
  site: LayerSite,
  orderOf: (order: readonly number[], axes: readonly number[]) => readonly number[],
): void {
  const x = site.input(0);
  const shape = outputShape(site);
  const constant = site.constant(1);
  const longer = Math.max(x.shape.length, shape.length);
  const named = constant ? Array.from(constant.data as ArrayLike<unknown>, Number) : site.attributes.ints("axes");
  const ones = natural(longer).filter((axis) => x.shape[axis] === 1);
  const axes = named?.map((axis) => site.attributes.axis(axis, longer)) ?? ones;
  const order = orderOf(x.order, axes);
  if (order.length !== shape.length || (axes.includes(x.order[0]!) && shape.length < longer))
    site.refuse("it takes the axis of the cases away.");
  const target_shape = order.slice(1).map((axis) => (typeof shape[axis] === "number" ? shape[axis] : -1));
  site.give({ layer: site.layer("Reshape", { target_shape }, [x]), order, shape });
}

const squeeze: Row = (site) =>
  axesChanged(site, (order, axes) =>
    order.filter((axis) => !axes.includes(axis)).map((axis) => axis - axes.filter((gone) => gone < axis).length),
  );

const unsqueeze: Row = (site) =>
  axesChanged(site, (order, axes) => {
    const kept = natural(order.length + axes.length).filter((axis) => !axes.includes(axis));
    return [...order.map((axis) => kept[axis]!), ...axes];
  });

const concat: Row = (site) => {
  const values = together(
    site,
    site.node.inputs.map((_, index) => site.input(index)),
  );
  const [{ order, shape }] = values as [Laid];
  const axis = order.indexOf(site.attributes.axis(site.attributes.int("axis", 0), shape.length));
  if (axis === 0) site.refuse("it joins cases.");
  site.give({ layer: site.layer("Concatenate", { axis }, values), order, shape: outputShape(site) });
};

const resize: Row = (site) => {
  const x = site.arranged(site.input(0), channelsLast(site.input(0).shape.length));
  const shape = outputShape(site);
  const factors = x.shape.slice(2).map((side, i) => (shape[i + 2] as number) / (side as number));
  const whole = factors.every((factor) => Number.isInteger(factor) && factor >= 1);
  if (site.attributes.string("mode", "nearest") !== "nearest" || !whole || factors.length !== 2) {
    site.refuse("layers enlarge two axes by whole numbers, each pixel repeated.");
  }
  const config = { size: factors, data_format: "channels_last", interpolation: "nearest" };
  site.give({ layer: site.layer("UpSampling2D", config, [x]), order: x.order, shape });
};

const clip: Row = (site) => {
  const [least, most] = [1, 2].map((index) => site.constant(index)?.data[0]);
  if (Number(least) !== 0 || most === undefined) site.refuse("layers cut between 0 and a number.");
  site.give(cut(site, site.input(0), Number(most)));
};

const hardSigmoidOf = (site: LayerSite, x: Laid, alpha: number, beta: number): Laid =>
  cut(site, rescaled(site, x, alpha, beta, "_slope"), 1, "_cut");

const hardSigmoid: Row = (site) => {
  const { alpha = 0.2, beta = 0.5 } = site.node.attributes as { alpha?: number; beta?: number };
  site.give(hardSigmoidOf(site, site.input(0), alpha, beta));
};

const hardSwish: Row = (site) => {
  const x = site.input(0);
  site.give({ ...x, layer: site.layer("Multiply", {}, [x, hardSigmoidOf(site, x, 1 / 6, 0.5)]) });
};

const leakyRelu: Row = (site) => {
  const x = site.input(0);
  const alpha = (site.node.attributes.alpha as number | undefined) ?? 0.01;
  site.give({ ...x, layer: site.layer("LeakyReLU", { alpha }, [x]) });
};

const elu: Row = (site) => {
  if (((site.node.attributes.alpha as number | undefined) ?? 1) !== 1)
    site.refuse("layers of TensorFlow.js have it with an alpha of 1 alone.");
  writeActivation(site, site.input(0), "elu");
};

const gather: Row = (site) => {
  const table = site.constant(0);
  if (table?.dims.length !== 2 || site.attributes.int("axis", 0) !== 0)
    return site.refuse("layers look rows of a constant table up.");
  const x = site.input(1);
  const [rows, width] = table.dims as [number, number];
  const config = { input_dim: rows, output_dim: width, mask_zero: false };
  const layer = site.layer("Embedding", config, [x], { embeddings: table });
  site.give({ layer, order: [...x.order, x.shape.length], shape: outputShape(site) });
};

/** Whole numbers are looked up alone, and an Embedding takes them as they come. */
const same: Row = (site) => site.give({ ...site.input(0), shape: outputShape(site) });

const ROWS: Readonly<Record<string, Row>> = {
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  Gemm: gemm,
  MatMul: matMul,
  MaxPool: pooling("Max"),
  AveragePool: pooling("Average"),
  GlobalMaxPool: globalPooling("Max"),
  GlobalAveragePool: globalPooling("Average"),
  ReduceMax: reduction("Max"),
  ReduceMean: reduction("Average"),
  Add: arithmetic("Add"),
  Sub: arithmetic("Sub"),
  Mul: arithmetic("Mul"),
  Div: arithmetic("Div"),
  Sum: several("Add"),
  Mean: several("Average"),
  Max: several("Maximum"),
  Min: several("Minimum"),
  Relu: activation("relu"),
  Sigmoid: activation("sigmoid"),
  Tanh: activation("tanh"),
  Softplus: activation("softplus"),
  Softsign: activation("softsign"),
  Selu: activation("selu"),
  Elu: elu,
  LeakyRelu: leakyRelu,
  Clip: clip,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Softmax: softmax,
  Concat: concat,
  Flatten: flatten,
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Resize: resize,
  Gather: gather,
  LSTM: writeRecurrent,
  GRU: writeRecurrent,
  RNN: writeRecurrent,
  Identity: same,
  Dropout: same,
  Cast: same,
};

/** Errors: model/not-exportable for an operator without a row. */
export function writeNode(site: LayerSite): void {
  const { op } = site.node;
  const row = Object.hasOwn(ROWS, op) ? ROWS[op] : undefined;
  if (!row) site.refuse(`layers have nothing for it. Written are: ${Object.keys(ROWS).join(", ")}.`);
  row!(site);
}
