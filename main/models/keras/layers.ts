// What each Keras layer is in ONNX's operators: one row for each class.
//
// Semantics: https://keras.io/api/layers/ and the sources of tfjs-layers 4.22, which agree on what is read here. Layers that only train (dropout, noise) pass
// their input on.
import { AppError } from "../../../preload/contract/errors.ts";
import type { GraphBuilder, Value } from "../../graph/builder.ts";
import { elementCount, fixedDims, floatTensor, type Tensor } from "../../graph/graph.ts";
import { Held, together } from "./held.ts";
import { bidirectional, recurrentLayer } from "./recurrent.ts";
import { activationOf, flag, number, permuted, type Site, word } from "./site.ts";

type Row = (site: Site) => Held;

/** A size for each of `axes` axes. */
function sizes(site: Site, name: string, axes: number, fallback = 1): readonly number[] {
  const found = site.config[name] ?? fallback;
  if (typeof found === "number") return new Array<number>(axes).fill(found);
  if (Array.isArray(found) && found.length === axes && found.every((size) => typeof size === "number")) return found;
  return site.refuse(`${name} is ${JSON.stringify(found)}, ${axes} whole numbers are expected.`);
}

function channelsLast(site: Site): void {
  if (word(site, "data_format", "channels_last") !== "channels_last") site.refuse("its channels are not last.");
}

const only = ({ inputs: [input] }: Site): Held => input!;

/** Pads of a window over these axes, starts then ends: "same" makes ceil(size / stride) outputs, with the odd zero at the end. */
function windowPads(site: Site, input: Held, kernel: readonly number[], strides: readonly number[]): readonly number[] {
  const padding = word(site, "padding", "valid").toLowerCase();
  if (padding === "valid") return new Array<number>(2 * kernel.length).fill(0);
  if (padding !== "same") return site.refuse(`padding "${padding}" is not read; "valid" and "same" are.`);
  const size = fixedDims(input.shape.slice(1, -1), "A window's input");
  const totals = size.map((side, i) =>
    Math.max(0, (Math.ceil(side / strides[i]!) - 1) * strides[i]! + kernel[i]! - side),
  );
  return [...totals.map((total) => Math.floor(total / 2)), ...totals.map((total) => Math.ceil(total / 2))];
}

const bias = (site: Site): Value | null =>
  flag(site, "use_bias", true) ? site.constant("bias", site.weight("bias")) : null;

/** [...kernel, in, out] to [out, in, ...kernel]. */
const outputsFirst = (kernel: Tensor): Tensor => {
  const axes = kernel.dims.length - 2;
  return permuted(kernel, [axes + 1, axes, ...kernel.dims.slice(2).keys()]);
};

function convolution(axes: number): Row {
  return (site) => {
    channelsLast(site);
    const input = only(site);
    const kernel = site.weight("kernel");
    const window = kernel.dims.slice(0, axes);
    const strides = sizes(site, "strides", axes);
    const dilations = sizes(site, "dilation_rate", axes);
    const reach = window.map((size, i) => (size - 1) * dilations[i]! + 1);
    const pads = windowPads(site, input, reach, strides);
    const weight = site.constant("kernel", outputsFirst(kernel));
    const group = number(site, "groups", 1);
    const made = site.b.conv(input.first, weight, bias(site), { strides, pads, dilations, group });
    return activated(site, Held.first(site.b, made));
  };
}

const depthwise: Row = (site) => {
  channelsLast(site);
  const input = only(site);
  // [rows, columns, in, multiplier] to [in * multiplier, 1, rows, columns]
  const kernel = site.weight("depthwise_kernel");
  const [rows, columns, channels, multiplier] = kernel.dims as [number, number, number, number];
  const strides = sizes(site, "strides", 2);
  const dilations = sizes(site, "dilation_rate", 2);
  const reach = [rows, columns].map((size, i) => (size - 1) * dilations[i]! + 1);
  const pads = windowPads(site, input, reach, strides);
  const turned = { ...permuted(kernel, [2, 3, 0, 1]), dims: [channels * multiplier, 1, rows, columns] };
  const weight = site.constant("depthwise_kernel", turned);
  const separable = site.className.startsWith("Separable");
  const offset = separable ? null : bias(site);
  const made = site.b.conv(input.first, weight, offset, { strides, pads, dilations, group: channels });
  if (!separable) return activated(site, Held.first(site.b, made));
  const pointwise = site.constant("pointwise_kernel", outputsFirst(site.weight("pointwise_kernel")));
  return activated(site, Held.first(site.b, site.b.conv(made, pointwise, bias(site))));
};

