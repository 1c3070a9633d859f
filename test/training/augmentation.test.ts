import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { augmentationGraph } from "../../main/models/augmentation.ts";
import { createRandom } from "../../main/models/random.ts";
import { type Augment, drawAugmentation } from "../../main/training/augmentation.ts";
import { createSession } from "../../main/training/engines/onnx.ts";

const NONE: Augment = { shift: 0, rotate: 0, scale: 0, flip: false, intensity: 0 };
const SIZE = 8;

/** The 8x8 image 0, 1/64, 2/64 ... after the draws of one augmentation, several times. */
async function augmented(augment: Partial<Augment>, count: number): Promise<number[][]> {
  const session = await createSession(writeOnnx(augmentationGraph({ batch: count, size: SIZE })), {
    device: "cpu",
    threads: 1,
    use: "training",
  });
  const image = floatTensor(
    [count, 1, SIZE, SIZE],
    Float32Array.from({ length: count * 64 }, (_, i) => (i % 64) / 64),
  );
  const drawn = drawAugmentation({ ...NONE, ...augment }, count, createRandom(1));
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
  const turned = drawAugmentation({ ...NONE, rotate: 30 }, 300, createRandom(2)).theta!.data as Float32Array;
  const sized = drawAugmentation({ ...NONE, scale: 0.2 }, 300, createRandom(2)).theta!.data as Float32Array;
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
  const { gain, offset } = drawAugmentation({ ...NONE, intensity: 0.3 }, 300, createRandom(3));
  for (const value of gain!.data) expect(Math.abs(Number(value) - 1)).toBeLessThanOrEqual(0.3 + 1e-6);
  for (const value of offset!.data) expect(Math.abs(Number(value))).toBeLessThanOrEqual(0.3 + 1e-6);
  for (const image of await augmented({ intensity: 0.5 }, 50)) {
    expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...image)).toBeLessThanOrEqual(1);
  }
});
