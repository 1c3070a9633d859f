// Which points no other beats: better in one figure and no worse in the other.

export type Better = "higher" | "lower";

/**
 * Indices of the points on the front, from the best `x` on. Of points that are equal in both figures all are on it.
 * Kung, Luccio and Preparata 1975: after sorting by one figure, a point is on the front when none before it was as good in the other.
 */
export function paretoFront(points: readonly { x: number; y: number }[], better: { x: Better; y: Better }): number[] {
  const signX = better.x === "lower" ? 1 : -1;
  const signY = better.y === "lower" ? 1 : -1;
  const costs = points.map(({ x, y }) => [signX * x, signY * y] as const);
  const order = costs.map((_, i) => i).sort((a, b) => costs[a][0] - costs[b][0] || costs[a][1] - costs[b][1]);
  const front: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const i of order) {
    const [x, y] = costs[i];
    const last = front.at(-1);
    const equal = last !== undefined && costs[last][0] === x && costs[last][1] === y;
    if (y < least || equal) front.push(i);
    least = Math.min(least, y);
  }
  return front;
}
