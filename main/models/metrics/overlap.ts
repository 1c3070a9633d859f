// How far masks agree: Dice and Jaccard of each class, counted over pixels.
//
// Dice = 2 TP / (2 TP + FP + FN) (Dice 1945), Jaccard = TP / (TP + FP + FN). A class that is neither there nor found agrees fully.

/** Pixels of each class: found and there, found only, there only. */
export interface OverlapCounts {
  readonly both: Float64Array;
  readonly found: Float64Array;
  readonly there: Float64Array;
}

export function emptyCounts(classes: number): OverlapCounts {
  return { both: new Float64Array(classes), found: new Float64Array(classes), there: new Float64Array(classes) };
}

/** Adds an image's pixels; a truth below 0 is unknown and does not count. */
export function addCounts(
  { both, found, there }: OverlapCounts,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
): void {
  for (let i = 0; i < truth.length; i++) {
    const [p, t] = [predicted[i]!, truth[i]!];
    if (t < 0) continue;
    if (p === t) both[t]!++;
    else {
      found[p]!++;
      there[t]!++;
    }
  }
}

export function dice({ both, found, there }: OverlapCounts, classIndex: number): number {
  const all = 2 * both[classIndex]! + found[classIndex]! + there[classIndex]!;
  return all === 0 ? 1 : (2 * both[classIndex]!) / all;
}

export function jaccard({ both, found, there }: OverlapCounts, classIndex: number): number {
  const all = both[classIndex]! + found[classIndex]! + there[classIndex]!;
  return all === 0 ? 1 : both[classIndex]! / all;
}
