// Points of a run from two sources: answers and events.
import type { RunPoint } from "../../preload/contract/index.ts";

/** A resumed run repeats points; the newer one of the same place counts. */
export function withPoints(points: RunPoint[], more: RunPoint[]): RunPoint[] {
  const place = ({ step, part, metric }: RunPoint) => `${step}/${part}/${metric}`;
  const fresh = new Set(more.map(place));
  return [...points.filter((point) => !fresh.has(place(point))), ...more];
}
