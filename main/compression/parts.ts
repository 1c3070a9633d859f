// Which images a compression learns from and which it is judged on: some of the training part, all of the validation part, none of the test part.
import { AppError, type Model } from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import type { SnapshotItem } from "../training/dataset.ts";
import { itemsOfRun } from "../training/folds.ts";

/** Ranges and importances hardly move after this many images. */
const TRAINING_IMAGES = 256;

/** Errors: snapshot/part-empty without a validation image. */
export function partsOf(project: Project, model: Model): { training: SnapshotItem[]; validation: SnapshotItem[] } {
  const items = itemsOfRun(project, model.snapshotId, project.runs.get(model.runId).recipe);
  const training = spread(
    items.filter(({ part }) => part === "train"),
    TRAINING_IMAGES,
  );
  const validation = items.filter(({ part }) => part === "validation");
  if (validation.length > 0) return { training, validation };
  throw new AppError(
    "snapshot/part-empty",
    "The validation part of this snapshot has no image, so nothing can be compared.",
  );
}

/** At most `count` items, evenly over the list, so that every class and patient has its share. */
function spread(items: readonly SnapshotItem[], count: number): SnapshotItem[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor(i * step)]!);
}
