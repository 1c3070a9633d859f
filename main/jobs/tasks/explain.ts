// Maps and what can be said of them. ONNX Runtime holds the thread that runs it: so even one map is a child's work.

import type { Explanation, ExplanationReport, Neighbourhood, TrustReport } from "../../../preload/contract/index.ts";
import { checkMap, explain } from "../../explanation/explain.ts";
import { nearestImages } from "../../explanation/neighbours.ts";
import { explainPart } from "../../explanation/over-part.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function explainImage({ kind: _, ...task }: TaskOf<"explain">, context: TaskContext): Promise<Explanation> {
  return explain({ ...task, project: context.project, signal: context.signal });
}

export function checkExplanation(
  { kind: _, ...task }: TaskOf<"explain-check">,
  { project, signal, progress }: TaskContext,
): Promise<TrustReport> {
  return checkMap({ ...task, project, signal, onProgress: progress });
}

export function findNeighbours(
  { kind: _, ...task }: TaskOf<"explain-nearest">,
  { project, signal, progress }: TaskContext,
): Promise<Neighbourhood> {
  return nearestImages({ ...task, project, signal, onProgress: progress });
}

export async function explainOverPart(
  { kind: _, ...task }: TaskOf<"explain-part">,
  { project, signal, progress }: TaskContext,
): Promise<ExplanationReport> {
  const report = await explainPart({ ...task, project, signal, onProgress: progress });
  project.models.saveExplanationReport(report);
  return report;
}
