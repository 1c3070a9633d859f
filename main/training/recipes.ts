// What to try first: one recipe that is recommended, fitted to the snapshot, the machine and the time at hand, with the reason for each choice, and one for
// every other architecture to compare it with.
//
// In the spirit of nnU-Net (Isensee et al. 2021, https://doi.org/10.1038/s41592-020-01008-z): fixed rules from facts, no search. The rules look at counts, sizes and
// spacings, never at pixels of validation or test. Time is measured, so two machines may get other numbers of epochs; all else follows from the snapshot.
import { availableParallelism } from "node:os";
import {
  architectureSchema,
  type Recipe,
  type RecipeFact,
  type RecipeInput,
  type RecipeSuggestion,
  recipeSchema,
  type Snapshot,
} from "../../preload/contract/index.ts";
import { ARCHITECTURES } from "../models/build-model.ts";
import { copiesOf } from "../models/test-time-augmentation.ts";
import type { Project } from "../project/project.ts";
import { measureStep } from "./step-time.ts";

/** What the rules know of an image. */
export interface ImageFacts {
  readonly rows: number;
  readonly columns: number;
  /** Between rows and between columns, mm; null where the file says none. */
  readonly spacing?: readonly [number, number] | null;
}

export interface Circumstances {
  /** That a training may take. */
  readonly minutes: number;
  /** Seconds of one step of a recipe here. */
  readonly stepSeconds: (recipe: Recipe) => Promise<number>;
}

/** Input sides above this cost more time than they have brought accuracy in our benches. Revisit with lesions of a few pixels. */
const LARGEST_INPUT = 96;
const SMALLEST_INPUT = 16;
/** Below these sides detail that a class may hang on is lost; only then are fewer epochs taken instead. */
const LEAST_REDUCED_INPUT = 48;
/** A class this much larger than another makes batches unbalanced enough to teach the larger one only. */
const BALANCE_FROM = 1.5;
/** Fewer training images than this are few: a small net, milder variation. */
const FEW_IMAGES = 1_000;
/** From here on a wider net has enough to learn from. */
const MANY_IMAGES = 10_000;
/** Varied images that a run should see in all, and the bounds of its epochs. */
const SEEN_IMAGES = 240_000;
const EPOCHS = { least: 5, most: 100 } as const;
/** Part of the time that steps may take; the rest is preparing, validation and evaluation. */
const STEPS_PART = 0.8;

/** Images whose size is looked at, spread evenly over the snapshot. */
const MEASURED_IMAGES = 200;

/**
 * As in the literature on robust training of small medical sets: whatever differs between machines and hospitals (place, exposure, contrast, sharpness, noise)
 * must not be what a class is recognised by.
 */
const STRONG = {
  shift: 0.1,
  rotate: 12,
  scale: 0.12,
  flip: true,
  intensity: 0.15,
  shear: 6,
  elastic: 0.01,
  gamma: 0.3,
  noise: 0.05,
} as const;
/** Strongest blur, part of the input's side: as much as resizing by another program changes a picture. */
const BLUR = 1 / 56;
/** On 170 phantoms this gave the convolutional net a validation AUC of 0.93; twice the variation without mirroring gave 0.86. */
const MILD = { shift: 0.05, rotate: 5, scale: 0.05, flip: true, intensity: 0.05 } as const;

/** The recommended recipe first. Measures steps: child process. Errors: app/not-found. */
export function suggestRecipes(
  project: Project,
  snapshotId: string,
  { minutes, threads = availableParallelism() }: { minutes: number; threads?: number },
): Promise<RecipeSuggestion[]> {
  const items = project.snapshots.items(snapshotId);
  const every = Math.ceil(items.length / MEASURED_IMAGES);
  const images = items
    .filter((_, i) => i % every === 0)
    .map((item): ImageFacts => project.images.get(item.imageId).pixels);
  const snapshot = project.snapshots.get(snapshotId);
  const stepSeconds = (recipe: Recipe): Promise<number> => measureStep(recipe, snapshot.classes.length, threads);
  return recipesFor(snapshot, images, { minutes, stepSeconds });
}