/** "same" makes size * stride outputs, "valid" those that a kernel reaches (tfjs-layers, deconvLength). */
const transposed: Row = (site) => {
  channelsLast(site);
  const kernel = site.weight("kernel"); // [rows, columns, out, in]
  const window = kernel.dims.slice(0, 2);
  const strides = sizes(site, "strides", 2);
  if (sizes(site, "dilation_rate", 2).some((rate) => rate !== 1)) site.refuse("its dilation is not 1.");
  const same = word(site, "padding", "valid").toLowerCase() === "same";
  const cut = window.map((size, i) => (same ? Math.max(0, size - strides[i]!) : 0));
  const pads = [...cut.map((total) => Math.floor(total / 2)), ...cut.map((total) => Math.ceil(total / 2))];
  const outputPadding = window.map((size, i) => Math.max(0, strides[i]! - size));
  const weight = site.constant("kernel", permuted(kernel, [3, 2, 0, 1]));
  const made = site.b.convTranspose(only(site).first, weight, bias(site), { strides, pads, outputPadding });
  return activated(site, Held.first(site.b, made));
};

const dense: Row = (site) => {
  const x = only(site).last;
  const weight = site.constant("kernel", site.weight("kernel"));
  const offset = bias(site);
  const { b } = site;
  const product = x.shape.length === 2 ? b.gemm(x, weight, offset) : b.matMul(x, weight);
  return activated(site, Held.last(b, x.shape.length === 2 || !offset ? product : b.add(product, offset)));
};

function pooling(kind: "max" | "average", axes: number): Row {
  return (site) => {
    channelsLast(site);
    const input = only(site);
    const kernel = sizes(site, "pool_size", axes, 2);
    const strides = site.config.strides == null ? kernel : sizes(site, "strides", axes);
    const pads = windowPads(site, input, kernel, strides);
    const { b } = site;
    const options = { strides, pads };
    return Held.first(
      b,
      kind === "max" ? b.maxPool(input.first, kernel, options) : b.averagePool(input.first, kernel, options),
    );
  };
}

function globalPooling(kind: "max" | "average"): Row {
  return (site) => {
    channelsLast(site);
    const input = only(site);
    const axes = Array.from({ length: input.rank - 2 }, (_, i) => i + 2);
    const keep = flag(site, "keepdims", false);
    const made =
      kind === "max" ? site.b.reduceMax(input.first, axes, keep) : site.b.reduceMean(input.first, axes, keep);
    return Held.first(site.b, made);
  };
}

const batchNorm: Row = (site) => {
  const input = only(site);
  const axis = Array.isArray(site.config.axis) ? site.config.axis[0] : number(site, "axis", -1);
  if (axis !== -1 && axis !== input.rank - 1) site.refuse("it does not normalise channels.");
  const mean = site.weight("moving_mean");
  const filled = (value: number): Tensor => floatTensor(mean.dims, new Float32Array(mean.data.length).fill(value));
  const scale = flag(site, "scale", true) ? site.weight("gamma") : filled(1);
  const offset = flag(site, "center", true) ? site.weight("beta") : filled(0);
  const made = site.b.batchNormalization(
    input.first,
    site.constant("gamma", scale),
    site.constant("beta", offset),
    site.constant("moving_mean", mean),
    site.constant("moving_variance", site.weight("moving_variance")),
    { epsilon: number(site, "epsilon", 1e-3) },
  );
  return Held.first(site.b, made);
};

const layerNorm: Row = (site) => {
  const x = only(site).last;
  const axis = Array.isArray(site.config.axis) ? site.config.axis.at(-1) : number(site, "axis", -1);
  const several = Array.isArray(site.config.axis) && site.config.axis.length > 1;
  if (several || (axis !== -1 && axis !== x.shape.length - 1)) site.refuse("it normalises other axes than the last.");
  const features = fixedDims(x.shape.slice(-1), "The features");
  const filled = (value: number): Tensor => floatTensor(features, new Float32Array(features[0]!).fill(value));
  const scale = flag(site, "scale", true) ? site.weight("gamma") : filled(1);
  const offset = flag(site, "center", true) ? site.weight("beta") : filled(0);
  const inputs = [x, site.constant("gamma", scale), site.constant("beta", offset)];
  return Held.last(
    site.b,
    site.b.op("LayerNormalization", inputs, { axis: -1, epsilon: number(site, "epsilon", 1e-3) }),
  );
};

