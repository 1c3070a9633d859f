import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { augmentationGraph } from "../../main/models/augmentation.ts";
import { createRandom } from "../../main/models/random.ts";
import { type Augment, drawAugmentation, stepsOf } from "../../main/training/augmentation.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { recipeSchema } from "../../preload/contract/index.ts";

const NONE: Augment = recipeSchema.shape.augment
  .unwrap()
  .parse({ shift: 0, rotate: 0, scale: 0, flip: false, intensity: 0 });
const SIZE = 8;
const shapeOf = (batch: number) => ({ batch, rows: SIZE, columns: SIZE });

/** The 8x8 image 0, 1/64, 2/64 ... after the draws of one augmentation, several times. */
async function augmented(augment: Partial<Augment>, count: number): Promise<number[][]> {
  const whole = { ...NONE, ...augment };
  const shape = shapeOf(count);
  const session = await createSession(writeOnnx(augmentationGraph({ ...shape, steps: stepsOf(whole) })), {
    device: "cpu",
    threads: 1,
    use: "training",
  });
  const image = floatTensor(
    [count, 1, SIZE, SIZE],
    Float32Array.from({ length: count * 64 }, (_, i) => (i % 64) / 64),
  );
  const drawn = drawAugmentation(whole, shape, createRandom(1));
  const { data } = (await session.run({ image, ...drawn })).augmented!;
  await session.dispose();
  return Array.from({ length: count }, (_, i) => Array.from(data as Float32Array).slice(64 * i, 64 * (i + 1)));
}
const original = Array.from({ length: 64 }, (_, i) => i / 64);
const near = (a: readonly number[], b: readonly number[]): boolean => a.every((v, i) => Math.abs(v - b[i]!) < 1e-5);

test("with every limit at zero images come out as they went in", async () => {
  expect(near((await augmented({}, 1))[0]!, original)).toBe(true);
});

test("flipping mirrors left and right in about half of the images and leaves the others alone", async () => {
  const mirrored = original.map((_, i) => original[i - (i % SIZE) + (SIZE - 1 - (i % SIZE))]!);
  const images = await augmented({ flip: true }, 100);
  const flipped = images.filter((image) => near(image, mirrored)).length;
  expect(images.filter((image) => near(image, original)).length).toBe(100 - flipped);
  expect(flipped).toBeGreaterThan(25);
  expect(flipped).toBeLessThan(75);
});

test("a shift of an eighth of the side moves images by at most one of eight pixels, each way", async () => {
  // Inside, a value rises by 1/64 a column and 8/64 a row, so the middle tells the move: at most one of each.
  const middle = (await augmented({ shift: 1 / 8 }, 200)).map((image) => image[27]! - original[27]!);
  expect(Math.max(...middle.map(Math.abs))).toBeLessThanOrEqual(9 / 64 + 1e-6);
  expect(Math.max(...middle)).toBeGreaterThan(7 / 64);
  expect(Math.min(...middle)).toBeLessThan(-7 / 64);
});

test("turns stay within the limit and keep distances; sizes stay within theirs", () => {
  const turned = drawAugmentation({ ...NONE, rotate: 30 }, shapeOf(300), createRandom(2)).theta!.data as Float32Array;
  const sized = drawAugmentation({ ...NONE, scale: 0.2 }, shapeOf(300), createRandom(2)).theta!.data as Float32Array;
  const angles: number[] = [];
  for (let i = 0; i < 300; i++) {
    const [a, b] = [turned[6 * i]!, turned[6 * i + 3]!];
    expect(Math.hypot(a, b)).toBeCloseTo(1, 6);
    angles.push((Math.atan2(b, a) * 180) / Math.PI);
    const factor = 1 / Math.hypot(sized[6 * i]!, sized[6 * i + 3]!);
    expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2 + 1e-6);
  }
  expect(Math.max(...angles)).toBeLessThanOrEqual(30);
  expect(Math.max(...angles)).toBeGreaterThan(27);
  expect(Math.min(...angles)).toBeLessThan(-27);
});

