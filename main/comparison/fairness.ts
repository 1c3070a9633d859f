// How one model does for one group of patients and for another.
//
// One class is asked about; all others together are its opposite. Groups are the values of one attribute, or of several crossed. A group below the
// minimum is counted and not judged: its figures would say more about chance, and about a person, than about the model.
//
// Demographic parity: Dwork et al., ITCS 2012. Equal opportunity and equalised odds: Hardt, Price and Srebro, NIPS 2016. As differences between the
// largest and the smallest group: Agarwal et al., ICML 2018. Proportions have Wilson's interval, AUCs DeLong's, differences a percentile bootstrap
// over patients. A largest difference of many groups is above 0 by chance alone: its interval says by how much.
import {
  AppError,
  applyRules,
  type Evaluation,
  type FairnessDifference,
  type FairnessGroup,
  type FairnessReport,
  type GroupFigures,
  leavesTheModel,
  type Rule,
} from "../../preload/contract/index.ts";
import { bootstrapAll } from "../labels/agreement/bootstrap.ts";
import { ascending, aucDeLong, calibrate, weightedAuc, wilson } from "../models/metrics.ts";
import { chooseGroupThresholds, judgeGroupThresholds } from "./group-thresholds.ts";
import { availableIn, type CaseFacts, divide, requireQuestions, tagsOf } from "./groups.ts";

const SEED = 1;
const RESAMPLES = 1000;

export interface FairnessSettings {
  /** Attributes that make the groups, crossed; none for the whole part alone. */
  readonly by: readonly string[];
  /** Cases that a group needs to be judged. */
  readonly minimum: number;
  /** Class index; default: the second of two, the first of more. */
  readonly positive?: number;
  /** The validation part as the model answers it, and its facts: what thresholds of groups are chosen on; none without. */
  readonly chosenOn?: readonly [evaluation: Evaluation, facts: ReadonlyMap<string, CaseFacts>];
  /** Rules that are applied to the model's answers; they are counted in each group. */
  readonly rules?: readonly Rule[];
}

interface Case {
  readonly truth: boolean;
  readonly predicted: boolean;
  /** Probability of the positive class. */
  readonly score: number;
  readonly patient: string;
  /** Places of the rules that catch it, and of those that cannot be decided. */
  readonly caught: readonly number[];
  readonly undecided: readonly number[];
  readonly leaves: boolean;
}

/**
 * `facts`: of every case of the evaluation. `questions`: their words by id. Same input, same figures. Errors: app/invalid-input for a class that is
 * not there or a question that nobody knows; app/not-found for a case without facts.
 */
export function auditFairness(
  evaluation: Evaluation,
  facts: ReadonlyMap<string, CaseFacts>,
  questions: ReadonlyMap<string, string>,
  { by, minimum, positive = evaluation.classes.length === 2 ? 1 : 0, rules = [], chosenOn }: FairnessSettings,
): FairnessReport {
  if (positive >= evaluation.classes.length) {
    const found = `Expected a class index below ${evaluation.classes.length}, found ${positive}.`;
    throw new AppError("app/invalid-input", found);
  }
  requireQuestions(by, questions);
  const known = evaluation.cases.map(({ imageId }) => {
    const found = facts.get(imageId);
    if (found === undefined) throw new AppError("app/not-found", "An image of the evaluation is not in the project.");
    return found;
  });
  const classes = evaluation.classes.map(({ name }) => name);
  const placeOf = new Map(rules.map(({ id }, place) => [id, place]));
  const cases = evaluation.cases.map(({ imageId, truth, predicted, probabilities }, i): Case => {
    const verdict = applyRules(rules, { tags: tagsOf(known[i]), classes, probabilities, predicted });
    const placesOf = (wanted: "caught" | "undecided"): number[] =>
      verdict.rules.filter(({ result }) => result === wanted).map(({ id }) => placeOf.get(id)!);
    return {
      truth: truth === positive,
      predicted: predicted === positive,
      score: probabilities[positive],
      patient: known[i].patient || `\0${imageId}`,
      caught: placesOf("caught"),
      undecided: placesOf("undecided"),
      leaves: leavesTheModel(verdict.outcome),
    };
  });
  const divided = divide(known, by);
  const all = cases.map((_, i) => i);
  const groups = divided.map(({ values, members }) => groupOf(values, members, cases, minimum, rules.length));
  return {
    modelId: evaluation.modelId,
    part: evaluation.part,
    by: [...by],
    minimum,
    positive,
    available: availableIn(known, questions),
    rules: rules.map(({ id, name, action }) => ({ id, name, action })),
    overall: groupOf([], all, cases, 1, rules.length),
    groups,
    differences: differencesOf(
      cases,
      divided.map(({ members }) => members),
      groups,
    ),
    thresholds: judgeGroupThresholds(evaluation, facts, by, {
      ...{ groups, positive },
      thresholds: chosenOn ? chooseGroupThresholds(...chosenOn, by, minimum) : new Map(),
    }),
    worst: worstOf(groups),
  };
}

