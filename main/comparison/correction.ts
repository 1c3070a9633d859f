// Many comparisons at once: with twenty tests one is "significant" at 5 % by chance alone. Adjusted p values say what is left.
//
// Holm keeps the chance of any false finding below the level (Scandinavian Journal of Statistics 6, 1979) and is never weaker than Bonferroni. Benjamini and
// Hochberg keep the expected share of false findings below it (JRSS B 57, 1995). Compare an adjusted value with the level as it is.

/** In the order given; each within [0, 1] and at least the value it came from. */
export function holm(pValues: readonly number[]): number[] {
  const order = ascending(pValues);
  const adjusted = new Array<number>(pValues.length);
  let highest = 0;
  for (const [rank, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = highest;
  }
  return adjusted;
}

/** The same for the false discovery rate, for independent or positively dependent tests. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = ascending(pValues);
  const adjusted = new Array<number>(pValues.length);
  let lowest = 1;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const i = order[rank];
    lowest = Math.min(lowest, (pValues.length / (rank + 1)) * pValues[i]);
    adjusted[i] = lowest;
  }
  return adjusted;
}

function ascending(values: readonly number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
}
