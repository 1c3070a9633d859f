import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesOfMask,
  complement,
  difference,
  eachRowStretch,
  intersection,
  type Mask,
  maskArea,
  maskBounds,
  maskOfBytes,
  sharedArea,
  union,
} from "../../../main/labels/masks/runs.ts";
import { AppError } from "../../../preload/contract/errors.ts";
import { anyPixels, drawn, type Pixels, twoPixels } from "./mask-arbitraries.ts";

const maskOf = ({ bytes, rows, columns }: Pixels): Mask => maskOfBytes(bytes, rows, columns);

/** Puts runs of 0 between others: the same mask, not in shortest form. */
const padded = (mask: Mask): Mask => ({
  ...mask,
  runs: mask.runs.flatMap((run, i) => (run > 1 && i % 2 === 0 ? [1, 0, run - 1, 0, 0] : [run])),
});

describe("runs and bytes", () => {
  test("runs start with background, row by row", () => {
    expect(maskOf(drawn("..#", "##.", "...")).runs).toEqual([2, 3, 4]);
    expect(maskOf(drawn("##", "..")).runs).toEqual([0, 2, 2]);
  });

  test("bytes come back as they were, and runs are in shortest form", () => {
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const mask = maskOf(pixels);
        expect(bytesOfMask(mask)).toEqual(pixels.bytes);
        expect(mask.runs.slice(1).every((run) => run > 0)).toBe(true);
      }),
    );
  });

  test("stretches of rows cover the foreground and no more", () => {
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const again = new Uint8Array(pixels.bytes.length);
        eachRowStretch(maskOf(pixels), (row, from, to) => {
          expect(to).toBeLessThanOrEqual(pixels.columns);
          again.fill(1, row * pixels.columns + from, row * pixels.columns + to);
        });
        expect(again).toEqual(pixels.bytes);
      }),
    );
  });

  test.each([
    { title: "too short", runs: [1, 2] },
    { title: "too long", runs: [1, 4] },
    { title: "negative", runs: [5, -1] },
    { title: "no whole number", runs: [1.5, 2.5] },
    { title: "not a number", runs: [Number.NaN, 4] },
    { title: "none", runs: [] },
  ])("runs that are $title are refused", ({ runs }) => {
    const refused = () => bytesOfMask({ rows: 2, columns: 2, runs });
    expect(refused).toThrow(AppError);
    expect(refused).toThrow(expect.objectContaining({ code: "labels/geometry-invalid" }));
  });
});

describe("set operations on runs", () => {
  test("equal those on pixels, runs of 0 or not", () => {
    fc.assert(
      fc.property(twoPixels, fc.boolean(), ([a, b], pad) => {
        const [first, second] = [pad ? padded(maskOf(a)) : maskOf(a), maskOf(b)];
        const onPixels = (keep: (inA: number, inB: number) => number): Mask =>
          maskOf({ ...a, bytes: a.bytes.map((value, i) => keep(value, b.bytes[i]!)) });
        expect(union(first, second)).toEqual(onPixels((x, y) => x | y));
        expect(intersection(first, second)).toEqual(onPixels((x, y) => x & y));
        expect(difference(first, second)).toEqual(onPixels((x, y) => x & (1 - y)));
        expect(complement(first)).toEqual(onPixels((x) => 1 - x));
        expect(sharedArea(first, second)).toBe(maskArea(intersection(first, second)));
      }),
    );
  });

  test("masks of different frames are refused, even where they have as many pixels", () => {
    const refused = () => union({ rows: 2, columns: 3, runs: [6] }, { rows: 3, columns: 2, runs: [6] });
    expect(refused).toThrow("3 × 2 and 2 × 3");
  });
});

describe("area and bounds", () => {
  test("equal those of the pixels", () => {
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const mask = maskOf(pixels);
        const places = [...pixels.bytes.keys()].filter((i) => pixels.bytes[i] === 1);
        expect(maskArea(mask)).toBe(places.length);
        const [rows, columns] = [
          places.map((i) => Math.floor(i / pixels.columns)),
          places.map((i) => i % pixels.columns),
        ];
        const expected =
          places.length === 0
            ? null
            : {
                top: Math.min(...rows),
                left: Math.min(...columns),
                bottom: Math.max(...rows) + 1,
                right: Math.max(...columns) + 1,
              };
        expect(maskBounds(padded(mask))).toEqual(expected);
      }),
    );
  });
});
