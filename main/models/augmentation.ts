// Augmentation as a graph: each image of a batch is moved by its own map, made brighter or darker, blurred, roughened, partly blanked.
//
// The caller draws the random numbers (main/training/augmentation.ts), so the same numbers give the same images, on whatever device. The sampling grid is a
// constant times the affine map, plus a smooth displacement where there is one. Convention of PyTorch's affine_grid with align_corners false: coordinates run
// from -1 to 1 over the image's outer edges, and theta maps a place in the output to the place in the input that it is read from. A mask takes the
// same way as its image and is read from the nearest pixel, so that it stays made of classes.
import { GraphBuilder, type Value } from "../graph/builder.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";

export interface AugmentationShape {
  readonly batch: number;
  /** 1 when absent. */
  readonly channels?: number;
  readonly rows: number;
  readonly columns: number;
  /** Whether masks are moved along. */
  readonly mask?: boolean;
  /** What is done beside the affine map and the change of light. */
  readonly steps?: readonly AugmentationStep[];
}
export type AugmentationStep = "elastic" | "gamma" | "blur" | "noise" | "cutout";

/** Points a side of the coarse displacement that is drawn; between them it is smooth. */
export const ELASTIC_POINTS = 5;
/** Pixels a side of a blurring kernel. */
export const BLUR_TAPS = 9;

/**
 * Inputs `image` [batch, channels, rows, columns] in [0, 1], `theta` [batch, 2, 3], `gain` [batch], `offset` [batch]; output `augmented`, shaped like `image`:
 * clip(gain * sampled + offset, 0, 1). Outside the image lies its border pixel. With a mask also `mask` [batch, 1, rows, columns] and `augmented_mask`.
 * Each step adds an input: elastic `displacement` [batch, 2, 5, 5], added to the coordinates (x, then y); gamma `gamma` [batch], the exponent; blur `kernel`
 * [batch * channels, 1, 9, 9]; noise `noise`, shaped like `image`, added; cutout `hole` [batch, 4], first and last row, first and last column (the last excluded,
 * in pixels), which gets the image's mean.
 */
export function augmentationGraph(shape: AugmentationShape): Graph {
  const { batch, channels = 1, rows, columns, mask = false, steps = [] } = shape;
  const b = new GraphBuilder("augmentation");
  const has = (step: AugmentationStep): boolean => steps.includes(step);
  const image = b.input("image", "float32", [batch, channels, rows, columns]);
  const theta = b.input("theta", "float32", [batch, 2, 3]);
  const gain = b.input("gain", "float32", [batch]);
  const offset = b.input("offset", "float32", [batch]);
  const each = [batch, 1, 1, 1];

  const places = b.constant(floatTensor([rows * columns, 3], homogeneousPlaces(rows, columns)));
  let grid = b.reshape(b.matMul(places, b.transpose(theta, [0, 2, 1])), [batch, rows, columns, 2]);
  if (has("elastic")) grid = b.add(grid, smoothed(b, batch, rows, columns));
  let x = b.gridSample(image, grid);
  if (mask) {
    const classes = b.input("mask", "float32", [batch, 1, rows, columns]);
    const options = { mode: "nearest", padding_mode: "border", align_corners: 0 };
    b.output(b.as("augmented_mask").op("GridSample", [classes, grid], options));
  }
  x = b.add(b.mul(x, b.reshape(gain, each)), b.reshape(offset, each));
  if (has("gamma")) x = b.pow(b.clip(x, 0, 1), b.reshape(b.input("gamma", "float32", [batch]), each));
  if (has("blur")) {
    // The images of the batch side by side as channels, each with a kernel of its own.
    const kernel = b.input("kernel", "float32", [batch * channels, 1, BLUR_TAPS, BLUR_TAPS]);
    const pad = (BLUR_TAPS - 1) / 2;
    // The border goes on outside the image, as it does when images are moved; zeros would darken it.
    const around = b.op("Pad", [x, b.ints([0, 0, pad, pad, 0, 0, pad, pad])], { mode: "edge" });
    const apart = b.reshape(around, [1, batch * channels, rows + 2 * pad, columns + 2 * pad]);
    const blurred = b.conv(apart, kernel, null, { group: batch * channels });
    x = b.reshape(blurred, [batch, channels, rows, columns]);
  }
  if (has("noise")) x = b.add(x, b.input("noise", "float32", [batch, channels, rows, columns]));
  if (!has("cutout")) {
    b.output(b.as("augmented").clip(x, 0, 1));
    return b.build();
  }
  const inside = hole(b, batch, rows, columns);
  const clipped = b.clip(x, 0, 1);
  const mean = b.reduceMean(clipped, [1, 2, 3]);
  b.output(b.as("augmented").add(clipped, b.mul(inside, b.sub(mean, clipped))));
  return b.build();
}

/** The coarse displacement, enlarged to the image with smooth slopes: [batch, rows, columns, 2]. */
function smoothed(b: GraphBuilder, batch: number, rows: number, columns: number): Value {
  const coarse = b.input("displacement", "float32", [batch, 2, ELASTIC_POINTS, ELASTIC_POINTS]);
  const fine = b.op("Resize", [coarse, null, null, b.ints([batch, 2, rows, columns])], {
    mode: "cubic",
    coordinate_transformation_mode: "half_pixel",
  });
  return b.transpose(fine, [0, 2, 3, 1]);
}

/** 1 inside the hole of each image, 0 outside: [batch, 1, rows, columns]. */
function hole(b: GraphBuilder, batch: number, rows: number, columns: number): Value {
  const [top, bottom, left, right] = b
    .split(b.input("hole", "float32", [batch, 4]), [1, 1, 1, 1], 1)
    .map((side) => b.reshape(side, [batch, 1, 1, 1])) as [Value, Value, Value, Value];
  const count = (length: number) => Float32Array.from({ length }, (_, i) => i + 0.5);
  const row = b.constant(floatTensor([1, 1, rows, 1], count(rows)));
  const column = b.constant(floatTensor([1, 1, 1, columns], count(columns)));
  const between = (at: Value, first: Value, last: Value): Value =>
    b.mul(b.cast(b.greater(at, first), "float32"), b.cast(b.greater(last, at), "float32"));
  return b.mul(between(row, top, bottom), between(column, left, right));
}

/** x, y, 1 of every pixel's centre, row by row. */
function homogeneousPlaces(rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: rows * columns * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    if (i % 3 === 0) return (2 * (pixel % columns) + 1) / columns - 1;
    return i % 3 === 1 ? (2 * Math.floor(pixel / columns) + 1) / rows - 1 : 1;
  });
}
