// Nothing is called good that lost more than the user allowed.
import type { CompressionReport } from "../../preload/contract/index.ts";

type Cost = CompressionReport["before"];

/** Why a compressed model is refused: which limit and by how much. Empty when it is accepted. */
export function refusal(before: Cost, after: Cost, maxAucDrop: number): string {
  const drop = before.auc - after.auc;
  if (drop > maxAucDrop) {
    return `The AUC fell by ${drop.toFixed(4)} (from ${before.auc.toFixed(4)} to ${after.auc.toFixed(4)}); the limit is ${maxAucDrop}.`;
  }
  if (after.bytes >= before.bytes) {
    return `The model did not become smaller: ${before.bytes} bytes before, ${after.bytes} after.`;
  }
  return "";
}
