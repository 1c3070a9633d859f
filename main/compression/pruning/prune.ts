// Structured pruning: the least important units go until the network does the wanted share of its work.
//
// What remains of a set of coupled layers is a multiple of 8 channels where it was wide, because vector units compute whole blocks: a layer of 33 channels takes the time of
// 40. No layer loses more than seven eighths: a layer that is nearly gone cannot be learnt back (Molchanov et al. 2019 limit it as well).
import { AppError } from "../../../preload/contract/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { countFlops } from "../flops.ts";
import { type Channels, channelsOf } from "./channels.ts";
import { removeUnits } from "./remove.ts";

export { magnitude, taylor } from "./importance.ts";
export { type Channels, channelsOf, removeUnits };

export interface Pruned {
  readonly graph: Graph;
  readonly flopsBefore: number;
  readonly flopsAfter: number;
  readonly removed: ReadonlySet<number>;
}

const BLOCK = 8;
const LEAST_SHARE = 1 / 8;

/**
 * The graph without its least important units, at least `share` (0 to 1) of its operations removed.
 * @param importance one number for each unit of `channels`
 * @throws compression/refused when even the smallest net of this form does more, saying how far it goes
 */
export function pruneChannels(graph: Graph, channels: Channels, importance: Float64Array, share: number): Pruned {
  const flopsBefore = countFlops(graph);
  const layers = channels.layers.map((units) => units.toSorted((a, b) => importance[a]! - importance[b]!));
  const order = Array.from({ length: channels.count }, (_, unit) => unit).sort(
    (a, b) => importance[a]! - importance[b]!,
  );
  const rank = new Int32Array(channels.count);
  order.forEach((unit, i) => {
    rank[unit] = i;
  });
  /** With the `count` least important units wanted gone, as far as blocks allow. */
  const attempt = (count: number): Pruned => {
    const removed = new Set(
      layers.flatMap((units) => {
        const wanted = units.filter((unit) => rank[unit]! >= count).length;
        return units.slice(0, units.length - remaining(units.length, wanted));
      }),
    );
    const smaller = removeUnits(graph, channels, removed);
    return { graph: smaller, flopsBefore, flopsAfter: countFlops(smaller), removed };
  };
  let [low, high] = [0, channels.count];
  const most = attempt(high);
  if (most.flopsAfter > (1 - share) * flopsBefore) {
    const reached = Math.floor(100 * (1 - most.flopsAfter / flopsBefore));
    throw new AppError(
      "compression/refused",
      `Removing channels can take at most ${reached} % of this model's operations; ${Math.round(100 * share)} % were asked for. Ask for less.`,
    );
  }
  let best = most;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const tried = attempt(middle);
    if (tried.flopsAfter > (1 - share) * flopsBefore) low = middle;
    else [high, best] = [middle, tried];
  }
  return best;
}

/** Channels that remain of `size` where `wanted` are worth it: whole blocks, and never too few. */
function remaining(size: number, wanted: number): number {
  const block = Math.max(1, Math.min(BLOCK, 2 ** Math.floor(Math.log2(size / 4))));
  const least = Math.max(1, Math.ceil(size * LEAST_SHARE));
  return Math.min(size, Math.ceil(Math.max(least, wanted) / block) * block);
}
