// Searches: one worker of one, and what is asked before and after.
import { suggestRecipes } from "../../training/recipes.ts";
import { checkPlan, suggestSpace } from "../../training/search/plan.ts";
import { importanceIn, runSearch, runsToLearnFrom } from "../../training/search/run-search.ts";
import type { TaskOf, TaskResults } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function search(
  { searchId, jobId, threads, version }: TaskOf<"search">,
  { project, signal, progress, points, changed }: TaskContext,
): Promise<TaskResults["search"]> {
  await runSearch({
    ...{ project, searchId, jobId, threads, version, signal },
    onProgress: progress,
    onPoints: points,
    onChanged: () => changed("runs"),
  });
  return { searchId };
}

export async function check(
  { plan }: TaskOf<"search-check">,
  { project }: TaskContext,
): Promise<TaskResults["search-check"]> {
  checkPlan(plan);
  return { earlier: runsToLearnFrom(project, plan) };
}

export async function suggest(
  { snapshotId, minutes }: TaskOf<"search-suggest">,
  { project }: TaskContext,
): Promise<TaskResults["search-suggest"]> {
  const { recipe } = (await suggestRecipes(project, snapshotId, { minutes }))[0]!;
  return { recipe, space: suggestSpace(recipe) };
}

export async function importanceOf(
  { searchId }: TaskOf<"search-importance">,
  { project }: TaskContext,
): Promise<TaskResults["search-importance"]> {
  return importanceIn(project, searchId);
}
