// Things in images: a box around each and its class, judged by average precision.
//
// Images of any size are fitted into the model's square: scaled alike in both directions, put in the middle, the rest black. Boxes go with them and
// come back with them. Variation moves, scales and mirrors; it does not rotate, because the box of a rotated box is too large.
import { GraphBuilder } from "../../graph/builder.ts";
import { floatTensor, type Tensor } from "../../graph/graph.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { resample } from "../../imaging/prepare.ts";
import { DETECTOR_STRIDES, detectorPlaces } from "../../models/architectures/detector.ts";
import { type BoxCorners, type BoxedObject, type Detection, placeTargets, standingBoxes } from "../../models/boxes.ts";
import { buildArchitecture } from "../../models/build-model.ts";
import { type DetectedImage, meanAveragePrecision } from "../../models/metrics/average-precision.ts";
import { boxesObjective } from "../../models/objectives.ts";
import type { Random } from "../../models/random.ts";
import { trainingStep } from "../../models/training-step.ts";
import type { Augment } from "../augmentation.ts";
import { createSession, type DeviceId, type Session } from "../engines/session.ts";
import { normalisation } from "../normalisation.ts";
import type { PlainImage } from "../sliding-window.ts";
import type { Inference, Task, TaskRecipe, Validation } from "../task.ts";

/** A grey image of any size and the things in it, in its own pixels. */
export interface BoxedImage extends PlainImage {
  readonly objects: readonly BoxedObject[];
}

export interface DetectionInput {
  /** Of its augmentation shift, scale, flip, flipVertical and intensity are used. */
  readonly recipe: TaskRecipe;
  readonly width: number;
  /** Side of the square that the model sees; a multiple of 16. */
  readonly side: number;
  readonly classes: number;
  readonly train: readonly BoxedImage[];
  readonly validation: readonly BoxedImage[];
  readonly device: DeviceId;
  readonly threads: number;
}

/** Images in one run of the model. */
const BATCH = 16;
/** Boxes of which less than this stays in the picture when it is moved are left out. */
const LEAST_LEFT = 0.5;

export async function detection(input: DetectionInput): Promise<Task> {
  const { recipe, width, side, classes, device, threads } = input;
  const model = buildArchitecture(
    "detector",
    {
      input: { kind: "image", channels: 1, size: [side, side] },
      output: { kind: "boxes", classes },
      normalise: normalisation(input.train),
      seed: recipe.seed,
    },
    width,
  );
  const [train, validation] = [input.train, input.validation].map((images) =>
    images.map((one) => letterboxed(one, side)),
  ) as [Fitted[], Fitted[]];
  const judge = await Judge.open(side, classes, { device, threads });
  return {
    count: train.length,
    classIndex: new Uint8Array(train.length),
    model,
    step: (batchSize, target) =>
      trainingStep(
        model,
        { ...recipe, batchSize, objective: boxesObjective(), average: recipe.average !== "none" },
        target,
      ),
    feeds: async (cases, random) => {
      const seen = Array.from(cases, (index) => {
        const image = train[index]!;
        return random && recipe.augment ? vary(image, side, recipe.augment, random) : image;
      });
      return { image: pictures(seen, side), ...truths(seen, side, classes) };
    },
    validate: (inference) => judge.judge(inference, validation),
    dispose: () => judge.dispose(),
  };
}

/** An image in the model's square, its objects in the square's pixels. */
interface Fitted {
  readonly pixels: Float32Array;
  readonly objects: readonly BoxedObject[];
  /** Pixels of the square for one of the image's; where the image's first corner lies. */
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

function letterboxed({ rows, columns, pixels, objects }: BoxedImage, side: number): Fitted {
  const scale = side / Math.max(rows, columns);
  const [height, width] = [rows, columns].map((size) => Math.max(1, Math.round(size * scale))) as [number, number];
  const [top, left] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)];
  const small = resample(pixels, rows, columns, height, width);
  const square = new Float32Array(side * side);
  for (let y = 0; y < height; y++) square.set(small.subarray(y * width, (y + 1) * width), (y + top) * side + left);
  const place = ([x1, y1, x2, y2]: BoxCorners): BoxCorners => [
    x1 * scale + left,
    y1 * scale + top,
    x2 * scale + left,
    y2 * scale + top,
  ];
  return {
    pixels: square,
    objects: objects.map(({ box, classIndex }) => ({ box: place(box), classIndex })),
    scale,
    left,
    top,
  };
}

