// Nodules in drawn chests: the detector learns on some patients and is judged by mAP50 on patients that it never saw.
//
// Each part has a seed of its own, so no patient is in two. Half of the patients have a nodule; healed spots, ribs and vessels are in all. Everything is chosen
// on validation; the test part is looked at once, at the end.
import { decodeFrame } from "../../main/imaging/frame.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { prepareImage, valueRange } from "../../main/imaging/prepare.ts";
import { readImages } from "../../main/imaging/read.ts";
import { meanAveragePrecision } from "../../main/models/metrics/average-precision.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { type BoxedImage, detect, detection } from "../../main/training/tasks/detection.ts";
import { train } from "../../main/training/trainer.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import type { BenchResult } from "../support/bench.ts";

export const title = "Detector on nodules of chest phantoms: mAP50 on unseen patients, minutes";

const THREADS = 2;
const MAP50 = 0.9;
const IMAGES = { train: 600, validation: 120, test: 200 } as const;
const SEEDS = { train: 11, validation: 12, test: 13 } as const;
const [SIDE, WIDTH] = [128, 16];

const RECIPE = recipeSchema.parse({
  architecture: "convnet",
  inputSize: SIDE,
  width: WIDTH,
  epochs: 12,
  batchSize: 16,
  optimiser: "adam",
  learningRate: 2e-3,
  weightDecay: 1e-4,
  schedule: "cosine",
  balanced: false,
  augment: { shift: 0.06, rotate: 0, scale: 0.1, flip: true, intensity: 0.1 },
  patience: null,
  average: "ema",
  clipNorm: 10,
  seed: 1,
});

export default async function detector(): Promise<BenchResult> {
  const began = performance.now();
  const minutes = (): number => (performance.now() - began) / 60_000;
  const [training, validation, unseen] = (["train", "validation", "test"] as const).map((part) => drawn(part)) as [
    BoxedImage[],
    BoxedImage[],
    BoxedImage[],
  ];
  console.error(`${minutes().toFixed(1)} min  drawn`);
  const on = { device: "cpu", threads: THREADS } as const;
  const model = { side: SIDE, classes: 1 } as const;
  const task = await detection({ recipe: RECIPE, width: WIDTH, train: training, validation, ...model, ...on });
  const { onnx, best } = await train({
    recipe: RECIPE,
    task,
    ...on,
    signal: new AbortController().signal,
    from: null,
    events: {
      begin: ({ parameters, steps }) => console.error(`${parameters} parameters, ${steps} steps`),
      points: (points) => {
        const told = points.filter(({ part }) => part === "validation");
        if (told.length === 0) return;
        const figures = told.map(({ metric, value }) => `${metric} ${value.toFixed(3)}`).join(", ");
        console.error(`${minutes().toFixed(1)} min  epoch ${told[0]!.epoch}  validation ${figures}`);
      },
      progress: () => {},
      checkpoint: () => {},
      best: () => {},
    },
  }).finally(() => task.dispose());
  console.error(`epoch ${best.epoch + 1} chosen`);
  const session = await createSession(onnx, { ...on, use: "inference" });
  const found = await detect(session, unseen, model);
  await session.dispose();
  const judged = unseen.map(({ objects }, i) => ({ found: found[i]!, there: objects }));
  const figures = {
    mAP50: meanAveragePrecision(judged, 1)!,
    minutes: minutes(),
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
  return { figures, required: { mAP50: `>= ${MAP50}` }, ok: figures.mAP50 >= MAP50 };
}

function drawn(part: keyof typeof IMAGES): BoxedImage[] {
  return Array.from({ length: IMAGES[part] }, (_, index) => {
    const { fileName, bytes, box } = drawPhantom({ index, seed: SEEDS[part] });
    const [image] = readImages({ name: fileName, bytes });
    const frame = decodeFrame(image!.frames[0]!, image!.pixels, image!.encoding);
    const { rows, columns } = frame;
    const pixels = image!.pixels;
    const spec = { size: rows, ...valueRange([{ frame, pixels }]) };
    const corners = box && ([box.x, box.y, box.x + box.width, box.y + box.height] as const);
    return {
      rows,
      columns,
      pixels: prepareImage(frame, pixels, spec),
      objects: corners ? [{ box: corners, classIndex: 0 }] : [],
    };
  });
}
