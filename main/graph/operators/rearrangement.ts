// Repeating and regrouping elements: tiles, blocks of pixels to channels and back, running sums.
import type { Dim } from "../graph.ts";
import { NEWEST, type Operator } from "./operator.ts";

export const rearrangement: Readonly<Record<"Tile" | "DepthToSpace" | "SpaceToDepth" | "CumSum", Operator>> = {
  Tile: {
    domain: "",
    opset: [6, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const { type, shape } = site.input(0);
      const repeats = site.numbers(1);
      if (repeats.length !== shape.length) site.fail(`repeats [${repeats}] do not fit ${shape.length} dimensions.`);
      const tiled = shape.map((dim, i): Dim => (repeats[i] === 1 ? dim : site.fixed(dim, `axis ${i}`) * repeats[i]!));
      return [{ type, shape: tiled }];
    },
    gradient: ({ b, dy, x }) => {
      const repeats = (x(1).contents ?? []) as readonly number[];
      const split: Dim[] = [];
      const copies: number[] = [];
      x(0).shape.forEach((dim, i) => {
        if (repeats[i] !== 1) copies.push(split.push(repeats[i]!) - 1);
        split.push(dim);
      });
      if (copies.length === 0) return [dy, null];
      const apart = b.reshape(
        dy,
        split.map((dim) => (typeof dim === "number" ? dim : -1)),
      );
      return [b.reduceSum(apart, copies, false), null];
    },
  },
  // Channels to blocks of pixels. DCR: the channel is (block row, block column, channel); CRD (PixelShuffle): (channel, block row, block column).
  DepthToSpace: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { blocksize: "int", mode: "string" },
    infer: (site) => {
      const { type } = site.input(0);
      const [batch, channels, height, width] = site.ranked(0, 4) as [Dim, Dim, Dim, Dim];
      const block = site.int("blocksize", 0);
      const depth = site.fixed(channels, "channels") / (block * block);
      if (!Number.isInteger(depth)) site.fail(`${channels} channels are not blocks of ${block} by ${block}.`);
      const grown = [height, width].map((dim) => site.fixed(dim, "a spatial axis") * block);
      return [{ type, shape: [batch, depth, ...grown] }];
    },
    gradient: ({ b, dy, x, int, string }) => {
      const block = int("blocksize", 0);
      const [, channels, height, width] = x(0).shape as [Dim, number, number, number];
      const apart = b.reshape(dy, [-1, channels / (block * block), height, block, width, block]);
      const order = string("mode", "DCR") === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
      return [b.reshapeLike(b.transpose(apart, order), x(0))];
    },
  },
  SpaceToDepth: {
    domain: "",
    opset: [1, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { blocksize: "int" },
    infer: (site) => {
      const { type } = site.input(0);
      const [batch, channels, height, width] = site.ranked(0, 4) as [Dim, Dim, Dim, Dim];
      const block = site.int("blocksize", 0);
      const shrunk = [height, width].map((dim) => site.fixed(dim, "a spatial axis") / block);
      if (!shrunk.every(Number.isInteger)) site.fail(`[${height}, ${width}] are not blocks of ${block} by ${block}.`);
      return [{ type, shape: [batch, site.fixed(channels, "channels") * block * block, ...shrunk] }];
    },
    gradient: ({ b, dy, x, int }) => {
      const block = int("blocksize", 0);
      const [, channels, height, width] = x(0).shape as [Dim, number, number, number];
      const apart = b.reshape(dy, [-1, block, block, channels, height / block, width / block]);
      return [b.reshapeLike(b.transpose(apart, [0, 3, 4, 1, 5, 2]), x(0))];
    },
  },
  CumSum: {
    domain: "",
    opset: [14, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { exclusive: "int", reverse: "int" },
    infer: (site) => {
      site.typed(1, "int64", "int32");
      const { type, shape } = site.float(0);
      return [{ type, shape }];
    },
    // Element i is in every sum from i on, so gradients add up from the other end.
    gradient: ({ b, dy, x, int }) => [
      b.op("CumSum", [dy, x(1)], { exclusive: int("exclusive", 0), reverse: 1 - int("reverse", 0) }),
      null,
    ],
  },
};
