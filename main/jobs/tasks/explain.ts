// Maps and what can be said of them. ONNX Runtime holds the thread that runs it: so even one map is a child's work.

import type {
  Explanation,
  ExplanationReport,
  FileExplanation,
  Neighbourhood,
  TrustFigures,
  TrustReport,
} from "../../../preload/contract/index.ts";
import { checkMap, explain } from "../../explanation/explain.ts";
import { checkFile, explainFile } from "../../explanation/explain-file.ts";
import { nearestImages } from "../../explanation/neighbours.ts";
import { explainPart } from "../../explanation/over-part.ts";
import { readModelFile } from "../../training/model-file.ts";
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

export async function explainFromFile(
  { kind: _, path, ...task }: TaskOf<"explain-file">,
  { project, signal }: TaskContext,
): Promise<FileExplanation> {
  const { onnx } = await readModelFile(path);
  return explainFile({ ...task, onnx, project, signal });
}

export async function checkFromFile(
  { kind: _, path, ...task }: TaskOf<"explain-file-check">,
  { project, signal, progress }: TaskContext,
): Promise<TrustFigures> {
  const { onnx } = await readModelFile(path);
  return checkFile({ ...task, onnx, project, signal, onProgress: progress });
}

export async function explainOverPart(
  { kind: _, ...task }: TaskOf<"explain-part">,
  { project, signal, progress }: TaskContext,
): Promise<ExplanationReport> {
  const report = await explainPart({ ...task, project, signal, onProgress: progress });
  project.models.saveExplanationReport(report);
  return report;
}
