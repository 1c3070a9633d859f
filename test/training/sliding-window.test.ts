import fc from "fast-check";
import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { mirroredWindows, slidingWindow, windowStarts } from "../../main/training/sliding-window.ts";
import type { Inference } from "../../main/training/task.ts";

const PATCH = 8;

/** A model that says of each pixel by itself: its value, and one minus it. */
const pixelwise: Inference = {
  run: async (feeds) => {
    const { data, dims } = feeds.image!;
    const [batch, area] = [dims[0]!, PATCH * PATCH];
    const found = new Float32Array(batch * 2 * area);
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < area; i++) {
        found[2 * n * area + i] = Number(data[n * area + i]);
        found[(2 * n + 1) * area + i] = 1 - Number(data[n * area + i]);
      }
    }
    return { probabilities: floatTensor([batch, 2, PATCH, PATCH], found) };
  },
};

const images = fc
  .record({ rows: fc.integer({ min: 1, max: 30 }), columns: fc.integer({ min: 1, max: 30 }) })
  .map(({ rows, columns }) => ({
    rows,
    columns,
    pixels: Float32Array.from({ length: rows * columns }, (_, i) => ((i * 37) % 101) / 101),
  }));

test("windows cover every pixel, begin and end at the edges, and are at most half a patch apart", () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 2, max: 64 }).map((half) => 2 * half),
      (size, patch) => {
        const starts = windowStarts(size, patch);
        expect(starts[0]).toBe(0);
        expect(starts.at(-1)).toBe(Math.max(0, size - patch));
        for (let i = 1; i < starts.length; i++) expect(starts[i]! - starts[i - 1]!).toBeLessThanOrEqual(patch / 2);
      },
    ),
    { seed: 3 },
  ));

for (const [title, windows] of [
  ["plain", slidingWindow],
  ["over mirror images", mirroredWindows],
] as const)
  test(`${title}: a model that looks at each pixel alone says the same through windows, for images of any size`, () =>
    fc.assert(
      fc.asyncProperty(images, async (image) => {
        const found = await windows(pixelwise, image, { patch: PATCH, classes: 2 });
        image.pixels.forEach((value, i) => {
          expect(found[i]).toBeCloseTo(value, 5);
          expect(found[image.pixels.length + i]).toBeCloseTo(1 - value, 5);
        });
      }),
      { numRuns: 40, seed: 4 },
    ));
