import { expect, test } from "vitest";
import type { PixelDescription } from "../../../preload/contract/index.ts";
import { presetsFor, presetWindow, rangeToWindow, windowToRange } from "../../../renderer/viewer/window.ts";

const pixels: PixelDescription = {
  rows: 2,
  columns: 2,
  frames: 1,
  samples: 1,
  type: "int16",
  bitsStored: 16,
  inverted: false,
  slope: 1,
  intercept: -1024,
  unit: "HU",
  window: { center: 50, width: 350 },
  spacing: null,
};

test("a window in HU becomes the range of stored values between its ends", () => {
  expect(windowToRange({ center: 40, width: 400 }, { slope: 1, intercept: -1024 })).toEqual({
    lower: 864,
    upper: 1264,
  });
});

test("window and range are each other's inverse, with a negative slope too", () => {
  for (const scale of [
    { slope: 1, intercept: -1024 },
    { slope: 0.5, intercept: 3 },
    { slope: -2, intercept: 100 },
  ]) {
    const back = rangeToWindow(windowToRange({ center: 40, width: 400 }, scale), scale);
    expect(back.center).toBeCloseTo(40, 9);
    expect(back.width).toBeCloseTo(400, 9);
  }
});

test("presets in HU are offered for CT only", () => {
  expect(presetsFor("CT", pixels)).toContain("lung");
  expect(presetsFor("CT", { ...pixels, unit: "" })).not.toContain("lung");
  expect(presetsFor("CR", pixels)).toEqual(["file", "auto", "full"]);
});

test("the automatic window spans 1 to 99 % and a flat picture still gets a width", () => {
  const statistics = { min: -1000, max: 3000, low: -900, high: 700 };
  expect(presetWindow("auto", pixels, statistics)).toEqual({ center: -100, width: 1600 });
  expect(presetWindow("full", pixels, statistics)).toEqual({ center: 1000, width: 4000 });
  expect(presetWindow("auto", pixels, { min: 7, max: 7, low: 7, high: 7 })).toEqual({ center: 7, width: 1 });
  expect(presetWindow("file", pixels, statistics)).toEqual({ center: 50, width: 350 });
});
