import fc from "fast-check";
import { expect, test } from "vitest";
import { type Extent, type Spacing, squaredDistances } from "../../../main/labels/masks/distance-transform.ts";

const step = fc.double({ min: 0.1, max: 7, noNaN: true });
const volume = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 40 }))
  .chain((extent) => {
    const pixels = extent[0] * extent[1] * extent[2];
    const sparse = fc.array(fc.nat(pixels - 1), { maxLength: 12 });
    return fc.record({
      extent: fc.constant<Extent>(extent),
      marks: sparse,
      spacing: fc.tuple(step, step, step) as fc.Arbitrary<Spacing>,
    });
  });

/** The definition: every pixel against every mark. */
function byDefinition(marks: readonly number[], [slices, rows, columns]: Extent, spacing: Spacing): number[] {
  const place = (i: number) => [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
  return Array.from({ length: slices * rows * columns }, (_, i) => {
    const here = place(i);
    const squares = marks.map((mark) =>
      place(mark).reduce((sum, at, axis) => sum + ((at - here[axis]!) * spacing[axis]!) ** 2, 0),
    );
    return Math.min(...squares);
  });
}

test("every pixel gets the squared distance to its nearest mark, for any spacing, in two and three dimensions", () => {
  fc.assert(
    fc.property(volume, ({ extent, marks, spacing }) => {
      const marked = new Uint8Array(extent[0] * extent[1] * extent[2]);
      for (const mark of marks) marked[mark] = 1;
      const found = squaredDistances(marked, extent, spacing);
      byDefinition(marks, extent, spacing).forEach((expected, i) => {
        if (expected === Number.POSITIVE_INFINITY) expect(found[i]).toBe(expected);
        else expect(Math.abs(found[i]! - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, expected));
      });
    }),
    { numRuns: 300 },
  );
});