test("gain and offset stay within the limit and values within [0, 1]", async () => {
  const { gain, offset } = drawAugmentation({ ...NONE, intensity: 0.3 }, shapeOf(300), createRandom(3));
  for (const value of gain!.data) expect(Math.abs(Number(value) - 1)).toBeLessThanOrEqual(0.3 + 1e-6);
  for (const value of offset!.data) expect(Math.abs(Number(value))).toBeLessThanOrEqual(0.3 + 1e-6);
  for (const image of await augmented({ intensity: 0.5 }, 50)) {
    expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...image)).toBeLessThanOrEqual(1);
  }
});

test("quarter turns and vertical mirrors give each of the eight pictures that a square has, exactly", async () => {
  const images = await augmented({ flipVertical: true, quarterTurns: true }, 200);
  const at = (row: number, column: number) => original[row * SIZE + column]!;
  const last = SIZE - 1;
  const ways = [
    (r: number, c: number) => at(r, c),
    (r: number, c: number) => at(last - r, c),
    (r: number, c: number) => at(r, last - c),
    (r: number, c: number) => at(last - r, last - c),
    (r: number, c: number) => at(c, r),
    (r: number, c: number) => at(last - c, r),
    (r: number, c: number) => at(c, last - r),
    (r: number, c: number) => at(last - c, last - r),
  ].map((way) => original.map((_, i) => way(Math.floor(i / SIZE), i % SIZE)));
  const seen = images.map((image) => ways.findIndex((way) => near(image, way)));
  expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
});

test("a blur keeps the mean of the inside and lowers the differences; a hole gets the mean", async () => {
  const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const [blurred] = await augmented({ blur: 3 }, 1);
  expect(spread(blurred!)).toBeLessThan(spread(original));
  // Neither corner is darkened or lightened beyond what its neighbours are: the values rise from corner to corner.
  expect(blurred![0]!).toBeGreaterThanOrEqual(original[0]!);
  expect(blurred!.at(-1)!).toBeGreaterThan(original.at(-1)! - 0.3);
  const mean = original.reduce((sum, value) => sum + value, 0) / original.length;
  for (const image of await augmented({ cutout: 0.7 }, 20)) {
    const changed = image.filter((value, i) => Math.abs(value - original[i]!) > 1e-6);
    for (const value of changed) expect(value).toBeCloseTo(mean, 5);
    expect(changed.length).toBeLessThanOrEqual(36);
  }
});

test("noise is no more than its limit allows, and differs from image to image", async () => {
  const images = await augmented({ noise: 0.1 }, 40);
  const inner = images.map((image) => image.map((value, i) => value - original[i]!).slice(16, 48));
  const deviations = inner.map((values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length));
  expect(Math.max(...deviations)).toBeLessThan(0.15);
  expect(Math.max(...deviations)).toBeGreaterThan(3 * Math.min(...deviations));
});

test("a mask goes where its image goes and stays made of classes", async () => {
  const shape = { ...shapeOf(6), mask: true };
  const augment = { ...NONE, rotate: 40, scale: 0.2, elastic: 0.05, quarterTurns: true };
  const graph = augmentationGraph({ ...shape, steps: stepsOf(augment) });
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads: 1, use: "training" });
  // Left half 0, right half 1, in the image and in the mask.
  const halves = floatTensor(
    [6, 1, SIZE, SIZE],
    Float32Array.from({ length: 6 * 64 }, (_, i) => Number(i % SIZE >= SIZE / 2)),
  );
  const answers = await session.run({
    image: halves,
    mask: halves,
    ...drawAugmentation(augment, shape, createRandom(4)),
  });
  await session.dispose();
  const [image, mask] = [answers.augmented!.data, answers.augmented_mask!.data];
  for (let i = 0; i < mask.length; i++) {
    expect([0, 1]).toContain(mask[i]);
    expect(Math.abs(Number(image[i]) - Number(mask[i]))).toBeLessThanOrEqual(0.5 + 1e-5);
  }
});
