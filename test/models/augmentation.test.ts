import fc from "fast-check";
import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { augmentationGraph } from "../../main/models/augmentation.ts";
import { randomTensor } from "../graph/central-differences.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";

const SIZE = 6;
const run = await load(augmentationGraph({ batch: 1, rows: SIZE, columns: SIZE }));
const image = randomTensor("float32", [1, 1, SIZE, SIZE], 1, 0, 1);
const pixels = numbers(image);

async function augment(theta: readonly number[], gain = 1, offset = 0): Promise<number[]> {
  const feeds = {
    image,
    theta: floatTensor([1, 2, 3], theta),
    gain: floatTensor([1], [gain]),
    offset: floatTensor([1], [offset]),
  };
  return numbers((await run(feeds)).augmented!);
}

/** Where output (row, column) is read, written out: bilinear between pixel centres, clamped to the border. */
function reference([a, b, c, d, e, f]: readonly number[]): number[] {
  const at = (y: number, x: number) => {
    const clamp = (i: number) => Math.min(Math.max(i, 0), SIZE - 1);
    return pixels[clamp(y) * SIZE + clamp(x)]!;
  };
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const v = (2 * Math.floor(i / SIZE) + 1) / SIZE - 1;
    const u = (2 * (i % SIZE) + 1) / SIZE - 1;
    const border = (place: number) => Math.min(Math.max(((place + 1) * SIZE - 1) / 2, 0), SIZE - 1);
    const x = border(a! * u + b! * v + c!);
    const y = border(d! * u + e! * v + f!);
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const [p, q] = [x - x0, y - y0];
    return (
      (1 - q) * ((1 - p) * at(y0, x0) + p * at(y0, x0 + 1)) + q * ((1 - p) * at(y0 + 1, x0) + p * at(y0 + 1, x0 + 1))
    );
  });
}

const expectClose = (found: readonly number[], expected: readonly number[]) =>
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });

test("the identity map leaves the image as it is", async () => {
  expectClose(await augment([1, 0, 0, 0, 1, 0]), pixels);
});

test("a map of -1 across mirrors left and right", async () => {
  const mirrored = pixels.map((_, i) => pixels[Math.floor(i / SIZE) * SIZE + SIZE - 1 - (i % SIZE)]!);
  expectClose(await augment([-1, 0, 0, 0, 1, 0]), mirrored);
});

test("a shift by one pixel repeats the border", async () => {
  const shifted = pixels.map((_, i) => pixels[Math.floor(i / SIZE) * SIZE + Math.min((i % SIZE) + 1, SIZE - 1)]!);
  expectClose(await augment([1, 0, 2 / SIZE, 0, 1, 0]), shifted);
});

test("any affine map reads the image where the formula says", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 6, maxLength: 6 }),
      async (theta) => {
        expectClose(await augment(theta), reference(theta));
      },
    ),
    { numRuns: 40, seed: 8 },
  ));

test("gain and offset change the light and stay within 0 and 1", async () => {
  const lit = await augment([1, 0, 0, 0, 1, 0], 1.5, -0.2);
  expectClose(
    lit,
    pixels.map((value) => Math.min(Math.max(1.5 * value - 0.2, 0), 1)),
  );
  expect(Math.max(...lit)).toBeLessThanOrEqual(1);
});
