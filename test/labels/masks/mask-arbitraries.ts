// Masks for fast-check: noise, and blobs that have insides, both as bytes.
import fc from "fast-check";

export interface Pixels {
  readonly rows: number;
  readonly columns: number;
  readonly bytes: Uint8Array;
}

const frame = fc.record({ rows: fc.integer({ min: 1, max: 12 }), columns: fc.integer({ min: 1, max: 12 }) });

function noise(rows: number, columns: number): fc.Arbitrary<Pixels> {
  const length = rows * columns;
  return fc
    .array(fc.integer({ min: 0, max: 1 }), { minLength: length, maxLength: length })
    .map((bits) => ({ rows, columns, bytes: Uint8Array.from(bits) }));
}

function rectangles(rows: number, columns: number): fc.Arbitrary<Pixels> {
  const range = (most: number) => fc.tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }));
  return fc
    .array(fc.record({ y: range(rows), x: range(columns), value: fc.integer({ min: 0, max: 1 }) }))
    .map((all) => {
      const bytes = new Uint8Array(rows * columns);
      for (const { x, y, value } of all) {
        for (let row = Math.min(...y); row < Math.max(...y); row++) {
          bytes.fill(value, row * columns + Math.min(...x), row * columns + Math.max(...x));
        }
      }
      return { rows, columns, bytes };
    });
}

const both = (rows: number, columns: number) => fc.oneof(noise(rows, columns), rectangles(rows, columns));

export const anyPixels: fc.Arbitrary<Pixels> = frame.chain(({ rows, columns }) => both(rows, columns));

/** Two masks of one frame. */
export const twoPixels: fc.Arbitrary<readonly [Pixels, Pixels]> = frame.chain(({ rows, columns }) =>
  fc.tuple(both(rows, columns), both(rows, columns)),
);

/** A mask from a picture: one string a row, `#` is foreground. */
export function drawn(...lines: readonly string[]): Pixels {
  const bytes = Uint8Array.from(lines.join(""), (letter) => (letter === "#" ? 1 : 0));
  return { rows: lines.length, columns: lines[0]!.length, bytes };
}

/** The other way, to read failures by. */
export function picture({ rows, columns, bytes }: Pixels): string[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(bytes.subarray(row * columns, (row + 1) * columns), (value) => (value ? "#" : ".")).join(""),
  );
}
