// The plots of a report: what each axis is, and which lines stand in it.
import type { Comparison, Evaluation, RunPoint } from "../../../preload/contract/index.ts";
import { precisionRecall } from "../../../preload/contract/index.ts";
import { netBenefit, netBenefitOfAll, THRESHOLDS } from "../decision-curve.ts";
import { type Line, plot } from "./svg.ts";
import type { Words } from "./words.ts";

export interface Named {
  readonly name: string;
  readonly evaluation: Evaluation;
}

const UNIT = { from: 0, to: 1 } as const;
const tenths = (words: Words) => (value: number) => words.decimal(value, 1);

/** One class against the rest, a line for each model. */
export function rocPlot(words: Words, models: readonly Named[], classId: string): string {
  const { own, fill } = words;
  const lines = models.flatMap(({ name, evaluation }): Line[] => {
    const index = evaluation.classes.findIndex(({ id }) => id === classId);
    const points = evaluation.roc.find(({ classIndex }) => classIndex === index)?.points ?? [];
    return [{ name, points: points.map(([x, y]) => [x, y] as const) }];
  });
  const chance: Line = {
    name: own.plot.chance,
    points: [
      [0, 0],
      [1, 1],
    ],
    quiet: true,
  };
  return plot(
    {
      title: fill(own.plot.roc, { class: nameOf(models, classId) }),
      x: { name: own.plot.falsePositive, ...UNIT },
      y: { name: own.plot.truePositive, ...UNIT },
      lines: [chance, ...lines],
    },
    tenths(words),
  );
}

export function precisionRecallPlot(words: Words, models: readonly Named[], classId: string): string {
  const { own, fill } = words;
  const lines = models.flatMap(({ name, evaluation: { classes, cases } }): Line[] => {
    const index = classes.findIndex(({ id }) => id === classId);
    const found = precisionRecall(
      cases.map(({ truth }) => truth === index),
      cases.map(({ probabilities }) => probabilities[index] ?? 0),
    );
    if (found === null) return [];
    const average = words.decimal(found.averagePrecision);
    return [{ name: fill(own.plot.average, { name, average }), points: found.points.map(([x, y]) => [x, y] as const) }];
  });
  return plot(
    {
      title: fill(own.plot.precisionRecall, { class: nameOf(models, classId) }),
      x: { name: own.plot.recall, ...UNIT },
      y: { name: own.plot.precision, ...UNIT },
      lines,
    },
    tenths(words),
  );
}

export function calibrationPlot(words: Words, { calibration }: Evaluation): string {
  const { own } = words;
  const points = calibration.bins
    .filter(({ count }) => count > 0)
    .map(({ confidence, accuracy }) => [confidence, accuracy] as const);
  return plot(
    {
      title: own.plot.calibration,
      x: { name: own.plot.confidence, ...UNIT },
      y: { name: own.plot.shareRight, ...UNIT },
      lines: [
        {
          name: own.plot.perfect,
          points: [
            [0, 0],
            [1, 1],
          ],
          quiet: true,
        },
        { name: own.plot.model, points },
      ],
    },
    tenths(words),
  );
}

/** Net benefit of acting on each model (Vickers and Elkin 2006), beside acting on everybody and on nobody. */
export function decisionPlot(
  words: Words,
  thresholds: readonly number[],
  { all, models }: Comparison["decision"]["classes"][number],
  names: readonly string[],
  className: string,
): string {
  const { own, fill } = words;
  const at = (values: readonly number[]) => values.map((value, i) => [thresholds[i]!, value] as const);
  const best = Math.max(0.01, ...all, ...models.flat());
  const floor = -0.25 * best;
  const shown = (values: readonly number[]) => at(values).filter(([, value]) => value >= floor);
  return plot(
    {
      title: fill(own.plot.decision, { class: className }),
      x: { name: own.plot.threshold, ...UNIT },
      y: { name: own.plot.benefit, from: floor, to: best * 1.05 },
      lines: [
        { name: own.plot.all, points: shown(all), quiet: true },
        { name: own.plot.nobody, points: at(all.map(() => 0)), quiet: true },
        ...models.map((values, i) => ({ name: names[i] ?? "", points: shown(values) })),
      ],
    },
    (value) => words.decimal(value, best < 0.2 ? 2 : 1),
  );
}

export function ownDecisionPlot(words: Words, { cases, classes }: Evaluation): string {
  const positive = cases.map(({ truth }) => truth === 1);
  const scores = cases.map(({ probabilities }) => probabilities[1] ?? 0);
  const curves = { all: netBenefitOfAll(positive), models: [netBenefit(positive, scores)] };
  return decisionPlot(words, THRESHOLDS, curves, [words.own.plot.model], classes[1]!.name);
}

/** One metric of one run over epochs, training and validation. */
export function curvePlot(words: Words, points: readonly RunPoint[], metric: "loss" | "auc" | "accuracy"): string {
  const { own } = words;
  const lines = (["train", "validation"] as const).map(
    (part): Line => ({
      name: own.part[part],
      points: points
        .filter((point) => point.part === part && point.metric === metric)
        .map(({ epoch, value }) => [epoch, value] as const),
    }),
  );
  return plot(
    {
      title: own.plot.metric[metric],
      x: { name: own.plot.epoch, from: 0 },
      y: { name: own.plot.metric[metric] },
      lines,
    },
    words.short,
  );
}

function nameOf(models: readonly Named[], classId: string): string {
  return models[0]?.evaluation.classes.find(({ id }) => id === classId)?.name ?? "";
}
