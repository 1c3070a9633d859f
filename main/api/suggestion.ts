// What a model suggests to a reader: the class that it decides for, as a class of the project.

import { predictedClass, type Suggestion } from "../../preload/contract/index.ts";
import type { Supervisor } from "../jobs/supervisor.ts";
import type { Project } from "../project/index.ts";

/** Throws app/not-found, imaging/*. */
export async function suggestionOf(
  project: Project,
  jobs: Supervisor,
  { modelId, imageId }: { modelId: string; imageId: string },
): Promise<Suggestion> {
  const { classes, threshold } = project.models.get(modelId);
  const [probabilities = []] = await jobs.call<"predict">({ kind: "predict", modelId, imageIds: [imageId] });
  const index = predictedClass(probabilities, threshold);
  const className = classes[index]?.name ?? "";
  const classId = project.labels.classes().find(({ name }) => name === className)?.id ?? null;
  return { modelId, classId, className, probability: probabilities[index] ?? 0 };
}