/** The rules alone: counts, sizes and the time of a step in, recipes out. */
export async function recipesFor(
  snapshot: Pick<Snapshot, "classes" | "counts" | "seed">,
  images: readonly ImageFacts[],
  circumstances: Circumstances,
): Promise<RecipeSuggestion[]> {
  const facts = factsOf(snapshot, images);
  const plain = architectureSchema.options.map((architecture) => plainRecipe(architecture, facts));
  return [await automatic(facts, circumstances), ...plain];
}

interface Facts {
  /** Training images, at least 1. */
  readonly count: number;
  /** Median of the longer sides, pixels. */
  readonly side: number;
  /** Median spacing of a pixel, mm; null where unknown. */
  readonly spacing: number | null;
  /** Images of the largest class over those of the smallest. */
  readonly imbalance: number;
  readonly seed: number;
}

function factsOf({ counts, seed }: Pick<Snapshot, "counts" | "seed">, images: readonly ImageFacts[]): Facts {
  const train = counts.find((count) => count.part === "train");
  const perClass = (train?.perClass ?? []).filter((n) => n > 0);
  const spacings = images.flatMap(({ spacing }) => (spacing ? [(spacing[0] + spacing[1]) / 2] : []));
  return {
    count: Math.max(1, train?.images ?? 0),
    side: median(images.map((image) => Math.max(image.rows, image.columns))) ?? SMALLEST_INPUT,
    spacing: 2 * spacings.length > images.length ? median(spacings) : null,
    imbalance: perClass.length > 1 ? Math.max(...perClass) / Math.min(...perClass) : 1,
    seed,
  };
}

const inputSizeOf = (side: number, limit: number): number =>
  Math.max(SMALLEST_INPUT, Math.min(limit, 4 * Math.ceil(side / 4)));

async function automatic(facts: Facts, { minutes, stepSeconds }: Circumstances): Promise<RecipeSuggestion> {
  const { count, side, spacing, imbalance, seed } = facts;
  const [few, many] = [count < FEW_IMAGES, count >= MANY_IMAGES];
  const batchSize = Math.min(few ? 16 : 64, count);
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const wanted = Math.round(Math.min(EPOCHS.most, Math.max(2 * EPOCHS.least, SEEN_IMAGES / count)));
  let deep = !few;
  const recipeOf = (inputSize: number, epochs: number): Recipe =>
    recipeSchema.parse({
      architecture: deep ? "resnet18" : "convnet",
      inputSize,
      width: many || (!few && !deep) ? 32 : 16,
      epochs,
      batchSize,
      optimiser: "adam",
      learningRate: deep ? 1e-3 : 3e-3,
      schedule: "cosine",
      weightDecay: few ? 1e-4 : 0.05,
      labelSmoothing: few ? 0 : 0.1,
      average: "ema",
      testTimeAugmentation: true,
      balanced: imbalance > BALANCE_FROM,
      augment: few ? MILD : { ...STRONG, blur: Math.min(1, BLUR * inputSize) },
      patience: null,
      seed,
    } satisfies RecipeInput);

  // The deep net where all wanted epochs fit into the time: seeing more varied images brought more than depth. Else the first of the small net and smaller
  // inputs at which at least half of them fit.
  let inputSize = inputSizeOf(side, LARGEST_INPUT);
  const affordable = async (): Promise<number> =>
    (STEPS_PART * minutes * 60) / ((await stepSeconds(recipeOf(inputSize, wanted))) * stepsPerEpoch);
  let fitting = await affordable();
  if (deep && fitting < wanted) {
    deep = false;
    fitting = await affordable();
  }
  while (fitting < wanted / 2 && inputSize > LEAST_REDUCED_INPUT) {
    inputSize = Math.max(LEAST_REDUCED_INPUT, 4 * Math.round(inputSize / 6));
    fitting = await affordable();
  }
  const epochs = Math.max(Math.min(EPOCHS.least, wanted), Math.min(wanted, Math.floor(fitting)));

  const reasons: RecipeFact[] = [
    { fact: deep ? "deepNet" : few ? "narrowNet" : "smallNet", values: { count } },
    inputSize < side
      ? { fact: "reduced", values: { side: inputSize, from: side } }
      : { fact: "kept", values: { side } },
    ...(spacing === null
      ? []
      : [{ fact: "resolution" as const, values: { millimetres: (spacing * Math.max(side, 1)) / inputSize } }]),
    { fact: few ? "smallBatch" : "batch", values: { batch: batchSize, steps: stepsPerEpoch } },
    epochs < wanted
      ? { fact: "timeLimits", values: { epochs, wanted, minutes } }
      : {
          fact: "enoughSeen",
          values: { epochs, seen: epochs * count, minutes: (minutes * STEPS_PART * epochs) / fitting },
        },
    ...(imbalance > BALANCE_FROM ? [{ fact: "balanced" as const, values: { ratio: imbalance } }] : []),
    { fact: few ? "mildVariation" : "strongVariation", values: { count } },
    { fact: "averaged", values: {} },
    { fact: "copies", values: { copies: copiesOf(recipeOf(inputSize, epochs).augment!).length } },
  ];
  return { recipe: recipeOf(inputSize, epochs), recommended: true, reasons };
}

