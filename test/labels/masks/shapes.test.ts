import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { components, fillHoles } from "../../../main/labels/masks/components.ts";
import { outlines } from "../../../main/labels/masks/contours.ts";
import { maskOfRings, type Ring } from "../../../main/labels/masks/polygon-fill.ts";
import {
  bytesOfMask,
  complement,
  intersection,
  type Mask,
  maskArea,
  maskOfBytes,
  union,
} from "../../../main/labels/masks/runs.ts";
import { anyPixels, drawn, type Pixels, picture } from "./mask-arbitraries.ts";

const maskOf = ({ bytes, rows, columns }: Pixels): Mask => maskOfBytes(bytes, rows, columns);
const shown = (mask: Mask): string[] => picture({ ...mask, bytes: bytesOfMask(mask) });
const FRAME = { rows: 12, columns: 12 };

/** Pieces by flooding, as pictures: the obvious way. */
function flooded({ rows, columns, bytes }: Pixels, value: number, diagonal: boolean): number[][] {
  const left = new Set([...bytes.keys()].filter((i) => bytes[i] === value));
  const pieces: number[][] = [];
  for (const seed of left) {
    const piece = [seed];
    left.delete(seed);
    for (const i of piece) {
      for (const [dy, dx] of [
        [0, 1],
        [0, -1],
        [1, 0],
        [-1, 0],
        ...(diagonal
          ? [
              [1, 1],
              [1, -1],
              [-1, 1],
              [-1, -1],
            ]
          : []),
      ]) {
        const [y, x] = [Math.floor(i / columns) + dy!, (i % columns) + dx!];
        const next = y * columns + x;
        if (y < 0 || x < 0 || y >= rows || x >= columns || !left.delete(next)) continue;
        piece.push(next);
      }
    }
    pieces.push(piece.sort((a, b) => a - b));
  }
  return pieces;
}

describe("pieces", () => {
  test("pixels that meet at a corner are one piece of 8 neighbours and two of 4", () => {
    const mask = maskOf(drawn("#..", ".#.", "..."));
    expect(components(mask, 8)).toHaveLength(1);
    expect(components(mask, 4).map(shown)).toEqual([
      ["#..", "...", "..."],
      ["...", ".#.", "..."],
    ]);
  });

  test("are those that flooding finds, in the order of their first pixels", () => {
    fc.assert(
      fc.property(anyPixels, fc.constantFrom(4 as const, 8 as const), (pixels, connectivity) => {
        const found = components(maskOf(pixels), connectivity).map((piece) => {
          const bytes = bytesOfMask(piece);
          return [...bytes.keys()].filter((i) => bytes[i] === 1);
        });
        expect(found).toEqual(flooded(pixels, 1, connectivity === 8));
      }),
      { numRuns: 300 },
    );
  });
});

describe("holes", () => {
  test("a ring is filled, an open one is not; a gap at a corner is open only where background joins across corners", () => {
    expect(shown(fillHoles(maskOf(drawn(".###.", ".#.#.", ".###."))))).toEqual([".###.", ".###.", ".###."]);
    expect(shown(fillHoles(maskOf(drawn(".###.", ".#...", ".###."))))).toEqual([".###.", ".#...", ".###."]);
    const diamond = maskOf(drawn("..#..", ".#.#.", "..#.."));
    expect(maskArea(fillHoles(diamond, 8))).toBe(5);
    expect(maskArea(fillHoles(diamond, 4))).toBe(4);
  });

  test("are the background that flooding from the edge does not reach", () => {
    fc.assert(
      fc.property(anyPixels, fc.constantFrom(4 as const, 8 as const), (pixels, connectivity) => {
        const { rows, columns, bytes } = pixels;
        const filled = bytes.slice();
        for (const piece of flooded(pixels, 0, connectivity === 4)) {
          const atEdge = (i: number) =>
            i < columns || i >= (rows - 1) * columns || i % columns === 0 || i % columns === columns - 1;
          if (!piece.some(atEdge)) for (const i of piece) filled[i] = 1;
        }
        expect(bytesOfMask(fillHoles(maskOf(pixels), connectivity))).toEqual(filled);
      }),
      { numRuns: 300 },
    );
  });
});

