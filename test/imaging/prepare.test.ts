import { describe, expect, test } from "vitest";
import { prepareImage, resample, valueRange } from "../../main/imaging/prepare.ts";
import type { DecodedFrame } from "../../main/imaging/types.ts";
import type { PixelDescription } from "../../preload/contract/index.ts";

const FLOAT32_SUM = 1e-5;

function described(frame: DecodedFrame, more: Partial<PixelDescription> = {}): PixelDescription {
  return {
    rows: frame.rows,
    columns: frame.columns,
    frames: 1,
    samples: frame.samples,
    type: "uint16",
    bitsStored: 16,
    inverted: false,
    slope: 1,
    intercept: 0,
    unit: "",
    window: { center: 1, width: 1 },
    spacing: null,
    ...more,
  };
}

const grey = (rows: number, columns: number, values: number[]): DecodedFrame => ({
  rows,
  columns,
  samples: 1,
  values: Float32Array.from(values),
});

describe("prepareImage", () => {
  test("scales modality values between low and high and clips outside", () => {
    const frame = grey(2, 2, [0, 50, 100, 300]);
    const pixels = described(frame, { slope: 2, intercept: -100 });
    // Modality values -100, 0, 100, 500.
    expect([...prepareImage(frame, pixels, { size: 2, low: 0, high: 200 })]).toEqual([0, 0, 0.5, 1]);
  });

  test("MONOCHROME1 is turned round", () => {
    const frame = grey(1, 1, [25]);
    expect([...prepareImage(frame, described(frame, { inverted: true }), { size: 1, low: 0, high: 100 })]).toEqual([
      0.75,
    ]);
  });

  test("colour becomes its Rec. 601 luminance", () => {
    const frame: DecodedFrame = { rows: 1, columns: 1, samples: 3, values: Uint8Array.of(255, 0, 0) };
    const [value] = prepareImage(frame, described(frame), { size: 1, low: 0, high: 255 });
    expect(value).toBeCloseTo(0.299, 5);
  });

  test("a value that is no number, an infinite one and a range of no width do not become NaN", () => {
    const frame = grey(1, 3, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    const values = [
      ...prepareImage(frame, described(frame), { size: 3, low: 0, high: 1 }),
      ...prepareImage(frame, described(frame), { size: 3, low: 5, high: 5 }),
    ];
    expect(values.every((v) => v >= 0 && v <= 1)).toBe(true);
  });

  test("a wide image is stretched to the square", () => {
    const frame = grey(1, 4, [0, 0, 100, 100]);
    expect([...prepareImage(frame, described(frame), { size: 2, low: 0, high: 100 })]).toEqual([0, 1, 0, 1]);
  });
});

describe("resample", () => {
  const noise = Float32Array.from({ length: 37 * 53 }, (_, i) => ((i * 2654435761) % 1000) / 1000);
  const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;

  test("shrinking keeps the mean exactly: every source pixel counts by its area", () => {
    for (const [rows, columns] of [
      [10, 10],
      [36, 52],
      [1, 1],
      [7, 53],
    ]) {
      expect(Math.abs(mean(resample(noise, 37, 53, rows, columns)) - mean(noise))).toBeLessThan(FLOAT32_SUM);
    }
  });

  test("halving averages two by two", () => {
    expect([...resample(Float32Array.of(1, 3, 5, 7, 1, 3, 5, 7), 2, 4, 1, 2)]).toEqual([2, 6]);
  });

  test("the same size is the same picture", () => {
    expect(resample(noise, 37, 53, 37, 53)).toEqual(noise);
  });

  test("growing interpolates between pixel centres and repeats the edge", () => {
    expect([...resample(Float32Array.of(0, 4), 1, 2, 1, 4)]).toEqual([0, 1, 3, 4]);
  });

  test("a constant stays constant at every size", () => {
    const flat = new Float32Array(30).fill(0.3);
    for (const size of [1, 2, 3, 4, 5, 6, 7, 11, 64]) {
      for (const value of resample(flat, 5, 6, size, size)) expect(value).toBeCloseTo(0.3, 5);
    }
  });

  test("a picture of one pixel can grow", () => {
    expect([...resample(Float32Array.of(0.5), 1, 1, 2, 2)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

describe("valueRange", () => {
  const of = (values: number[], more: Partial<PixelDescription> = {}) => {
    const frame = grey(1, values.length, values);
    return { frame, pixels: described(frame, more) };
  };

  test("plain 8-bit images keep 0 to 255", () => {
    expect(valueRange([of([3, 90], { type: "uint8" })])).toEqual({ low: 0, high: 255 });
  });

  test("a few burnt-in values do not set the range of others", () => {
    const values = Array.from({ length: 4000 }, (_, i) => 1000 + (i % 500));
    values[7] = 65535;
    const { low, high } = valueRange([of(values)]);
    expect(low).toBeGreaterThanOrEqual(1000);
    expect(high).toBeLessThan(1500);
  });

  test("rescale is part of the range", () => {
    expect(valueRange([of([0, 100], { slope: 2, intercept: -50 })])).toEqual({ low: -50, high: 150 });
  });

  test("no images, one value and only NaN still give a range", () => {
    expect(valueRange([])).toEqual({ low: 0, high: 1 });
    expect(valueRange([of([7, 7])])).toEqual({ low: 7, high: 8 });
    expect(valueRange([of([Number.NaN])])).toEqual({ low: 0, high: 1 });
  });
});
