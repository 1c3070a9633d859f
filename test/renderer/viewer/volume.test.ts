import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageStack, MaskGeometry, PixelDescription } from "../../../preload/contract/index.ts";
import { cssPx, imagePx } from "../../../renderer/viewer/coordinates.ts";
import { Bitmap } from "../../../renderer/viewer/masks/bitmap.ts";
import { greyFrame } from "../../../renderer/viewer/pixels.ts";
import { edgeLetters, lettersOf, volumeGeometry } from "../../../renderer/viewer/volume/geometry.ts";
import { maskLine, planeMask } from "../../../renderer/viewer/volume/masks.ts";
import {
  fromPlane,
  middleOf,
  nearestSlice,
  type Plane,
  planesOf,
  sliceAt,
  throughSlice,
  toPlane,
} from "../../../renderer/viewer/volume/planes.ts";
import { Volume } from "../../../renderer/viewer/volume/Volume.ts";

interface Drawn {
  columns?: number;
  rows?: number;
  spacing?: [number, number];
  positions?: number[];
  orientation?: readonly number[];
  step?: number;
  pixels?: (slice: number) => Partial<PixelDescription>;
  /** mm that each slice is shifted along its rows against the one before */
  tilt?: number;
}

/** A stack as the studio describes it. */
function stackOf(drawn: Drawn = {}): ImageStack {
  const { columns = 4, rows = 3, spacing = [1, 1], positions = [0, 2, 4], tilt = 0 } = drawn;
  const orientation = drawn.orientation ?? [1, 0, 0, 0, 1, 0];
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = orientation;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const images = positions.map((_, slice) => ({
    id: `image-${slice}`,
    name: `${slice}.dcm`,
    format: "dicom" as const,
    modality: "CT",
    patient: "",
    study: "",
    series: "",
    rows,
    columns,
    frames: 1,
    importedAt: "2026-01-01T00:00:00Z",
    classId: null,
    shapes: 0,
    pixels: {
      rows,
      columns,
      frames: 1,
      samples: 1 as const,
      type: "int16" as const,
      bitsStored: 16,
      inverted: false,
      slope: 1,
      intercept: 0,
      unit: "HU",
      window: { center: 0, width: 100 },
      spacing,
      ...drawn.pixels?.(slice),
    },
  }));
  return {
    images,
    slices: positions.map((position, slice) => ({
      imageId: `image-${slice}`,
      frame: 0,
      position,
      geometry: {
        position: normal.map((part, i) => part * position + (orientation[i] ?? 0) * tilt * slice),
        orientation: [...orientation],
        spacing,
        thickness: null,
        frameOfReference: "1.2.3",
      },
    })),
    order: "geometry",
    step: drawn.step ?? (positions[1] ?? 0) - (positions[0] ?? 0),
    gaps: 0,
    repeated: 0,
  };
}

/** A volume whose value at (column, row, slice) is known. */
function filled(drawn: Drawn, value: (column: number, row: number, slice: number) => number): Volume {
  const stack = stackOf(drawn);
  const volume = Volume.for(stack);
  if (typeof volume === "string") throw new Error(volume);
  const { columns, rows } = volume.geometry;
  for (const slice of stack.slices.keys()) {
    const { slope, intercept } = stack.images[slice]?.pixels ?? { slope: 1, intercept: 0 };
    const stored = Int16Array.from({ length: columns * rows }, (_, i) =>
      Math.round((value(i % columns, Math.floor(i / columns), slice) - intercept) / slope),
    );
    volume.add(slice, greyFrame(stored, { slope, intercept }));
  }
  return volume;
}

const named = (volume: Volume, name: string): Plane => {
  const plane = planesOf(volume.geometry).find((one) => one.name === name);
  if (!plane) throw new Error(name);
  return plane;
};

const code = (column: number, row: number, slice: number) => 100 * slice + 10 * row + column;

