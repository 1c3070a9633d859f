// Sums and means spread back over what they added up; batch normalisation in closed form.
import type { Value } from "../builder.ts";
import { elementCount, fixedDims } from "../graph.ts";
import { allButChannels, type GradientRule, indicator, perChannel, type Site } from "./rule.ts";

/** The reduced value with its axes back as 1s, so that it broadcasts against the input. */
function spread(site: Site, value: Value, axes: readonly number[]): Value {
  return site.int("keepdims", 1) === 1 || axes.length === 0 ? value : site.b.unsqueeze(value, axes);
}

function reducedAxes(site: Site, listed: readonly number[]): readonly number[] {
  const rank = site.x(0).shape.length;
  const axes = listed.length === 0 ? site.x(0).shape.map((_, i) => i) : listed;
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** Above this many pixels per channel, a dot product per channel is one matrix kernel; below, many tiny ones. */
const DOT_PIXELS = 256;

/** Sum over batch and pixels of a * c, per channel: [C]. */
function channelDot(site: Site, a: Value, c: Value): Value {
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
function batchNormalizationGradient(site: Site): readonly (Value | null)[] {
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

function unit({ b }: Site, like: Value): Value {
  return b.expandLike(b.reshape(b.scalar(1, like.type), [1]), like);
}

export const reduction = {
  ReduceSum: (site) => {
    const { b, dy, x, has } = site;
    const listed = has(1) ? ((x(1).contents ?? []) as readonly number[]) : [];
    if (listed.length === 0 && site.int("noop_with_empty_axes", 0) === 1) return [dy];
    return [b.expandLike(spread(site, dy, reducedAxes(site, listed)), x(0)), null];
  },
  ReduceMean: (site) => {
    const { b, dy, x } = site;
    const axes = reducedAxes(site, site.ints("axes", []));
    const share = axes.every((axis) => typeof x(0).shape[axis] === "number")
      ? b.div(
          dy,
          elementCount(
            fixedDims(
              axes.map((axis) => x(0).shape[axis]!),
              "The mean",
            ),
          ),
        )
      : site.refuse("the number of elements must be known; bind the batch first.");
    return [b.expandLike(spread(site, share, axes), x(0))];
  },
  ReduceMax: (site) => {
    const { b, dy, x, y } = site;
    const axes = reducedAxes(site, site.ints("axes", []));
    // Elements that share the maximum share its gradient evenly.
    const hit = indicator(b, b.equal(x(0), spread(site, y(0), axes)), dy);
    return [b.mul(hit, b.div(spread(site, dy, axes), b.reduceSum(hit, axes)))];
  },
  BatchNormalization: batchNormalizationGradient,
} satisfies Record<string, GradientRule>;
