// Which cases of an evaluation a person looks at: all, worst first, or those behind one cell of the confusion matrix.
import type { Case, Evaluation } from "../../../preload/contract/index.ts";
import type { ConfusionCell } from "../../ui/plots/ConfusionMatrix.tsx";

/** Order of the evaluation (worst first) is kept. */
export function casesOf(evaluation: Pick<Evaluation, "cases">, cell: ConfusionCell | null): Case[] {
  if (cell === null) return evaluation.cases;
  return evaluation.cases.filter(({ truth, predicted }) => truth === cell.truth && predicted === cell.predicted);
}
