// Reading an image at other points: resizing and sampling. Layout [N, C, spatial...].
//
// Resizing is linear and goes axis by axis, so each axis is a matrix [output, input] that is known when the graph is written; backwards, its transpose.
// Sampling at a grid reads four neighbours with weights; backwards, the neighbours get their shares back and the grid gets the slopes between them.
import type { Value } from "../builder.ts";
import { elementCount, fixedDims } from "../graph.ts";
import type { Operator, ShapeSite } from "./operator.ts";
import { alongAxis, type ForwardSite, type GradientSite, indicator } from "./rule.ts";

/** Where output element `o` of an axis lies on the input, by ONNX's names for the conventions. */
function origin(
  o: number,
  size: number,
  reached: number,
  scale: number,
  mode: string,
  site: Pick<ForwardSite, "refuse">,
): number {
  switch (mode) {
    case "half_pixel":
      return (o + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return reached > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return reached > 1 ? (o * (size - 1)) / (reached - 1) : 0;
    case "asymmetric":
      return o / scale;
    default:
      return site.refuse(`coordinate_transformation_mode ${mode}.`);
  }
}

function nearest(at: number, mode: string): number {
  switch (mode) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}

/** What each element of an axis takes from the input's: [reached, size], row by row. */
export function axisMatrix(
  site: Pick<ForwardSite, "string" | "refuse">,
  size: number,
  reached: number,
  scale: number,
): Float64Array {
  const mode = site.string("mode", "nearest");
  const places = site.string("coordinate_transformation_mode", "half_pixel");
  const matrix = new Float64Array(reached * size);
  const add = (o: number, at: number, share: number) => {
    matrix[o * size + Math.min(size - 1, Math.max(0, at))]! += share;
  };
  for (let o = 0; o < reached; o++) {
    const at = origin(o, size, reached, scale, places, site);
    if (mode === "nearest") add(o, nearest(at, site.string("nearest_mode", "round_prefer_floor")), 1);
    else if (mode === "linear") {
      const inside = Math.min(size - 1, Math.max(0, at));
      const first = Math.floor(inside);
      add(o, first, 1 - (inside - first));
      add(o, first + 1, inside - first);
    } else site.refuse(`mode ${mode}.`);
  }
  return matrix;
}

function resizeGradient(site: GradientSite): readonly Value[] {
  const { b, dy, x } = site;
  const from = fixedDims(x(0).shape.slice(2), "The input");
  const to = fixedDims(dy.shape.slice(2), "The output");
  const given = site.has(2) ? (x(2).contents as readonly number[] | undefined) : undefined;
  const scales = to.map((size, i) => given?.[i + 2] ?? size / from[i]!);
  const whole =
    site.string("mode", "nearest") === "nearest" &&
    site.string("coordinate_transformation_mode", "half_pixel") === "asymmetric" &&
    site.string("nearest_mode", "round_prefer_floor") === "floor" &&
    to.every((size, i) => Number.isInteger(scales[i]) && size === from[i]! * scales[i]!);
  if (whole) return [b.mul(b.averagePool(dy, scales, { strides: scales }), elementCount(scales))];
  let back = dy;
  from.forEach((size, i) => {
    if (size === to[i]! && scales[i] === 1) return;
    back = alongAxis(b, back, i + 2, [to[i]!, size], axisMatrix(site, size, to[i]!, scales[i]!));
  });
  return [back];
}

function resized(site: ShapeSite): readonly { type: Value["type"]; shape: Value["shape"] }[] {
  const { type, shape } = site.input(0);
  if (site.has(3)) {
    const sizes = site.contents(3);
    if (sizes.length !== shape.length) site.fail(`sizes [${sizes.join(", ")}] do not fit.`);
    return [{ type, shape: sizes }];
  }
  if (!site.has(2)) site.fail("it has neither sizes nor scales.");
  const scales = site.scales(2);
  if (scales.length !== shape.length) site.fail(`scales [${scales}] do not fit ${shape.length} axes.`);
  return [
    {
      type,
      shape: shape.map((dim, i) =>
        scales[i] === 1 ? dim : Math.floor(site.fixed(dim, `axis ${i}`) * scales[i]! + 1e-9),
      ),
    },
  ];
}

/** One axis of a grid: what its coordinates mean in pixels, which two neighbours they lie between, and how far from the first. */
interface Between {
  readonly low: Value;
  readonly high: Value;
  /** From 0 at the low neighbour to 1 at the high one. */
  readonly way: Value;
  /** Slope of the place in pixels by the coordinate; 0 where a border holds it back. */
  readonly slope: Value;
}

function between(site: GradientSite, coordinate: Value, size: number): Between {
  const { b } = site;
  const corners = site.int("align_corners", 0) === 1;
  const unit = corners ? (size - 1) / 2 : size / 2;
  const place = b.add(b.mul(coordinate, unit), corners ? unit : unit - 0.5);
  const ones = b.add(b.mul(place, 0), 1);
  if (site.string("padding_mode", "zeros") === "border") {
    const held = b.clip(place, 0, size - 1);
    const low = b.op("Floor", [held]);
    const inside = b.mul(indicator(b, b.greater(place, 0), place), indicator(b, b.greater(size - 1, place), place));
    return { low, high: b.add(low, 1), way: b.sub(held, low), slope: b.mul(inside, unit) };
  }
  if (site.string("padding_mode", "zeros") === "reflection") {
    // A zigzag between the borders: up where it has turned an even number of times.
    const [border, range] = corners ? [0, Math.max(1, size - 1)] : [-0.5, size];
    const beyond = b.sub(place, border);
    const far = b.op("Abs", [beyond]);
    const into = b.sub(far, b.mul(b.op("Floor", [b.div(far, 2 * range)]), 2 * range));
    const back = indicator(b, b.greater(into, range), place);
    const turned = b.sub(1, b.mul(back, 2));
    const held = b.add(b.add(b.mul(turned, into), b.mul(back, 2 * range)), border);
    const low = b.op("Floor", [held]);
    const [first, last] = [low, b.add(low, 1)].map((at) => b.clip(at, 0, size - 1)) as [Value, Value];
    const slope = b.mul(b.mul(b.op("Sign", [beyond]), turned), unit);
    return { low: first, high: last, way: b.sub(held, low), slope };
  }
  const low = b.op("Floor", [place]);
  return { low, high: b.add(low, 1), way: b.sub(place, low), slope: b.mul(ones, unit) };
}

/** For x [N, C, H, W] and grid [N, P, Q, 2]: gradients of both. */
function gridSampleGradient(site: GradientSite): readonly (Value | null)[] {
  const { b, dy, x, wants } = site;
  if (site.string("mode", "bilinear") !== "bilinear") site.refuse("only bilinear sampling has slopes.");
  const [batch, channels, height, width] = fixedDims(x(0).shape, "The input") as [number, number, number, number];
  const [, rows, columns] = fixedDims(x(1).shape, "The grid") as [number, number, number];
  const points = rows * columns;
  const [gx, gy] = b.split(b.reshape(x(1), [batch, points, 2]), [1, 1], 2).map((part) => b.squeeze(part, [2]));
  const [across, down] = [between(site, gx!, width), between(site, gy!, height)];
  const pixels = b.reshape(x(0), [batch, channels, height * width]);
  const flow = b.reshape(dy, [batch, channels, points]);
  const inside = (at: Value, size: number) =>
    b.mul(indicator(b, b.greater(at, -0.5), at), indicator(b, b.greater(size - 0.5, at), at));
  let dx: Value = b.mul(pixels, 0);
  const slopes: Value[][] = [[], []];
  for (const [dyWay, row] of [
    [b.sub(1, down.way), down.low],
    [down.way, down.high],
  ] as const) {
    for (const [dxWay, column] of [
      [b.sub(1, across.way), across.low],
      [across.way, across.high],
    ] as const) {
      const valid = b.mul(inside(row, height), inside(column, width));
      const flat = b.add(b.mul(b.clip(row, 0, height - 1), width), b.clip(column, 0, width - 1));
      const index = b.expand(b.unsqueeze(b.cast(flat, "int64"), [1]), [batch, channels, points]);
      if (wants(0)) {
        const share = b.mul(flow, b.unsqueeze(b.mul(b.mul(dyWay, dxWay), valid), [1]));
        dx = b.op("ScatterElements", [dx, index, share], { axis: 2, reduction: "add" });
      }
      if (wants(1)) {
        const value = b.mul(b.op("GatherElements", [pixels, index], { axis: 2 }), b.unsqueeze(valid, [1]));
        const felt = b.reduceSum(b.mul(value, flow), [1], false);
        const rightwards = column === across.high ? 1 : -1;
        const downwards = row === down.high ? 1 : -1;
        slopes[0]!.push(b.mul(b.mul(felt, dyWay), rightwards));
        slopes[1]!.push(b.mul(b.mul(felt, dxWay), downwards));
      }
    }
  }
  const along = (parts: readonly Value[], { slope }: Between): Value =>
    b.unsqueeze(
      b.mul(
        parts.reduce((sum, part) => b.add(sum, part)),
        slope,
      ),
      [2],
    );
  const dGrid = (): Value =>
    b.reshape(b.concat([along(slopes[0]!, across), along(slopes[1]!, down)], 2), [batch, rows, columns, 2]);
  return [wants(0) ? b.reshapeLike(dx, x(0)) : null, wants(1) ? dGrid() : null];
}

export const resampling: Readonly<Record<"Resize" | "GridSample", Operator>> = {
  Resize: {
    domain: "",
    opset: [13, 17],
    inputs: [1, 4],
    outputs: [1, 1],
    attributes: {
      mode: "string",
      coordinate_transformation_mode: "string",
      nearest_mode: "string",
      cubic_coeff_a: "float",
      exclude_outside: "int",
      extrapolation_value: "float",
    },
    infer: resized,
    gradient: resizeGradient,
  },
  GridSample: {
    domain: "",
    opset: [16, 19],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { mode: "string", padding_mode: "string", align_corners: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      site.ranked(0, 4);
      const grid = site.ranked(1, 4);
      site.sameType(0, 1);
      if (grid[0] !== shape[0] || grid[3] !== 2)
        site.fail(`a grid [${grid.join(", ")}] is not [${shape[0]}, H, W, 2].`);
      return [{ type, shape: [shape[0]!, shape[1]!, grid[1]!, grid[2]!] }];
    },
    gradient: gridSampleGradient,
  },
};
