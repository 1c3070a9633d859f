// Normalisation over the batch, the features of one element, or the pixels of one channel; differentiated in closed form.
import type { GraphBuilder, Value } from "../builder.ts";
import { elementCount, fixedDims, type TensorType } from "../graph.ts";
import { NEWEST, type Operator } from "./operator.ts";
import { allButChannels, type GradientSite, perChannel, sumTo } from "./rule.ts";

/** Above this many pixels per channel, a dot product per channel is one matrix kernel; below, many tiny ones. */
const DOT_PIXELS = 256;

/** Sum over batch and pixels of a * c, per channel: [C]. */
function channelDot(site: GradientSite, a: Value, c: Value): Value {
  const { b, target } = site;
  const pixels = a.shape.slice(2).every((dim) => typeof dim === "number")
    ? elementCount(fixedDims(a.shape.slice(2), "Pixels"))
    : 0;
  const fixed = a.shape.every((dim) => typeof dim === "number");
  if (target !== "cpu" || a.type !== "float32" || !fixed || pixels < DOT_PIXELS) {
    return b.reduceSum(b.mul(a, c), allButChannels(a.shape), false);
  }
  const [batch, channels] = fixedDims(a.shape, "A normalised value") as [number, number];
  const rows = [batch * channels, 1, pixels];
  const dots = b.fusedMatMul(b.reshape(a, rows), b.reshape(c, rows), { transB: true });
  return b.reduceSum(b.reshape(dots, [batch, channels]), [0], false);
}

/**
 * y = scale * (x - mean) / sqrt(variance + epsilon) + bias. In training mode mean and variance are the batch's own, so they move with x;
 * then with s = 1 / sqrt(variance + epsilon), m elements per channel, S1 = sum dy and S2 = sum dy (x - mean):
 * dx = scale s (dy - S1 / m - (x - mean) s^2 S2 / m).
 */
function batchNormalizationGradient(site: GradientSite): readonly (Value | null)[] {
  const { b, dy, x, wants, refuse } = site;
  const training = site.int("training_mode", 0) === 1;
  if (
    training &&
    (site.node.outputs.length !== 3 || site.node.outputs.includes("") || site.number("momentum", 0.9) !== 0)
  ) {
    refuse("in training mode it must give the batch's mean and variance (momentum 0); see models/batch-statistics.ts.");
  }
  if (training && (site.dyOf(1) || site.dyOf(2))) refuse("its statistics are taken as constants of the batch.");
  const rank = dy.shape.length;
  const mean = training ? site.y(1) : x(3);
  const variance = training ? site.y(2) : x(4);
  const inverse = b.div(1, b.sqrt(b.add(variance, site.number("epsilon", 1e-5))));
  const slope = b.mul(x(1), inverse);
  const dySum = b.reduceSum(dy, allButChannels(dy.shape), false);
  const statistics = !training && (wants(3) || wants(4));
  const needsDot = training || wants(1) || statistics;
  const dot = needsDot ? b.sub(channelDot(site, dy, x(0)), b.mul(mean, dySum)) : null; // sum of dy (x - mean)
  const scaled = b.mul(dy, perChannel(b, slope, rank));
  let dx: Value | null = null;
  if (wants(0) && training) {
    const count = elementCount(
      fixedDims([dy.shape[0]!, ...dy.shape.slice(2)], `Batch normalisation "${site.node.name}"`),
    );
    const towardsMean = b.neg(b.div(b.mul(b.mul(slope, b.mul(inverse, inverse)), dot!), count));
    const shift = b.neg(b.div(b.mul(slope, dySum), count));
    // (x - mean) * towardsMean + shift in one kernel: the inference operator with a variance of 1.
    dx = b.add(scaled, b.batchNormalization(x(0), towardsMean, shift, mean, unit(site, mean), { epsilon: 1e-12 }));
  } else if (wants(0)) dx = scaled;
  return [
    dx,
    wants(1) ? b.mul(dot!, inverse) : null,
    wants(2) ? dySum : null,
    !training && wants(3) ? b.neg(b.mul(slope, dySum)) : null,
    !training && wants(4) ? b.mul(b.mul(b.mul(slope, b.mul(inverse, inverse)), dot!), -0.5) : null,
  ];
}

function unit({ b }: GradientSite, like: Value): Value {
  return b.expandLike(b.reshape(b.scalar(1, like.type), [1]), like);
}

