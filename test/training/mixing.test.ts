import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { mix } from "../../main/training/mixing.ts";

const [BATCH, SIDE] = [4, 6];
/** Image i holds the number i everywhere and is of class i: what came from where can be read off. */
const batch = () => ({
  image: floatTensor(
    [BATCH, 1, SIDE, SIDE],
    Float32Array.from({ length: BATCH * SIDE ** 2 }, (_, i) => Math.floor(i / SIDE ** 2)),
  ),
  target: floatTensor(
    [BATCH, BATCH],
    Float32Array.from({ length: BATCH ** 2 }, (_, i) => (i % (BATCH + 1) === 0 ? 1 : 0)),
  ),
});
/** The share of each class that the truth of a case claims, and the share of pixels or of their values that bear it out. */
const claims = ({ target }: ReturnType<typeof batch>, one: number) =>
  Array.from(target.data as Float32Array).slice(one * BATCH, (one + 1) * BATCH);
const TOLERANCE = 5; // decimal places of float32 sums

test("mixup blends pixels exactly as it blends truths", () => {
  for (let seed = 0; seed < 20; seed++) {
    const mixed = mix(batch(), { mixup: 0.4, cutmix: 0 }, createRandom(seed));
    for (let one = 0; one < BATCH; one++) {
      const expected = claims(mixed, one).reduce((sum, share, c) => sum + share * c, 0);
      const pixels = Array.from(mixed.image.data as Float32Array).slice(one * SIDE ** 2, (one + 1) * SIDE ** 2);
      for (const pixel of pixels) expect(pixel).toBeCloseTo(expected, TOLERANCE);
    }
  }
});

test("CutMix puts a rectangle of another image in, and truths are shares of the area", () => {
  for (let seed = 0; seed < 20; seed++) {
    const mixed = mix(batch(), { mixup: 0, cutmix: 1 }, createRandom(seed));
    for (let one = 0; one < BATCH; one++) {
      const pixels = Array.from(mixed.image.data as Float32Array).slice(one * SIDE ** 2, (one + 1) * SIDE ** 2);
      claims(mixed, one).forEach((share, c) => {
        expect(pixels.filter((pixel) => pixel === c).length / SIDE ** 2).toBeCloseTo(share, TOLERANCE);
      });
    }
  }
});

test("off leaves a batch alone and draws nothing; both are taken in turn", () => {
  const [random, same] = [createRandom(1), createRandom(1)];
  const plain = batch();
  expect(mix(plain, { mixup: 0, cutmix: 0 }, random)).toEqual(plain);
  expect(random.uint32()).toBe(same.uint32());
  const whole = Array.from({ length: 60 }, (_, seed) => {
    const { data } = mix(batch(), { mixup: 0.4, cutmix: 1 }, createRandom(seed)).image;
    return (data as Float32Array).every(Number.isInteger);
  });
  const cuts = whole.filter(Boolean).length;
  expect(cuts).toBeGreaterThan(15);
  expect(cuts).toBeLessThan(45);
});

test("the share of mixup has mean one half and the variance of its beta distribution, 1 / (8 alpha + 4)", () => {
  for (const alpha of [0.2, 1, 2]) {
    const shares = Array.from({ length: 2000 }, (_, seed) => {
      const { target } = mix(batch(), { mixup: alpha, cutmix: 0 }, createRandom(seed, 9));
      // Where a case is its own partner nothing shows; another case of the batch tells the share.
      const off = Array.from(target.data as Float32Array).find((share, i) => i % (BATCH + 1) === 0 && share < 1);
      return off;
    }).filter((share) => share !== undefined);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1 / (8 * alpha + 4))).toBeLessThan(0.02);
  }
});
