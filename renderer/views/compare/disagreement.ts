// Images on which two models answer differently: where they cannot both be right.
import type { Case, Evaluation } from "../../../preload/contract/index.ts";

export interface Disagreement {
  imageId: string;
  /** Class names. */
  truth: string;
  predicted: [string, string];
  /** Probability each model gave its own answer. */
  confidence: [number, number];
  /** Which of the two was right; both may be wrong with more than two classes. */
  right: "first" | "second" | "neither";
}

export interface Disagreements {
  /** Images that both evaluations contain with the same truth. */
  common: number;
  items: Disagreement[];
}

type Evaluated = Pick<Evaluation, "cases" | "classes">;

/**
 * Most decided disagreement first (sum of both confidences). Classes are compared by id, so snapshots may order them differently;
 * an image whose truth differs between the snapshots is left out, since right and wrong would mean two things.
 */
export function disagreements(first: Evaluated, second: Evaluated): Disagreements {
  const secondById = new Map(second.cases.map((item) => [item.imageId, item]));
  const items: Disagreement[] = [];
  let common = 0;
  for (const a of first.cases) {
    const b = secondById.get(a.imageId);
    if (!b || first.classes[a.truth].id !== second.classes[b.truth].id) continue;
    common++;
    if (first.classes[a.predicted].id === second.classes[b.predicted].id) continue;
    items.push({
      imageId: a.imageId,
      truth: first.classes[a.truth].name,
      predicted: [first.classes[a.predicted].name, second.classes[b.predicted].name],
      confidence: [confidence(a), confidence(b)],
      right: a.predicted === a.truth ? "first" : b.predicted === b.truth ? "second" : "neither",
    });
  }
  items.sort((a, b) => b.confidence[0] + b.confidence[1] - (a.confidence[0] + a.confidence[1]));
  return { common, items };
}

const confidence = (item: Case) => item.probabilities[item.predicted];