function activate(site: Site, input: Held, name: string): Held {
  if (name === "softmax") return softmaxOfChannels(site, input);
  const make = activationOf(name) ?? site.refuse(`its activation "${name}" is not read.`);
  return input.each((value) => make(site.b, value, site.keras3));
}

function softmaxOfChannels({ b }: Site, input: Held): Held {
  return input.isFirst ? Held.first(b, b.softmax(input.first, 1)) : Held.last(b, b.softmax(input.last, -1));
}

const activated = (site: Site, made: Held): Held => activate(site, made, word(site, "activation", "linear"));

function merging(make: (b: GraphBuilder, values: readonly Value[]) => Value): Row {
  return ({ b, inputs, refuse }) => {
    if (inputs.some(({ rank }) => rank !== inputs[0]!.rank)) refuse("it joins values of different ranks.");
    return together(b, inputs, (values) => make(b, values));
  };
}

const concatenate: Row = (site) => {
  const { b, inputs } = site;
  const rank = inputs[0]!.rank;
  const axis = number(site, "axis", -1);
  const at = axis < 0 ? axis + rank : axis;
  if (at === rank - 1 && inputs.every(({ isFirst }) => isFirst)) {
    return Held.first(
      b,
      b.concat(
        inputs.map(({ first }) => first),
        1,
      ),
    );
  }
  return Held.last(
    b,
    b.concat(
      inputs.map(({ last }) => last),
      at,
    ),
  );
};

const flatten: Row = (site) => {
  channelsLast(site);
  const x = only(site).last;
  return Held.last(site.b, site.b.reshape(x, [-1, elementCount(fixedDims(x.shape.slice(1), "A case"))]));
};

const reshape: Row = (site) => {
  const x = only(site).last;
  const wanted = site.config.target_shape;
  if (!Array.isArray(wanted)) return site.refuse("it has no target_shape.");
  // TensorFlow.js writes the open size as null.
  const isOpen = (size: unknown): boolean => size === -1 || size === null;
  const count = elementCount(fixedDims(x.shape.slice(1), "A case"));
  const known = wanted.reduce((product: number, size) => (isOpen(size) ? product : product * Number(size)), 1);
  const target = wanted.map((size) => (isOpen(size) ? count / known : Number(size)));
  return Held.last(site.b, site.b.reshape(x, [-1, ...target]));
};

const permute: Row = (site) => {
  const dims = site.config.dims as readonly number[];
  return Held.last(site.b, site.b.transpose(only(site).last, [0, ...dims]));
};

/** [[top, bottom], [left, right]], or shorter as Keras allows. */
function borders(site: Site, name: string): readonly [readonly number[], readonly number[]] {
  const given = site.config[name] ?? 1;
  if (typeof given === "number")
    return [
      [given, given],
      [given, given],
    ];
  const [rows, columns] = given as [number | [number, number], number | [number, number]];
  return [rows, columns].map((side) => (typeof side === "number" ? [side, side] : side)) as never;
}

function bordered(name: string, sign: 1 | -1): Row {
  return (site) => {
    channelsLast(site);
    const [rows, columns] = borders(site, name);
    const pads = [0, 0, rows[0]!, columns[0]!, 0, 0, rows[1]!, columns[1]!].map((pad) => sign * pad || 0);
    return Held.first(site.b, site.b.pad(only(site).first, pads));
  };
}

const upSampling: Row = (site) => {
  channelsLast(site);
  if (word(site, "interpolation", "nearest") !== "nearest")
    site.refuse("it enlarges by interpolation, which Keras and TensorFlow.js do differently; nearest is read.");
  const { b } = site;
  const scales = b.constant(floatTensor([4], [1, 1, ...sizes(site, "size", 2, 2)]));
  const options = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return Held.first(b, b.op("Resize", [only(site).first, null, scales], options));
};

