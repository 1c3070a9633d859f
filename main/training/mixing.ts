// Images mixed with each other, and their truths with them, so that between two cases the answer changes gradually.
//
// mixup (Zhang et al. 2017, https://arxiv.org/abs/1710.09412) blends two images; CutMix (Yun et al. 2019, https://arxiv.org/abs/1905.04899) puts a rectangle of one into
// the other. One share for the whole batch, partners by a random order of the same batch, as in the papers' programs.
import type { Recipe } from "../../preload/contract/index.ts";
import { floatTensor, type Tensor } from "../graph/graph.ts";
import type { Random } from "../models/random.ts";

export interface Mixed {
  /** [batch, channels, rows, columns] */
  readonly image: Tensor;
  /** [batch, classes] */
  readonly target: Tensor;
}

/** A batch mixed as the recipe says: not at all, one way, or either way with equal chance. */
export function mix(
  { image, target }: Mixed,
  { mixup, cutmix }: Pick<Recipe, "mixup" | "cutmix">,
  random: Random,
): Mixed {
  if (mixup === 0 && cutmix === 0) return { image, target };
  const [batch, channels, rows, columns] = image.dims as [number, number, number, number];
  const partner = random.shuffle(Array.from({ length: batch }, (_, i) => i));
  const cuts = mixup === 0 || (cutmix > 0 && random.uniform() < 0.5);
  const own = beta(cuts ? cutmix : mixup, random);
  const pixels = image.data as Float32Array;
  const size = channels * rows * columns;
  const mixed = new Float32Array(pixels.length);
  let share = own;
  if (cuts) {
    const hole = rectangle(own, rows, columns, random);
    share = 1 - ((hole.bottom - hole.top) * (hole.right - hole.left)) / (rows * columns);
    const inside = (pixel: number): boolean => {
      const [row, column] = [Math.floor(pixel / columns) % rows, pixel % columns];
      return row >= hole.top && row < hole.bottom && column >= hole.left && column < hole.right;
    };
    for (let i = 0; i < mixed.length; i++) {
      const [one, at] = [Math.floor(i / size), i % size];
      mixed[i] = inside(at) ? pixels[partner[one]! * size + at]! : pixels[i]!;
    }
  } else {
    for (let i = 0; i < mixed.length; i++) {
      mixed[i] = own * pixels[i]! + (1 - own) * pixels[partner[Math.floor(i / size)]! * size + (i % size)]!;
    }
  }
  const classes = target.dims[1]!;
  const truth = target.data as Float32Array;
  const truths = truth.map(
    (value, i) => share * value + (1 - share) * truth[partner[Math.floor(i / classes)]! * classes + (i % classes)]!,
  );
  return { image: floatTensor(image.dims, mixed), target: floatTensor(target.dims, truths) };
}

/** A rectangle with 1 - share of the area where the image holds it; its middle lies anywhere. */
function rectangle(share: number, rows: number, columns: number, random: Random) {
  const side = Math.sqrt(1 - share);
  const [row, column] = [random.uniform() * rows, random.uniform() * columns];
  const within = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
  return {
    top: within(row - (side * rows) / 2, rows),
    bottom: within(row + (side * rows) / 2, rows),
    left: within(column - (side * columns) / 2, columns),
    right: within(column + (side * columns) / 2, columns),
  };
}

/** From Beta(alpha, alpha), as the share of one of two gamma variates. */
function beta(alpha: number, random: Random): number {
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)];
  return a + b > 0 ? a / (a + b) : 0.5;
}

/** Gamma(shape, 1) (Marsaglia and Tsang 2000, https://doi.org/10.1145/358407.358414). */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
