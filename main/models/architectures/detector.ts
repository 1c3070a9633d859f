// A one-stage detector without anchors (FCOS: Tian et al. 2019, https://arxiv.org/abs/1904.01355) over a small residual net with a feature pyramid
// (Lin et al. 2016, https://arxiv.org/abs/1612.03144).
//
// Every place of every pyramid level answers: which class lies here, how far its box reaches to the left, top, right and bottom, and how central the place is
// in the box. `detectorPlaces` says in which order the places come; losses, targets and whoever reads the boxes follow it.
import type { Value } from "../../graph/builder.ts";
import { floatTensor } from "../../graph/graph.ts";
import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

/** Input pixels between two places of a level. Images need sides that are multiples of the last. */
export const DETECTOR_STRIDES = [4, 8, 16] as const;
/** A place begins by saying "one in a hundred": what is not there outnumbers what is (Lin et al. 2017, https://arxiv.org/abs/1708.02002). */
const PRIOR = 0.01;

export interface Place {
  /** Centre in input pixels. */
  readonly x: number;
  readonly y: number;
  readonly stride: number;
}

/** Places in the order of the outputs: level by level from the finest, row by row. */
export function detectorPlaces([rows, columns]: readonly number[]): readonly Place[] {
  return DETECTOR_STRIDES.flatMap((stride) =>
    Array.from({ length: (rows! / stride) * (columns! / stride) }, (_, i) => ({
      x: ((i % (columns! / stride)) + 0.5) * stride,
      y: (Math.floor(i / (columns! / stride)) + 0.5) * stride,
      stride,
    })),
  );
}

/**
 * `width` channels in the first stage. Outputs, P places: `logits` [N, P, classes]; `distances` [N, P, 4] in input pixels (left, top, right, bottom);
 * `centreness` [N, P, 1] as a logit; and what people read: `probabilities` [N, P, classes], sqrt(class times centre-ness), and `boxes` [N, P, 4],
 * x and y of the first corner and of the last, in input pixels.
 */
export function detector(shape: ModelShape, width: number): ModelGraph {
  const { output, input } = shape;
  if (output.kind !== "boxes" || input.kind !== "image") throw new Error("a detector finds boxes in images");
  const m = new ModelBuilder("detector", shape);
  const active = (name: string, x: Value, channels: number, stride = 1): Value =>
    m.b.relu(m.batchNorm(`${name}.norm`, m.conv(`${name}.conv`, x, channels, { stride, bias: false })));
  let x = active("stem2", active("stem1", m.input(), width, 2), width, 1);
  const maps = DETECTOR_STRIDES.map((_, level) => {
    const channels = width * 2 ** (level + 1);
    const begun = active(`stage${level + 1}.down`, x, channels, 2);
    const branch = m.batchNorm(
      `stage${level + 1}.norm`,
      m.conv(`stage${level + 1}.conv`, active(`stage${level + 1}.inner`, begun, channels), channels, { bias: false }),
    );
    x = m.b.relu(m.residual(`stage${level + 1}`, begun, branch, level, DETECTOR_STRIDES.length));
    return x;
  });
  const pyramidWidth = width * 2;
  const pyramid: Value[] = [];
  for (let level = maps.length - 1; level >= 0; level--) {
    const own = m.conv(`pyramid${level + 1}.lateral`, maps[level]!, pyramidWidth, { kernel: 1 });
    const above = pyramid[0];
    pyramid.unshift(above ? m.b.add(own, enlarged(m, above, own)) : own);
  }
  const flat = (value: Value, last: number): Value => m.b.reshape(m.b.transpose(value, [0, 2, 3, 1]), [0, -1, last]);
  const levels = pyramid.map((level, i) => {
    const name = `head${i + 1}`;
    const classes = active(`${name}.classes`, level, pyramidWidth);
    const geometry = active(`${name}.geometry`, level, pyramidWidth);
    const weight = m.weight(`${name}.logits.weight`, [output.classes, pyramidWidth, 3, 3], () => 0.01);
    const bias = m.filled(`${name}.logits.bias`, [output.classes], Math.log(PRIOR / (1 - PRIOR)));
    const pads = [1, 1, 1, 1];
    // Softplus keeps distances above 0 and its slope below 1.
    const reach = m.b.op("Softplus", [m.conv(`${name}.distances`, geometry, 4, { initial: () => 0.01 })]);
    return {
      logits: flat(m.b.conv(classes, weight, bias, { pads }), output.classes),
      distances: flat(m.b.mul(reach, 2 * DETECTOR_STRIDES[i]!), 4),
      centreness: flat(m.conv(`${name}.centreness`, geometry, 1, { initial: () => 0.01 }), 1),
    };
  });
  const joined = (name: "logits" | "distances" | "centreness"): Value =>
    m.b.as(name).concat(
      levels.map((level) => level[name]),
      1,
    );
  const [logits, distances, centreness] = [joined("logits"), joined("distances"), joined("centreness")];
  const both = m.b.mul(m.b.sigmoid(logits), m.b.sigmoid(centreness));
  const places = detectorPlaces(input.size);
  const centres = places.flatMap(({ x: column, y: row }) => [column, row, column, row]);
  const sides = m.b.mul(distances, m.b.constant(floatTensor([4], [-1, -1, 1, 1])));
  const boxes = m.b.as("boxes").add(sides, m.b.constant(floatTensor([places.length, 4], centres)));
  for (const value of [logits, distances, centreness, m.b.as("probabilities").sqrt(both), boxes]) m.b.output(value);
  return m.model(maps.at(-1)!, null);
}

/** A map repeated to the size of another. */
function enlarged(m: ModelBuilder, x: Value, like: Value): Value {
  const factors = [1, 1, ...x.shape.slice(2).map((dim, i) => (like.shape[i + 2] as number) / (dim as number))];
  return m.b.op("Resize", [x, null, m.b.constant(floatTensor([4], factors))], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}