/** A recipe to compare with: each architecture at a small width, paced by counts alone. */
function plainRecipe(architecture: Recipe["architecture"], facts: Facts): RecipeSuggestion {
  const { count, side, imbalance, seed } = facts;
  const { width } = ARCHITECTURES[architecture];
  const flat = architecture === "logistic" || architecture === "mlp";
  const small = architecture === "convnet" || architecture === "places" || architecture === "classic";
  /** So many steps of learning, whatever the size of the set, but every image at least 5 and at most 100 times. */
  const [steps, batch] = flat ? [400, 32] : small ? [600, 16] : [800, 32];
  const batchSize = Math.min(batch, count);
  const recipe = recipeSchema.parse({
    architecture,
    inputSize: Math.max(LEAST_INPUT[architecture] ?? 0, inputSizeOf(side, flat ? 64 : LARGEST_INPUT)),
    width: width === null ? 4 : narrow(width, small ? 2 : 4),
    epochs: Math.min(EPOCHS.most, Math.max(EPOCHS.least, Math.round((steps * batchSize) / count))),
    batchSize,
    optimiser: "adam",
    learningRate: small ? 3e-3 : 1e-3,
    schedule: "cosine",
    weightDecay: flat ? 1e-2 : 1e-4,
    balanced: imbalance > BALANCE_FROM,
    augment: flat ? null : MILD,
    patience: null,
    seed,
  } satisfies RecipeInput);
  return {
    recipe,
    recommended: false,
    reasons: [
      recipe.inputSize < side
        ? { fact: "reduced", values: { side: recipe.inputSize, from: side } }
        : { fact: "kept", values: { side: recipe.inputSize } },
      ...(recipe.balanced ? [{ fact: "balanced" as const, values: { ratio: imbalance } }] : []),
    ],
  };
}

/** Nets that halve the map five times have none left of smaller images. */
const LEAST_INPUT: Partial<Record<Recipe["architecture"], number>> = {
  densenet121: 32,
  "mobilenetv3-small": 32,
  "mobilenetv3-large": 32,
  "efficientnet-b0": 32,
  "convnext-tiny": 32,
};

/** A part of the published width, which suits a processor and some thousand images. */
function narrow({ published, least, of }: { published: number; least: number; of: number }, divisor: number): number {
  return Math.max(least, of, of * Math.round(published / divisor / of));
}

/** The upper one of two in the middle; null of nothing. */
function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? null;
}
