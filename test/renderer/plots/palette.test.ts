import { expect, test } from "vitest";
import { plotPalette } from "../../../renderer/ui/plots/palette.ts";

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

for (const scheme of ["light", "dark"] as const) {
  test(`in the ${scheme} theme curves keep 3:1 and words 4.5:1 against the surface`, () => {
    const palette = plotPalette(scheme);
    for (const colour of palette.series) expect(contrast(colour, palette.surface)).toBeGreaterThanOrEqual(3);
    for (const colour of [palette.ink, palette.muted]) {
      expect(contrast(colour, palette.surface)).toBeGreaterThanOrEqual(4.5);
    }
  });
}
