// A map beside what readers drew: does it point where they pointed?
import type { Overlap } from "../../preload/contract/index.ts";
import type { RawMap } from "./explainer.ts";
import { resampleBilinear } from "./resample.ts";

/** How far from what was drawn the highest point may lie, as part of the longer side: the pointing game allows 15 pixels of its pictures of about 500. */
const TOLERANCE = 0.03;

/**
 * The map, stretched over the frame, beside the pixels that readers marked; null where they marked none or all.
 * @param marked rows * columns, 0 or 1
 */
export function overlapOf(map: RawMap, marked: Uint8Array, rows: number, columns: number): Overlap | null {
  const area = marked.reduce((sum, inside) => sum + inside, 0);
  if (area === 0 || area === marked.length) return null;
  const values = resampleBilinear(map.values, map, { rows, columns });
  let top = 0;
  let whole = 0;
  let within = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > values[top]!) top = i;
    whole += values[i]!;
    if (marked[i] === 1) within += values[i]!;
  }
  // A map without a highest point points nowhere.
  const points = values[top]! > 0;
  return {
    pointing: points && near(marked, rows, columns, top),
    inside: whole > 0 ? within / whole : 0,
    iou: points ? iouOfEqualArea(values, marked, area) : 0,
    share: area / marked.length,
  };
}

function near(marked: Uint8Array, rows: number, columns: number, place: number): boolean {
  const reach = Math.round(TOLERANCE * Math.max(rows, columns));
  const [row, column] = [Math.floor(place / columns), place % columns];
  for (let y = Math.max(0, row - reach); y <= Math.min(rows - 1, row + reach); y++) {
    for (let x = Math.max(0, column - reach); x <= Math.min(columns - 1, column + reach); x++) {
      if (marked[y * columns + x] === 1 && (y - row) ** 2 + (x - column) ** 2 <= reach ** 2) return true;
    }
  }
  return false;
}

/** Intersection over union of what was drawn and as many of the map's highest pixels. */
function iouOfEqualArea(values: Float32Array, marked: Uint8Array, area: number): number {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]!);
  let shared = 0;
  for (let k = 0; k < area; k++) shared += marked[order[k]!]!;
  return shared / (2 * area - shared);
}
