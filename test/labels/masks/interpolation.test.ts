import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpolateMasks } from "../../../main/labels/masks/interpolation.ts";
import {
  bytesOfMask,
  difference,
  type Mask,
  maskArea,
  maskBounds,
  maskOfBytes,
  sharedArea,
} from "../../../main/labels/masks/runs.ts";
import { drawn, type Pixels, picture, twoPixels } from "./mask-arbitraries.ts";

const maskOf = ({ bytes, rows, columns }: Pixels): Mask => maskOfBytes(bytes, rows, columns);
const shown = (mask: Mask): string[] => picture({ ...mask, bytes: bytesOfMask(mask) });

/** A disc of radius r around (x, y) in pixels of 64 x 64. */
function disc(x: number, y: number, r: number): Mask {
  const bytes = Uint8Array.from({ length: 64 * 64 }, (_, i) =>
    Math.hypot((i % 64) + 0.5 - x, Math.floor(i / 64) + 0.5 - y) <= r ? 1 : 0,
  );
  return maskOfBytes(bytes, 64, 64);
}

describe("shape-based interpolation", () => {
  test("a disc that grows from 8 to 20 has radii in between, in even steps", () => {
    const between = interpolateMasks(disc(32, 32, 8), disc(32, 32, 20), 3);
    const radii = between.map((mask) => Math.sqrt(maskArea(mask) / Math.PI));
    [11, 14, 17].forEach((radius, i) => {
      expect(Math.abs(radii[i]! - radius)).toBeLessThan(0.6);
    });
  });

  test("a square that moves by 4 of its 8 columns is in the middle half way", () => {
    const square = (left: number) =>
      maskOf(
        drawn(
          ...Array.from({ length: 10 }, (_, row) =>
            row < 1 || row > 8 ? ".".repeat(16) : ".".repeat(left) + "#".repeat(8) + ".".repeat(8 - left),
          ),
        ),
      );
    const [middle] = interpolateMasks(square(0), square(4), 1);
    expect(maskBounds(middle!)).toMatchObject({ left: 2, right: 10, top: 1, bottom: 9 });
  });

  test("a small thing that moves by more than its size stays that size, on the line between", () => {
    const [a, b] = [disc(10, 12, 5), disc(50, 40, 5)];
    expect(sharedArea(a, b)).toBe(0);
    const between = interpolateMasks(a, b, 3);
    for (const [i, mask] of between.entries()) {
      expect(Math.abs(maskArea(mask) - maskArea(a))).toBeLessThan(0.1 * maskArea(a));
      const { left, right, top, bottom } = maskBounds(mask)!;
      expect((left + right) / 2).toBeCloseTo(10 + 10 * (i + 1), 0);
      expect((top + bottom) / 2).toBeCloseTo(12 + 7 * (i + 1), 0);
    }
  });

  test("between equal masks nothing changes, whatever the spacing of rows and columns", () => {
    fc.assert(
      fc.property(twoPixels, fc.double({ min: 0.2, max: 5, noNaN: true }), ([pixels], step) => {
        const mask = maskOf(pixels);
        expect(interpolateMasks(mask, mask, 2, [step, 1])).toEqual([mask, mask]);
      }),
    );
  });

  test("what both have stays, what neither has never comes, and the way back is the same backwards", () => {
    fc.assert(
      fc.property(twoPixels, ([first, second]) => {
        const [a, b] = [maskOf(first), maskOf(second)];
        if (sharedArea(a, b) === 0) return;
        const between = interpolateMasks(a, b, 3);
        expect(interpolateMasks(b, a, 3)).toEqual(between.toReversed());
        for (const mask of between) {
          expect(sharedArea(mask, maskOf({ ...first, bytes: first.bytes.map((x, i) => x & second.bytes[i]!) }))).toBe(
            sharedArea(a, b),
          );
          const either = first.bytes.map((x, i) => x | second.bytes[i]!);
          expect(maskArea(difference(mask, maskOf({ ...first, bytes: either })))).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a mask that grows only grows: a part of another gives ever larger parts", () => {
    fc.assert(
      fc.property(twoPixels, ([first, second]) => {
        const part = maskOf({ ...first, bytes: first.bytes.map((x, i) => x & second.bytes[i]!) });
        const whole = maskOf(second);
        const all = [part, ...interpolateMasks(part, whole, 3), whole];
        if (maskArea(part) === 0) return;
        for (const [i, mask] of all.slice(1).entries()) expect(maskArea(difference(all[i]!, mask))).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("there is nothing between a mask and an empty one", () => {
    const [empty, full] = [maskOf(drawn("..", "..")), maskOf(drawn("##", "##"))];
    expect(interpolateMasks(empty, full, 2).map(shown)).toEqual([
      ["..", ".."],
      ["..", ".."],
    ]);
    expect(interpolateMasks(full, full, 0)).toEqual([]);
    expect(() => interpolateMasks(full, full, 1.5)).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
  });
});