const coordinate = fc.oneof(fc.integer({ min: -3, max: 15 }), fc.double({ min: -3, max: 15, noNaN: true }));
const ring: fc.Arbitrary<Ring> = fc
  .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 })
  .map((points) => points.flat());

/** Winding of a ring around a point, from all crossings of the ray to the right. */
function winding(points: Ring, x: number, y: number): number {
  let turns = 0;
  for (let i = 0; i < points.length; i += 2) {
    const j = (i + 2) % points.length;
    const down = points[i + 1]! < points[j + 1]!;
    const [a, b] = down ? [i, j] : [j, i];
    if (!(points[a + 1]! <= y && y < points[b + 1]!)) continue;
    const at = points[a]! + (y - points[a + 1]!) * ((points[b]! - points[a]!) / (points[b + 1]! - points[a + 1]!));
    if (at > x) turns += down ? 1 : -1;
  }
  return turns;
}

describe("polygon to mask", () => {
  test("a square on pixel edges has its area; a centre on an edge is on one side of it", () => {
    expect(shown(maskOfRings([[1, 1, 3, 1, 3, 3, 1, 3]], 4, 4))).toEqual(["....", ".##.", ".##.", "...."]);
    expect(shown(maskOfRings([[0.5, 0.5, 2.5, 0.5, 2.5, 2.5, 0.5, 2.5]], 3, 3))).toEqual(["##.", "##.", "..."]);
  });

  test("even-odd leaves the middle of a pentagram out, nonzero fills it", () => {
    const star = [0, 1, 2, 3, 4].flatMap((i) => [
      20 + 19 * Math.sin(i * 0.8 * Math.PI),
      20 - 19 * Math.cos(i * 0.8 * Math.PI),
    ]);
    const [parity, filled] = [maskOfRings([star], 40, 40), maskOfRings([star], 40, 40, "nonzero")];
    expect(bytesOfMask(parity)[20 * 40 + 20]).toBe(0);
    expect(bytesOfMask(filled)[20 * 40 + 20]).toBe(1);
    expect(maskOfRings([star.toReversed()], 40, 40, "nonzero").runs.length).toBeGreaterThan(3);
  });

  test("a pixel is inside when the rings wind around its centre, an odd number of times or at all", () => {
    fc.assert(
      fc.property(fc.array(ring, { maxLength: 3 }), (rings) => {
        const [parity, nonzero] = [maskOfRings(rings, 12, 12), maskOfRings(rings, 12, 12, "nonzero")].map(bytesOfMask);
        for (let i = 0; i < 144; i++) {
          const turns = rings.map((points) => winding(points, (i % 12) + 0.5, Math.floor(i / 12) + 0.5));
          const total = turns.reduce((sum, t) => sum + t, 0);
          expect(nonzero![i]).toBe(total === 0 ? 0 : 1);
          expect(parity![i]).toBe(Math.abs(total) % 2);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("two parts of a cut polygon share no pixel and leave none out, whichever way the cut runs", () => {
    fc.assert(
      fc.property(ring, fc.tuple(coordinate, coordinate), (points, [x, y]) => {
        // A fan around any place: parity of all triangles is that of the polygon.
        const triangles = Array.from({ length: points.length / 2 }, (_, i) => {
          const j = (2 * i + 2) % points.length;
          return [x, y, points[2 * i]!, points[2 * i + 1]!, points[j]!, points[j + 1]!];
        });
        expect(maskOfRings(triangles, 12, 12)).toEqual(maskOfRings([points], 12, 12));
      }),
    );
  });

  test("parts of a polygon far outside the frame cost nothing and cover nothing", () => {
    expect(maskOfRings([[-1e9, -1e9, -1e8, -1e9, -1e8, 1e9]], 8, 8).runs).toEqual([64]);
    expect(maskOfRings([[-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9]], 8, 8).runs).toEqual([0, 64]);
    expect(maskOfRings([], 2, 2).runs).toEqual([4]);
  });

  test.each([
    { title: "two points", points: [0, 0, 1, 1] },
    { title: "half a point", points: [0, 0, 1, 1, 2, 2, 3] },
    { title: "NaN", points: [0, 0, 1, Number.NaN, 2, 2] },
    { title: "infinity", points: [0, 0, 1, Number.POSITIVE_INFINITY, 2, 2] },
  ])("$title is refused", ({ points }) => {
    expect(() => maskOfRings([points], 4, 4)).toThrow(expect.objectContaining({ code: "labels/geometry-invalid" }));
  });
});

/** Twice the area by the shoelace formula; above 0 clockwise on the screen. */
const doubleArea = (points: Ring): number => {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const j = (i + 2) % points.length;
    sum += points[i]! * points[j + 1]! - points[j]! * points[i + 1]!;
  }
  return sum;
};

describe("mask to polygons", () => {
  test("a ring has an outline and a hole, of corners only", () => {
    expect(outlines(maskOf(drawn("....", ".###", ".#.#", ".###")))).toEqual([
      { outer: [1, 1, 4, 1, 4, 4, 1, 4], holes: [[2, 3, 3, 3, 3, 2, 2, 2]] },
    ]);
    expect(outlines(maskOf(drawn("..", "..")))).toEqual([]);
  });

  test("filling the outlines gives the mask back, by either rule; again and again", () => {
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const { rows, columns } = pixels;
        const mask = maskOf(pixels);
        const found = outlines(mask);
        const rings = found.flatMap(({ outer, holes }) => [outer, ...holes]);
        expect(maskOfRings(rings, rows, columns)).toEqual(mask);
        expect(maskOfRings(rings, rows, columns, "nonzero")).toEqual(mask);
        expect(outlines(maskOfRings(rings, rows, columns))).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  test("each piece of 4 neighbours has one outline, clockwise, and holes that lie in it and run the other way", () => {
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const { rows, columns } = pixels;
        const found = outlines(maskOf(pixels));
        const pieces = components(maskOf(pixels), 4);
        expect(found).toHaveLength(pieces.length);
        found.forEach(({ outer, holes }, i) => {
          expect(maskOfRings([outer, ...holes], rows, columns)).toEqual(pieces[i]);
          expect(doubleArea(outer)).toBeGreaterThan(0);
          for (const hole of holes) expect(doubleArea(hole)).toBeLessThan(0);
          const area = [outer, ...holes].reduce((sum, points) => sum + doubleArea(points) / 2, 0);
          expect(area).toBe(maskArea(pieces[i]!));
        });
      }),
      { numRuns: 300 },
    );
  });

  test("any polygon keeps its mask through mask, outlines and mask", () => {
    fc.assert(
      fc.property(fc.array(ring, { minLength: 1, maxLength: 3 }), (rings) => {
        const mask = maskOfRings(rings, FRAME.rows, FRAME.columns);
        const again = outlines(mask).flatMap(({ outer, holes }) => [outer, ...holes]);
        expect(maskOfRings(again, FRAME.rows, FRAME.columns)).toEqual(mask);
      }),
      { numRuns: 300 },
    );
  });

  test("pieces put together are the mask, and none shares a pixel with another", () => {
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const mask = maskOf(pixels);
        const nothing = intersection(mask, complement(mask));
        const pieces = components(mask, 4);
        expect(pieces.reduce(union, nothing)).toEqual(mask);
        expect(pieces.reduce((sum, piece) => sum + maskArea(piece), 0)).toBe(maskArea(mask));
      }),
    );
  });
});
