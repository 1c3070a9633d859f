import { describe, expect, test } from "vitest";
import { scaleBar } from "../../../renderer/views/viewer/scale-bar.ts";

describe("scale bar", () => {
  test("is the longest round length within about 110 pixels", () => {
    expect(scaleBar(0.5, 1)).toEqual({ millimetres: 50, width: 100 });
    expect(scaleBar(0.2, 4)).toEqual({ millimetres: 5, width: 100 });
  });

  test("does not exist without a spacing, or below a millimetre", () => {
    expect(scaleBar(null, 1)).toBeNull();
    expect(scaleBar(0.01, 10)).toBeNull();
  });
});