describe("planes through an axial stack", () => {
  test("the sagittal plane has the head up and the front on the left; its values lie between the slices", () => {
    const volume = filled({}, code);
    const plane = named(volume, "sagittal");
    const { values } = volume.draw(plane, 2);
    // 3 slices of 2 mm are 6 rows of 1 mm, the last slice on top; half a slice beyond each end repeats the end.
    expect(plane.size).toEqual({ columns: 3, rows: 6 });
    expect([...values]).toEqual([
      ...[202, 212, 222],
      ...[177, 187, 197],
      ...[127, 137, 147],
      ...[77, 87, 97],
      ...[27, 37, 47],
      ...[2, 12, 22],
    ]);
    expect(plane.directions).toEqual({ across: [0, 1, 0], down: [-0, -0, -1] });
  });

  test("the coronal plane has the head up and the patient's right on the left", () => {
    const volume = filled({}, code);
    const plane = named(volume, "coronal");
    const { values } = volume.draw(plane, 1);
    expect(plane.size).toEqual({ columns: 4, rows: 6 });
    expect([...values.slice(0, 4)]).toEqual([210, 211, 212, 213]);
    expect([...values.slice(-4)]).toEqual([10, 11, 12, 13]);
  });

  test("the axial plane is the acquired slice, bit for bit", () => {
    const volume = filled({}, code);
    const plane = named(volume, "axial");
    expect([...volume.draw(plane, 1).values]).toEqual(
      Array.from({ length: 12 }, (_, i) => code(i % 4, Math.floor(i / 4), 1)),
    );
  });

  test("a ball is as round in every plane: the aspect is that of the patient", () => {
    const drawn = { columns: 64, rows: 64, spacing: [0.8, 0.8] as [number, number] };
    const positions = Array.from({ length: 21 }, (_, slice) => slice * 2.5);
    // Of 15 mm radius around the middle; values fall off linearly so that interpolation is exact enough to measure.
    const volume = filled({ ...drawn, positions }, (column, row, slice) =>
      Math.round(1000 - 20 * Math.hypot((column + 0.5 - 32) * 0.8, (row + 0.5 - 32) * 0.8, (slice - 10) * 2.5)),
    );
    for (const plane of planesOf(volume.geometry)) {
      const index = plane.through === "along" ? 10 : 32;
      const { values } = volume.draw(plane, index);
      const { columns, rows } = plane.size;
      const extent = (lines: number, value: (line: number, i: number) => number, along: number) =>
        Math.max(
          ...Array.from({ length: lines }, (_, line) =>
            Array.from({ length: along }, (_, i) => value(line, i)).reduce((n, v) => n + (v > 700 ? 1 : 0), 0),
          ),
        );
      const width = extent(rows, (line, i) => values[line * columns + i] ?? 0, columns) * plane.spacing[1];
      const height = extent(columns, (line, i) => values[i * columns + line] ?? 0, rows) * plane.spacing[0];
      expect(Math.abs(width - 30), plane.name).toBeLessThan(1.7); // two pixels
      expect(Math.abs(height - 30), plane.name).toBeLessThan(1.7);
      expect(plane.spacing[0] / plane.spacing[1]).toBeCloseTo(1, 1);
    }
  });

  test("where a slice is missing nothing is invented", () => {
    const volume = filled({ positions: [0, 2, 8, 10], step: 2 }, (_, __, slice) => 100 + slice);
    const { values } = volume.draw(named(volume, "sagittal"), 0);
    const column = Array.from({ length: 12 }, (_, row) => values[row * 3]);
    // From the top: the slices at 10 and 8 mm, the hole between 7 and 3 mm (lowest value), the slices at 2 and 0 mm.
    expect(column).toEqual([103, 103, 102, 102, 100, 100, 100, 100, 101, 101, 100, 100]);
  });

  test("slices of different scales (PET) are shown on one scale", () => {
    const volume = filled({ pixels: (slice) => ({ slope: 0.5 * (slice + 1) }) }, (column) => column * 3);
    const frame = volume.draw(named(volume, "coronal"), 0);
    const modality = [...frame.values.slice(0, 4)].map((v) => v * frame.scale.slope + frame.scale.intercept);
    for (const [column, value] of modality.entries()) expect(Math.abs(value - column * 3)).toBeLessThan(1);
  });
});