const rescaling: Row = (site) => {
  const [scale, offset] = [number(site, "scale", Number.NaN), number(site, "offset", 0)];
  if (Number.isNaN(scale)) site.refuse("its scale is not one number.");
  return only(site).each((x) => site.b.add(site.b.mul(x, scale), offset));
};

const embedding: Row = (site) => {
  const table = site.constant("embeddings", site.weight("embeddings"));
  if (flag(site, "mask_zero", false)) site.refuse("it masks token 0.");
  return Held.last(site.b, site.b.gather(table, site.b.cast(only(site).last, "int64"), 0));
};

const reluOf: Row = (site) => {
  const most = site.config.max_value ?? null;
  const [slope, from] = [number(site, "negative_slope", 0), number(site, "threshold", 0)];
  if (slope !== 0 || from !== 0) site.refuse("its slope or threshold is not 0.");
  return only(site).each((x) => (most === null ? site.b.relu(x) : site.b.clip(x, 0, most as number)));
};

/** Keras 3 calls it negative_slope. */
const leakyRelu: Row = (site) => {
  const alpha = number(site, "negative_slope", number(site, "alpha", 0.3));
  return only(site).each((x) => site.b.op("LeakyRelu", [x], { alpha }));
};

const prelu: Row = (site) => {
  const alpha = site.constant("alpha", site.weight("alpha"));
  return Held.last(site.b, site.b.op("PRelu", [only(site).last, alpha]));
};

const softmax: Row = (site) => {
  const input = only(site);
  const axis = Array.isArray(site.config.axis) ? site.config.axis[0] : number(site, "axis", -1);
  if (axis === -1 || axis === input.rank - 1) return softmaxOfChannels(site, input);
  return Held.last(site.b, site.b.softmax(input.last, axis));
};

const same: Row = only;
const sum = merging((b, values) => b.op("Sum", values));

export const LAYERS: Readonly<Record<string, Row>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  DepthwiseConv2D: depthwise,
  SeparableConv2D: depthwise,
  Conv2DTranspose: transposed,
  Dense: dense,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  Activation: (site) => activated(site, only(site)),
  ReLU: reluOf,
  LeakyReLU: leakyRelu,
  PReLU: prelu,
  ELU: (site) => only(site).each((x) => site.b.op("Elu", [x], { alpha: number(site, "alpha", 1) })),
  Softmax: softmax,
  MaxPooling1D: pooling("max", 1),
  MaxPooling2D: pooling("max", 2),
  MaxPooling3D: pooling("max", 3),
  AveragePooling1D: pooling("average", 1),
  AveragePooling2D: pooling("average", 2),
  AveragePooling3D: pooling("average", 3),
  GlobalMaxPooling1D: globalPooling("max"),
  GlobalMaxPooling2D: globalPooling("max"),
  GlobalAveragePooling1D: globalPooling("average"),
  GlobalAveragePooling2D: globalPooling("average"),
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  ZeroPadding2D: bordered("padding", 1),
  Cropping2D: bordered("cropping", -1),
  UpSampling2D: upSampling,
  Rescaling: rescaling,
  Embedding: embedding,
  Add: sum,
  Subtract: merging((b, [a, c]) => b.sub(a!, c!)),
  Multiply: merging((b, [first, ...rest]) => rest.reduce((product, one) => b.mul(product, one), first!)),
  Average: merging((b, values) => b.op("Mean", values)),
  Maximum: merging((b, values) => b.op("Max", values)),
  Minimum: merging((b, values) => b.op("Min", values)),
  Concatenate: concatenate,
  SimpleRNN: recurrentLayer,
  GRU: recurrentLayer,
  LSTM: recurrentLayer,
  Bidirectional: bidirectional,
  Dropout: same,
  SpatialDropout1D: same,
  SpatialDropout2D: same,
  GaussianNoise: same,
  GaussianDropout: same,
  AlphaDropout: same,
  ActivityRegularization: same,
};

/** A layer's row. Errors: model/not-adoptable by name. */
export function rowOf(className: string, name: string): Row {
  const row = Object.hasOwn(LAYERS, className) ? LAYERS[className] : undefined;
  if (row) return row;
  throw new AppError(
    "model/not-adoptable",
    `Layer "${name}" is of class ${className}, which is not read. Read are: ${Object.keys(LAYERS).join(", ")}.`,
  );
}