/** The image moved, scaled, mirrored and brightened within the recipe's limits, and its boxes with it. */
function vary(image: Fitted, side: number, augment: Augment, random: Random): Fitted {
  const within = (limit: number): number => limit * (2 * random.uniform() - 1);
  const scale = 1 + within(augment.scale);
  const mirror = (wanted: boolean): number => (random.uniform() < 0.5 && wanted ? -1 : 1);
  const [flipX, flipY] = [mirror(augment.flip), mirror(augment.flipVertical)];
  const [moveX, moveY] = [within(augment.shift) * side, within(augment.shift) * side];
  const [gain, offset] = [1 + within(augment.intensity), within(augment.intensity)];
  const middle = side / 2;
  const pixels = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const fromY = (flipY * (y + 0.5 - middle - moveY)) / scale + middle - 0.5;
    for (let x = 0; x < side; x++) {
      const fromX = (flipX * (x + 0.5 - middle - moveX)) / scale + middle - 0.5;
      pixels[y * side + x] = Math.min(1, Math.max(0, gain * at(image.pixels, side, fromX, fromY) + offset));
    }
  }
  const objects = image.objects.flatMap(({ box, classIndex }) => {
    const along = (value: number, flip: number, move: number): number =>
      flip * (value - middle) * scale + middle + move;
    const [xs, ys] = [
      [along(box[0], flipX, moveX), along(box[2], flipX, moveX)],
      [along(box[1], flipY, moveY), along(box[3], flipY, moveY)],
    ] as const;
    const held = (value: number): number => Math.min(side, Math.max(0, value));
    const whole: BoxCorners = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    const left: BoxCorners = [held(whole[0]), held(whole[1]), held(whole[2]), held(whole[3])];
    const area = (corners: BoxCorners): number => (corners[2] - corners[0]) * (corners[3] - corners[1]);
    return area(left) >= LEAST_LEFT * area(whole) ? [{ box: left, classIndex }] : [];
  });
  return { ...image, pixels, objects };
}

/** Bilinear, edges repeated. */
function at(pixels: Float32Array, side: number, x: number, y: number): number {
  const held = (value: number): number => Math.min(side - 1, Math.max(0, value));
  const [column, row] = [held(x), held(y)];
  const [x0, y0] = [Math.floor(column), Math.floor(row)];
  const [x1, y1] = [Math.min(side - 1, x0 + 1), Math.min(side - 1, y0 + 1)];
  const [across, down] = [column - x0, row - y0];
  const upper = pixels[y0 * side + x0]! * (1 - across) + pixels[y0 * side + x1]! * across;
  const lower = pixels[y1 * side + x0]! * (1 - across) + pixels[y1 * side + x1]! * across;
  return upper * (1 - down) + lower * down;
}

function pictures(images: readonly Fitted[], side: number): Tensor {
  const values = new Float32Array(images.length * side * side);
  images.forEach(({ pixels }, i) => {
    values.set(pixels, i * side * side);
  });
  return floatTensor([images.length, 1, side, side], values);
}

/** The inputs of `boxesObjective` for these images. */
function truths(
  images: readonly Fitted[],
  side: number,
  classes: number,
): Record<"classes" | "reach" | "centre", Tensor> {
  const places = detectorPlaces([side, side]);
  const count = images.length;
  const all = {
    classes: new Float32Array(count * places.length * classes),
    reach: new Float32Array(count * places.length * 4),
    centre: new Float32Array(count * places.length),
  };
  images.forEach(({ objects }, i) => {
    const targets = placeTargets([side, side], objects, classes, places);
    all.classes.set(targets.classes, i * places.length * classes);
    all.reach.set(targets.distances, i * places.length * 4);
    all.centre.set(targets.centreness, i * places.length);
  });
  return {
    classes: floatTensor([count, places.length, classes], all.classes),
    reach: floatTensor([count, places.length, 4], all.reach),
    centre: floatTensor([count, places.length, 1], all.centre),
  };
}

