import { expect, test } from "vitest";
import type { PixelDescription } from "../../../preload/contract/index.ts";
import { heatPixels, maskPixels } from "../../../renderer/viewer/masks/colors.ts";
import { displayFrame } from "../../../renderer/viewer/pixels.ts";

const description = (part: Partial<PixelDescription>): PixelDescription => ({
  rows: 2,
  columns: 2,
  frames: 1,
  samples: 1,
  type: "uint16",
  bitsStored: 16,
  inverted: false,
  slope: 1,
  intercept: 0,
  unit: "",
  window: { center: 1, width: 1 },
  spacing: null,
  ...part,
});

test("integers of at most 16 bits are drawn as they are, with their rescale kept as the scale", () => {
  const frame = displayFrame(
    Int16Array.of(-5, 0, 7, 100).buffer,
    description({ type: "int16", slope: 2, intercept: -10 }),
  );
  expect([...frame.values]).toEqual([-5, 0, 7, 100]);
  expect(frame).toMatchObject({ min: -5, max: 100, scale: { slope: 2, intercept: -10 } });
  expect(frame.statistics).toMatchObject({ min: -20, max: 190 });
});

test("values behind a modality lookup table are what the table says, at its ends too", () => {
  const entries = btoa(String.fromCharCode(0, 0, 0x10, 0x27, 0x20, 0x4e));
  const modalityLut = { first: 5, bits: 16, entries, name: "OD" };
  const frame = displayFrame(Uint16Array.of(0, 5, 6, 99).buffer, description({ modalityLut }));
  expect([...frame.values]).toEqual([0, 0, 10000, 20000]);
  expect(frame.scale).toEqual({ slope: 1, intercept: 0 });
});

test("real numbers are spread over 16 bits and the scale gives them back", () => {
  const values = Float32Array.of(0, 0.25, 0.5, 1);
  const frame = displayFrame(values.buffer, description({ type: "float32" }));
  expect(frame.max).toBe(65535);
  frame.values.forEach((value, index) => {
    expect(value * frame.scale.slope + frame.scale.intercept).toBeCloseTo(values[index], 4);
  });
});

test("a value that is no number is drawn as the lowest and spoils nothing", () => {
  const frame = displayFrame(Float32Array.of(Number.NaN, 2, 4, 6).buffer, description({ type: "float32" }));
  expect([...frame.values]).toEqual([0, 0, 32768, 65535]);
  expect(frame.statistics.min).toBeCloseTo(2, 6);
});

test("a flat frame has one value and no division by zero", () => {
  const frame = displayFrame(Float32Array.of(3, 3, 3, 3).buffer, description({ type: "float32" }));
  expect(frame).toMatchObject({ min: 0, max: 0 });
  expect(frame.statistics).toEqual({ min: 3, max: 3, low: 3, high: 3 });
});

test("colour of 16 bits becomes 8 bits", () => {
  const frame = displayFrame(Uint16Array.of(0, 2048, 4095).buffer, {
    ...description({ samples: 3, bitsStored: 12 }),
    rows: 1,
    columns: 1,
  });
  expect(frame.color).toBe(true);
  expect([...frame.values]).toEqual([0, 128, 255]);
});

test("bytes of another length than one frame are refused", () => {
  expect(() => displayFrame(new ArrayBuffer(7), description({}))).toThrow("Expected 8 bytes of pixels, got 7.");
});

test("a mask's runs begin with background and go row by row", () => {
  const rgba = maskPixels({ kind: "mask", rows: 2, columns: 3, runs: [1, 2, 2, 1] }, "#ff8000");
  const opaque = Array.from({ length: 6 }, (_, index) => rgba[index * 4 + 3]);
  expect(opaque).toEqual([0, 255, 255, 0, 0, 255]);
  expect([...rgba.slice(4, 8)]).toEqual([255, 128, 0, 255]);
});

test("the heat map is transparent where there is no influence and brightest where it is strongest", () => {
  const rgba = heatPixels({
    modelId: "m",
    imageId: "i",
    frame: 0,
    method: "grad-cam",
    asked: "grad-cam",
    reason: null,
    classIndex: 0,
    probabilities: [1, 0],
    rows: 1,
    columns: 3,
    values: [0, 0.5, 1],
  });
  expect(rgba[3]).toBe(0);
  expect([...rgba.slice(8, 12)]).toEqual([252, 255, 164, 255]);
  const lightness = (index: number) => rgba[index * 4] + rgba[index * 4 + 1] + rgba[index * 4 + 2];
  expect(lightness(0)).toBeLessThan(lightness(1));
  expect(lightness(1)).toBeLessThan(lightness(2));
});
