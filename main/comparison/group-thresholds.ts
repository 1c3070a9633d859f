// A threshold for each group, chosen on validation and then frozen: what the model would do for a group if it were decided at the group's own place.
//
// Scores of a group that are all shifted rank its cases as well as before, but one threshold for everybody decides them wrongly. Thresholds by group are the
// remedy that needs no training (Hardt, Price and Srebro, NIPS 2016); here each is the place where the group's smoothed Youden index is largest. They are
// measured, not applied: whether a group may be treated by another threshold is for people to decide.
import type { Evaluation, GroupThreshold } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/index.ts";
import { chooseThreshold, wilson } from "../models/metrics.ts";
import { type CaseFacts, divide } from "./groups.ts";

type Cases = Pick<Evaluation, "classes" | "cases">;

/**
 * By the values of `by` as JSON. Groups with fewer than `minimum` cases, or with one truth alone, have none; nobody has one with other than two classes.
 */
export function chooseGroupThresholds(
  validation: Cases,
  facts: ReadonlyMap<string, CaseFacts>,
  by: readonly string[],
  minimum: number,
): Map<string, number> {
  if (validation.classes.length !== 2) return new Map();
  const chosen = new Map<string, number>();
  for (const { values, members } of divide(factsOf(validation, facts), by)) {
    const own = members.map((i) => validation.cases[i]!);
    const truths = new Set(own.map(({ truth }) => truth));
    if (own.length >= minimum && truths.size === 2) chosen.set(JSON.stringify(values), chooseThreshold(own));
  }
  return chosen;
}

/** What each threshold does to the cases of a part; null for groups without one, in the order of `groups`. */
export function judgeGroupThresholds(
  part: Cases,
  facts: ReadonlyMap<string, CaseFacts>,
  by: readonly string[],
  {
    groups,
    thresholds,
    positive,
  }: {
    groups: readonly { readonly values: readonly string[] }[];
    thresholds: ReadonlyMap<string, number>;
    positive: number;
  },
): (GroupThreshold | null)[] {
  const members = new Map(
    divide(factsOf(part, facts), by).map(({ values, members }) => [JSON.stringify(values), members]),
  );
  return groups.map(({ values }) => {
    const key = JSON.stringify(values);
    const threshold = thresholds.get(key);
    if (threshold === undefined) return null;
    const own = members.get(key)!.map((i) => {
      const { truth, probabilities } = part.cases[i]!;
      const predicted = probabilities[1]! > threshold ? 1 : 0;
      return { truth: truth === positive, right: predicted === truth };
    });
    const share = (truth: boolean | null): GroupThreshold["accuracy"] => {
      const counted = own.filter((one) => truth === null || one.truth === truth);
      return counted.length === 0 ? null : wilson(counted.filter(({ right }) => right).length, counted.length);
    };
    return { threshold, accuracy: share(null), sensitivity: share(true), specificity: share(false) };
  });
}

function factsOf({ cases }: Cases, facts: ReadonlyMap<string, CaseFacts>): CaseFacts[] {
  return cases.map(({ imageId }) => {
    const found = facts.get(imageId);
    if (found === undefined) throw new AppError("app/not-found", "An image of the evaluation is not in the project.");
    return found;
  });
}