function groupOf(
  values: string[],
  members: readonly number[],
  cases: readonly Case[],
  minimum: number,
  rules: number,
): FairnessGroup {
  const own = members.map((i) => cases[i]);
  return {
    values,
    cases: own.length,
    patients: new Set(own.map(({ patient }) => patient)).size,
    positives: own.filter(({ truth }) => truth).length,
    figures: own.length < minimum ? null : figuresOf(own),
    rules: rules === 0 ? null : countedBy(rules, own, minimum),
  };
}

function countedBy(rules: number, own: readonly Case[], minimum: number): FairnessGroup["rules"] {
  const counts = (of: "caught" | "undecided"): number[] => {
    const found = new Array<number>(rules).fill(0);
    for (const one of own) for (const place of one[of]) found[place]++;
    return found;
  };
  const left = own.filter(({ leaves }) => !leaves);
  return {
    caught: counts("caught"),
    undecided: counts("undecided"),
    left: left.length,
    figures: left.length < minimum || left.length === 0 ? null : figuresOf(left),
  };
}

function figuresOf(own: readonly Case[]): GroupFigures {
  const share = (of: (one: Case) => boolean, among: (one: Case) => boolean = () => true): GroupFigures["accuracy"] => {
    const counted = own.filter(among);
    return counted.length === 0 ? null : wilson(counted.filter(of).length, counted.length);
  };
  const mean = (of: (one: Case) => number): number => own.reduce((sum, one) => sum + of(one), 0) / own.length;
  const truth = own.map((one) => one.truth);
  return {
    auc: aucDeLong(
      truth,
      own.map(({ score }) => score),
    ),
    accuracy: share((one) => one.predicted === one.truth),
    sensitivity: share(
      (one) => one.predicted,
      (one) => one.truth,
    ),
    specificity: share(
      (one) => !one.predicted,
      (one) => !one.truth,
    ),
    ppv: share(
      (one) => one.truth,
      (one) => one.predicted,
    ),
    selectionRate: share((one) => one.predicted),
    brier: mean((one) => (one.score - Number(one.truth)) ** 2),
    ece: calibrate(
      own.map(({ score }) => score),
      truth,
    ).ece,
    bias: mean((one) => one.score - Number(one.truth)),
  };
}

/** Of one group in one draw of the patients; null where there is nobody to count. */
interface Rates {
  readonly selected: number | null;
  readonly truePositive: number | null;
  readonly falsePositive: number | null;
  readonly auc: number | null;
}

/** A group's cases as the bootstrap counts them; sorted once for all draws. */
interface Members {
  readonly cases: readonly Case[];
  readonly scores: Float64Array;
  readonly truth: readonly number[];
  readonly order: Uint32Array;
  /** How often each is in the draw. */
  readonly weights: Uint16Array;
}

function membersOf(own: readonly Case[]): Members {
  const scores = Float64Array.from(own, ({ score }) => score);
  const truth = own.map((one) => Number(one.truth));
  return { cases: own, scores, truth, order: ascending(scores), weights: new Uint16Array(own.length) };
}

