// A round length that is easy to compare with, at the present zoom.

const WANTED_CSS_PX = 110;
const STEPS = [1, 2, 5];

/**
 * spacing: mm between columns, null when unknown (then there is no bar). scale: CSS pixels per image pixel.
 * The longest of 1, 2, 5 × 10^n mm that is not wider than about 110 CSS pixels.
 */
export function scaleBar(spacing: number | null, scale: number): { millimetres: number; width: number } | null {
  if (spacing === null || !(scale > 0)) return null;
  const perMillimetre = scale / spacing;
  const most = WANTED_CSS_PX / perMillimetre;
  const decade = 10 ** Math.floor(Math.log10(most));
  const step = STEPS.findLast((candidate) => candidate * decade <= most) ?? 1;
  const millimetres = step * decade;
  return millimetres >= 1 ? { millimetres, width: millimetres * perMillimetre } : null;
}