test("a sagittal stack gets axial and coronal planes, turned as readers expect", () => {
  // Rows run to the back, columns to the feet: the normal points to the patient's right.
  const volume = filled({ orientation: [0, 1, 0, 0, 0, -1] }, code);
  const planes = planesOf(volume.geometry);
  expect(planes.map(({ name }) => name)).toEqual(["sagittal", "axial", "coronal"]);
  const letters = planes.map(({ directions }) => [lettersOf(directions.across), lettersOf(directions.down)]);
  expect(letters).toEqual([
    ["P", "I"],
    ["L", "P"],
    ["L", "I"],
  ]);
});

test("an oblique stack has two letters where its edge lies between two directions", () => {
  const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const geometry = volumeGeometry(stackOf({ orientation: [c, s, 0, -s, c, 0] }));
  if (typeof geometry === "string") throw new Error(geometry);
  expect(lettersOf(geometry.directions.column)).toBe("LP");
  expect(lettersOf([0, 0, -1])).toBe("I");
});

test("letters follow the picture when it is turned or mirrored", () => {
  const plain = { origin: cssPx(0, 0), across: cssPx(2, 0), down: cssPx(0, 1) };
  const turned = { origin: cssPx(0, 0), across: cssPx(0, 2), down: cssPx(-2, 0) };
  const mirrored = { origin: cssPx(0, 0), across: cssPx(-2, 0), down: cssPx(0, 2) };
  const letters = (view: typeof plain) => Object.values(edgeLetters([1, 0, 0], [0, 1, 0], [1, 0.5], view)).join("");
  expect(letters(plain)).toBe("RLAP"); // left, right, top, bottom
  expect(letters(turned)).toBe("PARL");
  expect(letters(mirrored)).toBe("LRAP");
});

describe("crosshair", () => {
  const drawn = fc.record({
    columns: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 1, max: 40 }),
    spacing: fc.tuple(fc.double({ min: 0.2, max: 3, noNaN: true }), fc.double({ min: 0.2, max: 3, noNaN: true })),
    step: fc.double({ min: 0.3, max: 6, noNaN: true }),
    count: fc.integer({ min: 2, max: 30 }),
    orientation: fc.constantFrom(
      [1, 0, 0, 0, 1, 0],
      [-1, 0, 0, 0, -1, 0],
      [0, 1, 0, 0, 0, -1],
      [1, 0, 0, 0, 0, -1],
      [0.8, 0.6, 0, -0.6, 0.8, 0],
    ),
  });
  const part = fc.double({ min: 0, max: 1, noNaN: true });

  test("a point goes to any plane and back, and lies in the virtual slice that shows it", () => {
    fc.assert(
      fc.property(drawn, part, part, part, ({ count, ...rest }, x, y, z) => {
        const positions = Array.from({ length: count }, (_, slice) => -20 + slice * rest.step);
        const geometry = volumeGeometry(stackOf({ ...rest, positions }));
        if (typeof geometry === "string") throw new Error(geometry);
        const point = {
          column: x * geometry.columns,
          row: y * geometry.rows,
          along: -20 - rest.step / 2 + z * count * rest.step,
        };
        for (const plane of planesOf(geometry)) {
          const at = toPlane(geometry, plane, point);
          expect(at.x).toBeGreaterThanOrEqual(-1e-6);
          expect(at.y).toBeLessThanOrEqual(plane.size.rows + 1e-6);
          const index = sliceAt(geometry, plane, point);
          const back = fromPlane(geometry, plane, at, throughSlice(geometry, plane, index, point));
          expect(sliceAt(geometry, plane, back)).toBe(index);
          for (const axis of ["column", "row", "along"] as const) {
            const half = axis === plane.through ? (axis === "along" ? rest.step / 2 : 0.5) : 0;
            expect(Math.abs(back[axis] - point[axis])).toBeLessThanOrEqual(half + 1e-6);
          }
        }
      }),
    );
  });

  test("a place outside the picture is kept within the volume", () => {
    const geometry = volumeGeometry(stackOf());
    if (typeof geometry === "string") throw new Error(geometry);
    const [axial, sagittal] = planesOf(geometry);
    const middle = middleOf(geometry, 1);
    expect(fromPlane(geometry, axial, imagePx(-5, 99), middle)).toEqual({ column: 0, row: 3, along: 2 });
    expect(fromPlane(geometry, sagittal, imagePx(1, -9), middle)).toEqual({ column: 2, row: 1, along: 5 });
  });

  test("the nearest slice is the nearest, however uneven the steps", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: 2 }),
        fc.double({ min: -600, max: 600, noNaN: true }),
        (places, along) => {
          const positions = places.sort((a, b) => a - b);
          const found = positions[nearestSlice(positions, along)] ?? Number.NaN;
          expect(Math.abs(found - along)).toBe(Math.min(...positions.map((position) => Math.abs(position - along))));
        },
      ),
    );
  });
});

