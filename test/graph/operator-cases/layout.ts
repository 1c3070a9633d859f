// Cases of operators that move elements: shapes, slices, padding, picking and scattering.
import * as tf from "@tensorflow/tfjs";
import type { GraphBuilder, Value } from "../../../main/graph/builder.ts";
import { type Tensor, tensor } from "../../../main/graph/graph.ts";
import type { OpName } from "../../../main/graph/operators/index.ts";
import type { Random } from "../../../main/models/random.ts";
import { apart, type Draw, type Inputs, STRAIGHT, sizes, some, upTo } from "./draw.ts";

const index = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor =>
  tensor("int64", dims, BigInt64Array.from(values.map(BigInt)));

/** A place in a graph where only shapes change: TensorFlow.js reads elements in the same order. */
const rearranged =
  (
    plan: (
      random: Random,
      dims: number[],
    ) => { build: (b: GraphBuilder, x: Value) => Value | readonly Value[]; theirs: (x: tf.Tensor) => tf.Tensor },
  ): Draw =>
  (random) => {
    const dims = sizes(random, upTo(random, 3, 2));
    const { build, theirs } = plan(random, dims);
    return {
      inputs: { x: some(random, dims) },
      build: (b: GraphBuilder, { x }: Inputs) => build(b, x!),
      theirs: ({ x }) => theirs(x!),
    };
  };

/** Updates written into a copy of x, by flat place, as one product with a matrix of 0 and 1. */
function scattered(x: tf.Tensor, updates: tf.Tensor, flat: readonly number[], reduction: string): tf.Tensor {
  const places = tf.oneHot(tf.tensor1d([...flat], "int32"), x.size).toFloat() as tf.Tensor2D;
  const added = tf.reshape(tf.matMul(tf.reshape(updates, [1, -1]), places), x.shape);
  const kept = reduction === "add" ? x : tf.mul(x, tf.sub(1, tf.reshape(tf.sum(places, 0), x.shape)));
  return tf.add(kept, added);
}

