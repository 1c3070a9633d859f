// A class for each pixel: learnt on patches, judged by Dice on whole images.
import { floatTensor } from "../../graph/graph.ts";
import { type ArchitectureName, buildArchitecture } from "../../models/build-model.ts";
import { addCounts, dice, emptyCounts, jaccard } from "../../models/metrics/overlap.ts";
import { LEAST_PROBABILITY } from "../../models/metrics.ts";
import { type MaskLoss, maskObjective } from "../../models/objectives.ts";
import { createRandom, type Random } from "../../models/random.ts";
import { trainingStep } from "../../models/training-step.ts";
import { createAugmenter } from "../augmenter.ts";
import type { DeviceId } from "../engines/session.ts";
import { normalisation } from "../normalisation.ts";
import { cut, type PlainImage, slidingWindow } from "../sliding-window.ts";
import type { Inference, Task, TaskRecipe, Validation } from "../task.ts";

/** A grey image of any size and the class of each of its pixels, -1 where nobody knows. */
export interface MaskedImage extends PlainImage {
  readonly classes: Int8Array;
}

export interface SegmentationInput {
  readonly recipe: TaskRecipe;
  readonly architecture: Extract<ArchitectureName, "unet" | "unet-residual" | "unet-attention">;
  readonly width: number;
  readonly loss: MaskLoss["kind"];
  /** Rows and columns of a patch; a multiple of 16. */
  readonly patch: number;
  /** Classes, the background (0) included. */
  readonly classes: number;
  readonly train: readonly MaskedImage[];
  readonly validation: readonly MaskedImage[];
  readonly device: DeviceId;
  readonly threads: number;
}

/** One patch in so many is made to hold something else than background, as nnU-Net does: rare things would hardly be seen. */
const FOREGROUND_EVERY = 3;
/** Places tried before a patch is taken as it comes. */
const TRIES = 50;

/** The task on images with masks. A case is a patch: an epoch has as many as cover each training image once. */
export async function segmentation(input: SegmentationInput): Promise<Task> {
  const { recipe, architecture, width, loss, patch, classes, train, validation, device, threads } = input;
  const owners = train.flatMap(({ rows, columns }, image) =>
    new Array<number>(Math.max(1, Math.round((rows * columns) / patch ** 2))).fill(image),
  );
  const model = buildArchitecture(
    architecture,
    {
      input: { kind: "image", channels: 1, size: [patch, patch] },
      output: { kind: "mask", classes },
      normalise: normalisation(train),
      seed: recipe.seed,
    },
    width,
  );
  const batch = Math.min(recipe.batchSize, owners.length);
  const shape = { batch, rows: patch, columns: patch, mask: true };
  const augmenter = recipe.augment && (await createAugmenter(recipe.augment, shape, { device, threads }));
  return {
    count: owners.length,
    classIndex: new Uint8Array(owners.length),
    model,
    step: (batchSize, target) =>
      trainingStep(
        model,
        { ...recipe, batchSize, objective: maskObjective({ kind: loss }), average: recipe.average !== "none" },
        target,
      ),
    feeds: async (cases, random) => {
      const area = patch * patch;
      const pixels = new Float32Array(cases.length * area);
      const truth = new Float32Array(cases.length * area);
      const chance = random ?? createRandom(recipe.seed);
      for (const [row, index] of cases.entries()) {
        const image = train[owners[index]!]!;
        const { top, left } = placeOf(image, patch, row % FOREGROUND_EVERY === 0, chance);
        cut(image, top, left, patch, pixels.subarray(row * area, (row + 1) * area));
        cutClasses(image, top, left, patch, truth.subarray(row * area, (row + 1) * area));
      }
      const [image, mask] = [pixels, truth].map((values) => floatTensor([cases.length, 1, patch, patch], values)) as [
        ReturnType<typeof floatTensor>,
        ReturnType<typeof floatTensor>,
      ];
      const varied = augmenter && random ? await augmenter.vary(image, mask, random) : { image, mask };
      return { image: varied.image, target: { ...varied.mask!, dims: [cases.length, patch, patch] } };
    },
    validate: (inference) => judge(inference, validation, patch, classes),
    dispose: async () => {
      await augmenter?.dispose();
    },
  };
}

/** A patch that lies on the image; with something else than background in its middle where that is asked for and found. */
function placeOf(
  image: MaskedImage,
  patch: number,
  foreground: boolean,
  random: Random,
): { top: number; left: number } {
  const { rows, columns, classes } = image;
  const free = (size: number): number => Math.max(0, size - patch);
  if (foreground) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const pixel = random.below(rows * columns);
      if (classes[pixel]! <= 0) continue;
      const held = (at: number, size: number) => Math.min(free(size), Math.max(0, at - patch / 2));
      return { top: held(Math.floor(pixel / columns), rows), left: held(pixel % columns, columns) };
    }
  }
  return { top: random.below(free(rows) + 1), left: random.below(free(columns) + 1) };
}

/** Classes of a patch; beyond the edges nobody knows. */
function cutClasses(
  { rows, columns, classes }: MaskedImage,
  top: number,
  left: number,
  patch: number,
  into: Float32Array,
): void {
  for (let y = 0; y < patch; y++) {
    for (let x = 0; x < patch; x++) {
      const [row, column] = [top + y, left + x];
      into[y * patch + x] = row < rows && column < columns ? classes[row * columns + column]! : -1;
    }
  }
}

/** Loss and Dice of every class but the background, over all pixels of the part; the standard error of Dice is that of images. */
async function judge(
  inference: Inference,
  images: readonly MaskedImage[],
  patch: number,
  classes: number,
): Promise<Validation> {
  const all = emptyCounts(classes);
  const each: number[] = [];
  let [cost, known] = [0, 0];
  for (const image of images) {
    const probabilities = await slidingWindow(inference, image, { patch, classes });
    const own = emptyCounts(classes);
    const predicted = likeliest(probabilities, classes);
    addCounts(all, predicted, image.classes);
    addCounts(own, predicted, image.classes);
    each.push(meanDice(own, classes));
    const area = image.rows * image.columns;
    image.classes.forEach((truth, i) => {
      if (truth < 0) return;
      cost -= Math.log(Math.max(LEAST_PROBABILITY, probabilities[truth * area + i]!));
      known++;
    });
  }
  const value = meanDice(all, classes);
  const mean = each.reduce((sum, one) => sum + one, 0) / each.length;
  const variance = each.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, each.length - 1);
  const loss = cost / Math.max(1, known);
  const foreground = Array.from({ length: classes - 1 }, (_, i) => jaccard(all, i + 1));
  return {
    loss,
    score: { value, standardError: Math.sqrt(variance / each.length) },
    figures: { loss, dice: value, jaccard: foreground.reduce((sum, one) => sum + one, 0) / foreground.length },
  };
}

function meanDice(counts: ReturnType<typeof emptyCounts>, classes: number): number {
  let sum = 0;
  for (let c = 1; c < classes; c++) sum += dice(counts, c);
  return sum / (classes - 1);
}

/** The likeliest class of each pixel of probabilities [classes, pixels]. */
export function likeliest(probabilities: Float32Array, classes: number): Uint8Array {
  const area = probabilities.length / classes;
  return Uint8Array.from({ length: area }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (probabilities[c * area + i]! > probabilities[best * area + i]!) best = c;
    return best;
  });
}
