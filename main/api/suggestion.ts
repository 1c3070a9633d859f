// What a model suggests to a reader: the class that it decides for, as a class of the project, and what its rules say of the case.

import { applyRules, predictedClass, type Suggestion, type Verdict } from "../../preload/contract/index.ts";
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
  const said = { classes: classes.map(({ name }) => name), probabilities, predicted: index };
  const rules = verdictOn(project, { modelId, imageId }, said);
  return { modelId, classId, className, probability: probabilities[index] ?? 0, rules };
}

function verdictOn(
  project: Project,
  { modelId, imageId }: { modelId: string; imageId: string },
  said: { classes: readonly string[]; probabilities: readonly number[]; predicted: number },
): Verdict | null {
  const live = project.rules.live(modelId);
  if (live.length === 0) return null;
  const { tags, modality } = project.images.get(imageId);
  const known = Object.fromEntries(tags.map(({ name, value }) => [name, value]));
  return applyRules(live, { ...said, tags: { ...known, Modality: modality } });
}