export const layout: Readonly<Partial<Record<OpName, Draw>>> = {
  Tile: rearranged((random, dims) => {
    const repeats = sizes(random, dims.length, 3);
    return { build: (b, x) => b.op("Tile", [x, b.ints(repeats)]), theirs: (x) => tf.tile(x, repeats) };
  }),
  DepthToSpace: (random) => {
    const [batch, channels, rows, columns] = sizes(random, 4, 2) as [number, number, number, number];
    return {
      inputs: { x: some(random, [batch, 4 * channels, rows, columns]) },
      build: (b, { x }) => b.op("DepthToSpace", [x!], { blocksize: 2 }),
      // depthToSpace has no gradient there; this is what ONNX says that it is.
      theirs: ({ x }) =>
        tf.reshape(tf.transpose(tf.reshape(x!, [batch, 2, 2, channels, rows, columns]), [0, 3, 4, 1, 5, 2]), [
          batch,
          channels,
          2 * rows,
          2 * columns,
        ]),
    };
  },
  SpaceToDepth: (random) => {
    const [batch, channels, rows, columns] = sizes(random, 4, 2) as [number, number, number, number];
    return {
      inputs: { x: some(random, [batch, channels, 2 * rows, 2 * columns]) },
      build: (b, { x }) => b.op("SpaceToDepth", [x!], { blocksize: 2 }),
      theirs: ({ x }) =>
        tf.reshape(tf.transpose(tf.reshape(x!, [batch, channels, rows, 2, columns, 2]), [0, 3, 5, 1, 2, 4]), [
          batch,
          4 * channels,
          rows,
          columns,
        ]),
    };
  },
  CumSum: (random) => {
    const dims = sizes(random, 2);
    const axis = random.below(2);
    const [exclusive, reverse] = [random.below(2), random.below(2)];
    return {
      inputs: { x: some(random, dims) },
      build: (b, { x }) => b.op("CumSum", [x!, b.constant(index([axis], []))], { exclusive, reverse }),
      // Along the last axis: for others TensorFlow.js 4.22 returns a gradient of the wrong shape.
      theirs: ({ x }) => {
        const order = axis === 0 ? [1, 0] : [0, 1];
        return tf.transpose(tf.cumsum(tf.transpose(x!, order), 1, exclusive === 1, reverse === 1), order);
      },
    };
  },
  Gather: (random) => {
    const dims = sizes(random, 3);
    const axis = random.below(3);
    const picked = Array.from({ length: upTo(random, 4) }, () => random.below(dims[axis]!));
    return {
      inputs: { x: some(random, dims) },
      build: (b, { x }) => b.gather(x!, b.constant(index(picked)), axis),
      theirs: ({ x }) => tf.gather(x!, tf.tensor1d(picked, "int32"), axis),
    };
  },
  GatherElements: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    const picked = Array.from({ length: rows * columns }, () => random.below(rows));
    return {
      inputs: { x: some(random, [rows, columns]) },
      build: (b, { x }) => b.op("GatherElements", [x!, b.constant(index(picked, [rows, columns]))], { axis: 0 }),
      theirs: ({ x }) =>
        tf.reshape(
          tf.gather(
            tf.reshape(x!, [-1]),
            tf.tensor1d(
              picked.map((row, i) => row * columns + (i % columns)),
              "int32",
            ),
          ),
          [rows, columns],
        ),
    };
  },
  GatherND: (random) => {
    const [rows, columns, deep] = sizes(random, 3) as [number, number, number];
    const picked = Array.from({ length: upTo(random, 4) }, () => [random.below(rows), random.below(columns)]);
    return {
      inputs: { x: some(random, [rows, columns, deep]) },
      build: (b, { x }) => b.op("GatherND", [x!, b.constant(index(picked.flat(), [picked.length, 2]))]),
      // gatherND has no gradient there, picking rows has.
      theirs: ({ x }) => {
        const places = picked.map(([row, column]) => row! * columns + column!);
        return tf.gather(tf.reshape(x!, [rows * columns, deep]), tf.tensor1d(places, "int32"));
      },
    };
  },
  ScatterElements: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    const count = upTo(random, rows);
    const reduction = random.below(2) === 0 ? "none" : "add";
    // No place is written twice: which one stays would be the runtime's choice.
    const columnsOf = Array.from({ length: columns }, () =>
      random.shuffle([...new Array(rows).keys()]).slice(0, count),
    );
    const places = Array.from({ length: count * columns }, (_, i) => columnsOf[i % columns]![Math.floor(i / columns)]!);
    const flat = places.map((row, i) => row * columns + (i % columns));
    return {
      inputs: {
        x: some(random, [rows, columns], -1, 1, "float32"),
        updates: some(random, [count, columns], -1, 1, "float32"),
      },
      ...STRAIGHT,
      build: (b, { x, updates }) =>
        b.op("ScatterElements", [x!, b.constant(index(places, [count, columns])), updates!], { axis: 0, reduction }),
      theirs: ({ x, updates }) => scattered(x!, updates!, flat, reduction),
    };
  },
  ScatterND: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    const reduction = random.below(2) === 0 ? "none" : "add";
    const written = random.shuffle([...new Array(rows).keys()]).slice(0, upTo(random, rows));
    const flat = written.flatMap((row) => Array.from({ length: columns }, (_, i) => row * columns + i));
    return {
      inputs: {
        x: some(random, [rows, columns], -1, 1, "float32"),
        updates: some(random, [written.length, columns], -1, 1, "float32"),
      },
      ...STRAIGHT,
      build: (b, { x, updates }) =>
        b.op("ScatterND", [x!, b.constant(index(written, [written.length, 1])), updates!], { reduction }),
      theirs: ({ x, updates }) => scattered(x!, updates!, flat, reduction),
    };
  },
  TopK: (random) => {
    const dims = sizes(random, 2);
    const k = upTo(random, dims[1]!);
    return {
      inputs: { x: apart(random, dims) },
      build: (b, { x }) => b.node("TopK", [x!, b.ints([k])], { axis: 1 }, 2)[0]!,
      // topk has no gradient there, picking what it found has.
      theirs: ({ x }) => {
        const found = tf.topk(x!, k).indices.dataSync();
        const places = found.map((column, i) => column + Math.floor(i / k) * dims[1]!);
        return tf.gather(tf.reshape(x!, [-1]), tf.tensor2d(places, [dims[0]!, k], "int32"));
      },
    };
  },
  Reshape: rearranged((_, dims) => ({
    build: (b, x) => b.reshape(x, [-1, dims[0]!]),
    theirs: (x) => tf.reshape(x, [-1, dims[0]!]),
  })),
  Flatten: rearranged((random, dims) => {
    const axis = random.below(dims.length + 1);
    const front = dims.slice(0, axis).reduce((a, b) => a * b, 1);
    return { build: (b, x) => b.flatten(x, axis), theirs: (x) => tf.reshape(x, [front, -1]) };
  }),
  Transpose: rearranged((random, dims) => {
    const order = random.shuffle([...dims.keys()]);
    return { build: (b, x) => b.transpose(x, order), theirs: (x) => tf.transpose(x, order) };
  }),
  Squeeze: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    return {
      inputs: { x: some(random, [rows, 1, columns]) },
      build: (b, { x }) => b.squeeze(x!, [1]),
      theirs: ({ x }) => tf.squeeze(x!, [1]),
    };
  },
  Unsqueeze: rearranged((random, dims) => {
    const axis = random.below(dims.length + 1);
    return { build: (b, x) => b.unsqueeze(x, [axis]), theirs: (x) => tf.expandDims(x, axis) };
  }),
  Expand: (random) => {
    const [a, b, c] = sizes(random, 3) as [number, number, number];
    return {
      inputs: { x: some(random, [b, 1]) },
      build: (builder, { x }) => builder.expand(x!, [a, b, c]),
      theirs: ({ x }) => tf.broadcastTo(x!, [a, b, c]),
    };
  },
  Concat: (random) => {
    const dims = sizes(random, 3);
    const axis = random.below(3);
    const other = dims.map((dim, i) => (i === axis ? upTo(random, 4) : dim));
    return {
      inputs: { x: some(random, dims), y: some(random, other) },
      build: (b, { x, y }) => b.concat([x!, y!], axis),
      theirs: ({ x, y }) => tf.concat([x!, y!], axis),
    };
  },
  Split: (random) => {
    const parts = sizes(random, 2);
    const dims = [upTo(random, 3), parts[0]! + parts[1]!];
    return {
      inputs: { x: some(random, dims) },
      // The second part alone: the first gets no gradient.
      build: (b, { x }) => b.split(x!, parts, 1)[1]!,
      theirs: ({ x }) => tf.split(x!, parts, 1)[1]!,
    };
  },
  Slice: rearranged((random, dims) => {
    const axis = random.below(dims.length);
    const start = random.below(dims[axis]!);
    const step = upTo(random, 2);
    const taken = Array.from({ length: Math.ceil((dims[axis]! - start) / step) }, (_, i) => start + i * step);
    return {
      build: (b, x) => b.slice(x, [start], [dims[axis]!], [axis], [step]),
      theirs: (x) => tf.gather(x, tf.tensor1d(taken, "int32"), axis),
    };
  }),
  Pad: rearranged((random, dims) => {
    const mode = ["constant", "reflect", "edge"][random.below(3)]!;
    if (mode !== "constant") {
      // Each axis by the elements that stand there; a mirror needs room.
      const room = (dim: number) => (mode === "edge" ? 3 : dim);
      const sides = dims.map((dim) => [random.below(room(dim)), random.below(room(dim))] as const);
      const pads = [...sides.map(([before]) => before), ...sides.map(([, after]) => after)];
      const source = (place: number, dim: number) => {
        const inside = Math.min(dim - 1, Math.max(0, place));
        return mode === "edge" ? inside : 2 * inside - place;
      };
      return {
        build: (b, x) => b.op("Pad", [x, b.ints(pads)], { mode }),
        theirs: (x) =>
          sides.reduce((value, [before, after], axis) => {
            const dim = dims[axis]!;
            const taken = Array.from({ length: before + dim + after }, (_, i) => source(i - before, dim));
            return tf.gather(value, tf.tensor1d(taken, "int32"), axis);
          }, x),
      };
    }
    const pads = dims.map(() => [random.below(3), random.below(3)] as [number, number]);
    return {
      build: (b, x) => b.pad(x, [...pads.map(([before]) => before), ...pads.map(([, after]) => after)]),
      theirs: (x) => tf.pad(x, pads),
    };
  }),
};