function ratesOf({ cases, scores, truth, order, weights }: Members): Rates {
  let [drawn, positives, selected, found] = [0, 0, 0, 0];
  for (const [i, one] of cases.entries()) {
    drawn += weights[i];
    if (one.truth) positives += weights[i];
    if (one.predicted) selected += weights[i];
    if (one.truth && one.predicted) found += weights[i];
  }
  const ratio = (count: number, among: number): number | null => (among === 0 ? null : count / among);
  return {
    selected: ratio(selected, drawn),
    truePositive: ratio(found, positives),
    falsePositive: ratio(selected - found, drawn - positives),
    auc: positives === 0 || positives === drawn ? null : weightedAuc(order, scores, truth, 1, weights),
  };
}

interface Spread {
  readonly value: number;
  readonly highest: number;
  readonly lowest: number;
}

function spreadOf(rates: readonly (number | null)[]): Spread | null {
  let [highest, lowest] = [-1, -1];
  let counted = 0;
  for (const [i, rate] of rates.entries()) {
    if (rate === null) continue;
    counted++;
    if (highest < 0 || rate > rates[highest]!) highest = i;
    if (lowest < 0 || rate < rates[lowest]!) lowest = i;
  }
  return counted < 2 ? null : { value: rates[highest]! - rates[lowest]!, highest, lowest };
}

const KINDS = ["demographicParity", "equalOpportunity", "equalisedOdds", "auc"] as const;

function spreads(rates: readonly (Rates | null)[]): (Spread | null)[] {
  const of = (kind: keyof Rates): Spread | null => spreadOf(rates.map((one) => one?.[kind] ?? null));
  const [found, alarmed] = [of("truePositive"), of("falsePositive")];
  const odds = found === null || alarmed === null ? (found ?? alarmed) : found.value >= alarmed.value ? found : alarmed;
  return [of("selected"), found, odds, of("auc")];
}

function differencesOf(
  cases: readonly Case[],
  divided: readonly (readonly number[])[],
  groups: readonly FairnessGroup[],
): FairnessReport["differences"] {
  const judged = divided.map((members, g) =>
    groups[g].figures === null ? null : membersOf(members.map((i) => cases[i])),
  );
  const placeOf = new Map<number, readonly [group: Members, place: number]>();
  for (const [g, members] of divided.entries()) {
    const group = judged[g];
    if (group !== null) for (const [place, i] of members.entries()) placeOf.set(i, [group, place]);
  }
  const spreadsOf = (chosen: Iterable<number>): (Spread | null)[] => {
    for (const group of judged) group?.weights.fill(0);
    for (const i of chosen) {
      const found = placeOf.get(i);
      if (found !== undefined) found[0].weights[found[1]]++;
    }
    return spreads(judged.map((group) => group && ratesOf(group)));
  };
  const found = spreadsOf(cases.keys());
  const none = found.every((spread) => spread === null);
  const estimates = none
    ? []
    : bootstrapAll(unitsOf(cases), (chosen) => spreadsOf(chosen).map((spread) => spread?.value ?? null), {
        seed: SEED,
        resamples: RESAMPLES,
        method: "percentile",
      });
  const entries = KINDS.map((kind, k): [string, FairnessDifference] => {
    const spread = found[k];
    return [kind, spread && { ...spread, low: estimates[k]?.low ?? null, high: estimates[k]?.high ?? null }];
  });
  return Object.fromEntries(entries) as unknown as FairnessReport["differences"];
}

/** Cases that are drawn together: those of a patient. */
function unitsOf(cases: readonly Case[]): number[][] {
  const units = new Map<string, number[]>();
  for (const [i, { patient }] of cases.entries()) {
    const unit = units.get(patient);
    if (unit === undefined) units.set(patient, [i]);
    else unit.push(i);
  }
  return [...units.values()];
}

function worstOf(groups: readonly FairnessGroup[]): number | null {
  const figure = groups.some(({ figures }) => figures?.auc) ? "auc" : "accuracy";
  let worst: number | null = null;
  for (const [i, { figures }] of groups.entries()) {
    const value = figures?.[figure]?.value;
    if (value !== undefined && (worst === null || value < groups[worst].figures![figure]!.value)) worst = i;
  }
  return worst;
}