/** Detections in one image, in the square's pixels, from the outputs of a batch. */
function foundIn(answers: Readonly<Record<string, Tensor>>, row: number, classes: number): readonly Detection[] {
  const { probabilities, boxes } = answers;
  const places = boxes!.dims[1]!;
  const part = (data: Tensor["data"], each: number): Float32Array =>
    (data as Float32Array).subarray(row * places * each, (row + 1) * places * each);
  return standingBoxes(part(probabilities!.data, classes), part(boxes!.data, 4), classes);
}

/** Looks at validation images: the loss, by a graph of its own over the model's outputs, and average precision. */
class Judge {
  readonly #side: number;
  readonly #classes: number;
  readonly #losses: Session;

  static async open(side: number, classes: number, on: { device: DeviceId; threads: number }): Promise<Judge> {
    const b = new GraphBuilder("detection-loss");
    const places = DETECTOR_STRIDES.reduce((sum, stride) => sum + (side / stride) ** 2, 0);
    for (const [name, each] of [
      ["logits", classes],
      ["distances", 4],
      ["centreness", 1],
    ] as const)
      b.input(name, "float32", [1, places, each]);
    b.output(b.as("loss").identity(boxesObjective().write(b)));
    return new Judge(side, classes, await createSession(writeOnnx(b.build()), { ...on, use: "inference" }));
  }

  private constructor(side: number, classes: number, losses: Session) {
    this.#side = side;
    this.#classes = classes;
    this.#losses = losses;
  }

  async judge(inference: Inference, images: readonly Fitted[]): Promise<Validation> {
    const [side, classes] = [this.#side, this.#classes];
    const judged: DetectedImage[] = [];
    let total = 0;
    for (let from = 0; from < images.length; from += BATCH) {
      const batch = images.slice(from, from + BATCH);
      const answers = await inference.run({ image: pictures(batch, side) });
      for (const [row, image] of batch.entries()) {
        judged.push({ found: foundIn(answers, row, classes), there: image.objects });
        const own = Object.fromEntries(
          ["logits", "distances", "centreness"].map((name) => [name, caseOf(answers[name]!, row)]),
        );
        const { loss } = await this.#losses.run({ ...own, ...truths([image], side, classes) });
        total += Number(loss!.data[0]);
      }
    }
    const loss = total / Math.max(1, images.length);
    const value = meanAveragePrecision(judged, classes);
    const objects = judged.reduce((sum, { there }) => sum + there.length, 0);
    return {
      loss,
      // Each object is found or not: the standard error of a share.
      score: value === null ? null : { value, standardError: Math.sqrt((value * (1 - value)) / objects) },
      figures: { loss, ...(value === null ? {} : { mAP50: value }) },
    };
  }

  dispose(): Promise<void> {
    return this.#losses.dispose();
  }
}

/** One case of a batch, as a batch of one. */
function caseOf({ dims, data }: Tensor, row: number): Tensor {
  const each = data.length / dims[0]!;
  return floatTensor([1, ...dims.slice(1)], (data as Float32Array).slice(row * each, (row + 1) * each));
}

/** What a trained detector finds in images of any size, in their own pixels, likeliest first. */
export async function detect(
  inference: Inference,
  images: readonly PlainImage[],
  { side, classes }: Pick<DetectionInput, "side" | "classes">,
): Promise<readonly (readonly Detection[])[]> {
  const results: (readonly Detection[])[] = [];
  for (let from = 0; from < images.length; from += BATCH) {
    const batch = images.slice(from, from + BATCH).map((image) => letterboxed({ ...image, objects: [] }, side));
    const answers = await inference.run({ image: pictures(batch, side) });
    batch.forEach(({ scale, left, top }, row) => {
      results.push(
        foundIn(answers, row, classes).map(({ box, ...rest }) => ({
          ...rest,
          box: [(box[0] - left) / scale, (box[1] - top) / scale, (box[2] - left) / scale, (box[3] - top) / scale],
        })),
      );
    });
  }
  return results;
}
