// From probabilities to a decision, in one place: the studio's evaluations and the program inside the container must decide alike.

/** Where nothing was chosen: of two classes the likelier one. */
export const DEFAULT_THRESHOLD = 0.5;

/**
 * Index of the class that is predicted. Of two classes it is the second where its probability is above `threshold`; of more it is the likeliest, the first of
 * equals, and `threshold` means nothing.
 */
export function predictedClass(probabilities: readonly number[], threshold: number): number {
  if (probabilities.length === 2) return probabilities[1]! > threshold ? 1 : 0;
  return likeliestClass(probabilities);
}

/** The first of the largest. */
export function likeliestClass(probabilities: readonly number[]): number {
  return probabilities.reduce((best, value, i) => (value > probabilities[best]! ? i : best), 0);
}