describe("masks in planes", () => {
  test("a line of a mask is what its pixels are, whatever the mask", () => {
    const size = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(size, fc.infiniteStream(fc.boolean()), ([columns, rows], bits) => {
        const bitmap = new Bitmap({ columns, rows });
        for (let i = 0; i < bitmap.pixels.length; i++) bitmap.pixels[i] = bits.next().value ? 1 : 0;
        const mask = bitmap.geometry();
        for (let column = 0; column < columns; column++) {
          const wanted = Array.from({ length: rows }, (_, row) => bitmap.pixels[row * columns + column]);
          expect([...maskLine(mask, "column", column)]).toEqual(wanted);
        }
        for (let row = 0; row < rows; row++) {
          expect([...maskLine(mask, "row", row)]).toEqual([...bitmap.pixels.slice(row * columns, (row + 1) * columns)]);
        }
      }),
    );
  });

  test("a mask lies in the sagittal plane where its values do", () => {
    const volume = filled({}, code);
    const plane = named(volume, "sagittal");
    const bitmap = new Bitmap({ columns: 4, rows: 3 });
    bitmap.pixels[1 * 4 + 2] = 1; // column 2, row 1
    const masks = new Map<number, readonly MaskGeometry[]>([[2, [bitmap.geometry()]]]);
    const mask = planeMask(volume.geometry, plane, 2, masks);
    expect(mask && [...Bitmap.of(mask).pixels].flatMap((bit, i) => (bit === 1 ? [i] : []))).toEqual([1, 4]);
    expect(planeMask(volume.geometry, plane, 1, masks)).toBeNull();
  });
});

describe("what makes no volume says why", () => {
  test.each<[string, Drawn | ((stack: ImageStack) => ImageStack)]>([
    ["order", (stack) => ({ ...stack, order: "number", step: null })],
    ["order", { positions: [0] }],
    ["colour", { pixels: () => ({ samples: 3 }) }],
    ["size", { pixels: (slice) => ({ rows: slice === 1 ? 5 : 3 }) }],
    ["repeated", (stack) => ({ ...stack, repeated: 1 })],
    ["shifted", { tilt: 0.4 }],
    [
      "spacing",
      (stack) => ({
        ...stack,
        slices: stack.slices.map((slice, i) => ({
          ...slice,
          geometry: slice.geometry && { ...slice.geometry, spacing: [1, 1 + i] },
        })),
      }),
    ],
  ])("%s", (reason, drawn) => {
    const stack = typeof drawn === "function" ? drawn(stackOf()) : stackOf(drawn);
    expect(Volume.for(stack)).toBe(reason);
  });

  test("more than the bound is refused before anything is loaded", () => {
    const stack = stackOf({ columns: 4, rows: 3, positions: [0, 2, 4] });
    expect(Volume.for(stack, 71)).toBe("large");
    expect(Volume.for(stack, 72)).toBeInstanceOf(Volume);
    const huge = stackOf({ columns: 32_768, rows: 32_768, positions: [0, 2, 4] });
    expect(Volume.for(huge)).toBe("large");
  });
});
