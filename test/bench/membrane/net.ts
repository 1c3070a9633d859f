// The U-Net of the membrane images: their slices, its recipe and its training, for the benches that need one.
//
// Of the 30 slices the first 20 are learnt from, the next 4 choose the epoch, and the last 6 are for whoever asks once, at the end.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { type MaskedImage, segmentation } from "../../../main/training/tasks/segmentation.ts";
import { train } from "../../../main/training/trainer.ts";
import { recipeSchema } from "../../../preload/contract/index.ts";
import { BenchUnavailable } from "../../support/bench.ts";

const DATA = fileURLToPath(new URL("../../../../shared/data/membrane/", import.meta.url));
const SLICES = { train: [0, 20], validation: [20, 24], test: [24, 30] } as const;
export const PATCH = 256;
export const CLASSES = 2;
const WIDTH = 16;

const RECIPE = recipeSchema.parse({
  architecture: "convnet",
  inputSize: PATCH,
  width: WIDTH,
  epochs: 20,
  batchSize: 4,
  optimiser: "adam",
  learningRate: 2e-3,
  weightDecay: 1e-4,
  schedule: "cosine",
  balanced: false,
  augment: null,
  patience: null,
  average: "ema",
  seed: 1,
});
const AUGMENT = {
  shift: 0,
  rotate: 15,
  scale: 0.1,
  flip: true,
  intensity: 0.1,
  flipVertical: true,
  quarterTurns: true,
  elastic: 0.04,
  gamma: 0.2,
  shear: 0,
  noise: 0,
  blur: 0,
  cutout: 0,
};

export interface Membranes {
  readonly train: readonly MaskedImage[];
  readonly validation: readonly MaskedImage[];
  readonly test: readonly MaskedImage[];
}

/** @throws BenchUnavailable where the images are not on this machine */
export function readMembranes(): Membranes {
  if (!existsSync(DATA)) throw new BenchUnavailable(`The images are not on this machine: expected ${DATA}.`);
  const [training, validation, test] = [SLICES.train, SLICES.validation, SLICES.test].map(([from, to]) =>
    Array.from({ length: to - from }, (_, i) => slice(from + i)),
  ) as [MaskedImage[], MaskedImage[], MaskedImage[]];
  return { train: training, validation, test };
}

export interface MembraneNet {
  readonly onnx: Uint8Array;
  readonly best: Awaited<ReturnType<typeof train>>["best"];
}

/** The network after so many epochs, on the processor. Tells the validation Dice of each as it goes. */
export async function trainMembranes(
  { train: training, validation }: Membranes,
  { epochs = RECIPE.epochs, threads }: { epochs?: number; threads: number },
): Promise<MembraneNet> {
  const recipe = { ...RECIPE, epochs };
  const began = performance.now();
  const minutes = (): number => (performance.now() - began) / 60_000;
  const on = { device: "cpu", threads } as const;
  const task = await segmentation({
    recipe: { ...recipe, augment: AUGMENT },
    architecture: "unet",
    width: WIDTH,
    loss: "dice-cross-entropy",
    patch: PATCH,
    classes: CLASSES,
    train: training,
    validation,
    ...on,
  });
  return train({
    recipe,
    task,
    ...on,
    signal: new AbortController().signal,
    from: null,
    events: {
      begin: ({ parameters, steps }) => console.error(`${parameters} parameters, ${steps} steps`),
      points: (points) => {
        const found = points.find(({ metric }) => metric === "dice");
        if (found)
          console.error(`${minutes().toFixed(1)} min  epoch ${found.epoch}  validation Dice ${found.value.toFixed(4)}`);
      },
      progress: () => {},
      checkpoint: () => {},
      best: () => {},
    },
  }).finally(() => task.dispose());
}

/** Slice `index` and its labels: white (1) is the inside of a cell, black (0) a membrane. */
function slice(index: number): MaskedImage {
  const read = (folder: string) => decode(readFileSync(`${DATA}${folder}/${index}.png`));
  const [image, label] = [read("image"), read("label")];
  return {
    rows: image.height,
    columns: image.width,
    pixels: Float32Array.from(image.data, (value) => value / 255),
    classes: Int8Array.from(label.data, (value) => (value > 127 ? 1 : 0)),
  };
}