/**
 * unit = (x - mean) / sqrt(variance + epsilon), mean and variance of x over `axes`. With g the gradient of unit and s = 1 / sqrt(variance + epsilon),
 * back(g) = s (g - mean(g) - unit mean(g unit)) is the gradient of x (Ba, Kiros, Hinton 2016, arXiv 1607.06450).
 */
function standardised(b: GraphBuilder, x: Value, axes: readonly number[], epsilon: number) {
  const centred = b.sub(x, b.reduceMean(x, axes));
  const inverse = b.div(1, b.sqrt(b.add(b.reduceMean(b.mul(centred, centred), axes), epsilon)));
  const unit = b.mul(centred, inverse);
  const back = (g: Value) => {
    const free = b.sub(g, b.reduceMean(g, axes));
    return b.mul(inverse, b.sub(free, b.mul(unit, b.reduceMean(b.mul(g, unit), axes))));
  };
  return { unit, back };
}

export const normalization: Readonly<
  Record<"BatchNormalization" | "LayerNormalization" | "InstanceNormalization", Operator>
> = {
  LayerNormalization: {
    domain: "",
    opset: [17, NEWEST],
    inputs: [2, 3],
    outputs: [1, 3],
    attributes: { axis: "int", epsilon: "float", stash_type: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      const axis = site.axis(site.int("axis", -1), shape.length);
      for (const index of site.has(2) ? [1, 2] : [1]) {
        site.sameType(0, index);
        const spread = site.broadcast(shape, site.shape(index));
        if (spread.join() !== shape.join()) site.fail(`input ${index} does not broadcast to the input.`);
      }
      const statistics: TensorType = { type: "float32", shape: shape.map((dim, i) => (i < axis ? dim : 1)) };
      return [{ type, shape }, statistics, statistics].slice(0, site.outputs);
    },
    gradient: (site) => {
      const { b, dy, x, has, wants } = site;
      if (site.dyOf(1) || site.dyOf(2)) site.refuse("its statistics are taken as constants.");
      const rank = dy.shape.length;
      const axis = site.int("axis", -1);
      const first = axis < 0 ? axis + rank : axis;
      const axes = Array.from({ length: rank - first }, (_, i) => first + i);
      const { unit, back } = standardised(b, x(0), axes, site.number("epsilon", 1e-5));
      return [
        wants(0) ? back(b.mul(dy, x(1))) : null,
        wants(1) ? sumTo(b, b.mul(dy, unit), x(1)) : null,
        has(2) && wants(2) ? sumTo(b, dy, x(2)) : null,
      ];
    },
  },
  InstanceNormalization: {
    domain: "",
    opset: [6, NEWEST],
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { epsilon: "float" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      if (shape.length < 3) site.fail("the input needs a spatial axis.");
      for (const index of [1, 2]) {
        site.sameType(0, index);
        if (site.ranked(index, 1)[0] !== shape[1]) site.fail(`input ${index} must have ${shape[1]} elements.`);
      }
      return [{ type, shape }];
    },
    gradient: ({ b, dy, x, wants, number }) => {
      const rank = dy.shape.length;
      const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
      const { unit, back } = standardised(b, x(0), axes, number("epsilon", 1e-5));
      const others = allButChannels(dy.shape);
      return [
        wants(0) ? back(b.mul(dy, perChannel(b, x(1), rank))) : null,
        wants(1) ? b.reduceSum(b.mul(dy, unit), others, false) : null,
        wants(2) ? b.reduceSum(dy, others, false) : null,
      ];
    },
  },
  BatchNormalization: {
    domain: "",
    opset: [15, NEWEST],
    inputs: [5, 5],
    outputs: [1, 3],
    attributes: { epsilon: "float", momentum: "float", training_mode: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      if (shape.length < 2) site.fail("the input needs a channel axis.");
      for (const index of [1, 2, 3, 4]) {
        site.sameType(0, index);
        if (site.ranked(index, 1)[0] !== shape[1]) site.fail(`input ${index} must have ${shape[1]} elements.`);
      }
      const statistics = { type, shape: [shape[1]!] };
      if (site.int("training_mode", 0) === 1) return [{ type, shape }, statistics, statistics].slice(0, site.outputs);
      if (site.outputs !== 1) site.fail("only training mode has more than one output.");
      return [{ type, shape }];
    },
    gradient: batchNormalizationGradient,
  },
};
