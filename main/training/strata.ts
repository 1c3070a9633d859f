// Training cases by group of patients and class, so that no combination is drowned by the others.
//
// A model that does well on average may have learnt the group instead of the finding, or nothing of a group that is rare. Where every combination counts
// as much as every other, whatever its size, neither pays (Sagawa et al. 2020, https://arxiv.org/abs/1911.08731; Idrissi et al. 2022, https://arxiv.org/abs/2110.14503).
import { AppError, GROUP_TAGS, groupValue } from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import type { SnapshotItem } from "./dataset.ts";

export interface Strata {
  /** Combinations that have a case. */
  readonly count: number;
  /** Of each case, from 0. */
  readonly of: Uint16Array;
  /** What a case counts, by stratum: 1 on average over all cases, the same in all for every stratum. */
  readonly weights: readonly number[];
}

/** `groups`: the group of each case under any name. */
export function strataOf(groups: readonly string[], classIndex: ArrayLike<number>): Strata {
  const places = new Map<string, number>();
  const sizes: number[] = [];
  const of = Uint16Array.from(groups, (group, i) => {
    const key = `${classIndex[i]} ${group}`;
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    sizes[place] = (sizes[place] ?? 0) + 1;
    return place;
  });
  return { count: sizes.length, of, weights: sizes.map((size) => groups.length / (sizes.length * size)) };
}

/**
 * The group of each item by attributes joined by commas, as a recipe has them; who is not known is a group too. Errors: app/invalid-input where nobody is known.
 */
export function groupsOf(
  project: Project,
  snapshotId: string,
  items: readonly Pick<SnapshotItem, "imageId">[],
  groupBy: string,
): string[] {
  const by = groupBy.split(",");
  const facts = (["train", "validation"] as const).flatMap((part) =>
    project.snapshots.facts(snapshotId, part, GROUP_TAGS),
  );
  const byImage = new Map(facts.map((one) => [one.imageId, one]));
  const values = items.map(({ imageId }) => by.map((attribute) => groupValue(attribute, byImage.get(imageId)!)));
  if (values.every((own) => own.every((value) => value === ""))) {
    throw new AppError(
      "app/invalid-input",
      "Of no training image anything is known that its groups could go by: choose other groups, or none.",
    );
  }
  return values.map((own) => JSON.stringify(own));
}
