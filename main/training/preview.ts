// What the network sees: a few training images as they are prepared, and varied as a step of training would vary them, by the same graph and draws.
import type { AugmentationPreview, Recipe } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/index.ts";
import { floatTensor } from "../graph/graph.ts";
import { createRandom } from "../models/random.ts";
import type { Project } from "../project/project.ts";
import { createAugmenter } from "./augmenter.ts";
import { chooseRange, prepareImages } from "./dataset.ts";
import { itemsOfRun } from "./folds.ts";
import { CHANCE } from "./sampler.ts";

const IMAGES = 6;

/** Another `seed` shows other images, varied otherwise. Blocks its thread: child process. Errors: app/not-found; snapshot/part-empty; imaging/*. */
export async function previewAugmentation(
  project: Project,
  snapshotId: string,
  recipe: Recipe,
  seed: number,
): Promise<AugmentationPreview> {
  const train = itemsOfRun(project, snapshotId, recipe).filter(({ part }) => part === "train");
  if (train.length === 0) throw new AppError("snapshot/part-empty", "There is no image in the training part.");
  const chosen = createRandom(seed, CHANCE.order)
    .shuffle([...train])
    .slice(0, IMAGES);
  const size = recipe.inputSize;
  const spec = { size, ...chooseRange(project, chosen) };
  const { pixels } = await prepareImages(project, chosen, spec, { signal: new AbortController().signal });
  const after = recipe.augment ? await varied(recipe.augment, pixels, chosen.length, size, seed) : pixels;
  const picture = (values: Float32Array, index: number): string =>
    Buffer.from(
      Uint8Array.from(values.subarray(index * size ** 2, (index + 1) * size ** 2), (value) => Math.round(255 * value)),
    ).toString("base64");
  return {
    size,
    images: chosen.map(({ imageId }, i) => ({ imageId, before: picture(pixels, i), after: picture(after, i) })),
  };
}

async function varied(
  augment: NonNullable<Recipe["augment"]>,
  pixels: Float32Array,
  batch: number,
  size: number,
  seed: number,
): Promise<Float32Array> {
  const augmenter = await createAugmenter(augment, { batch, rows: size, columns: size }, { device: "cpu", threads: 1 });
  try {
    const image = floatTensor([batch, 1, size, size], pixels);
    const answer = await augmenter.vary(image, null, createRandom(seed, CHANCE.augmentation, 0));
    return answer.image.data as Float32Array;
  } finally {
    await augmenter.dispose();
  }
}
