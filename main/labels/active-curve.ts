// What the queues of a project have shown so far, round by round and over all: see active/curve.ts for the figures.

import type { ActiveCurve, ActiveFigures, Figure } from "../../preload/contract/index.ts";
import type { QueueRound } from "../project/index.ts";
import { type CurveCase, roundFigures } from "./active/curve.ts";
import type { Estimate } from "./agreement/bootstrap.ts";

/** Labels of each arm from which the gain is worth looking at: with fewer, an interval from resampling is too narrow. */
const ENOUGH = 10;
/** Of the resamples: the same answers give the same intervals. */
const SEED = 1;

export function activeCurveOf(rounds: readonly QueueRound[]): ActiveCurve {
  const all = rounds.flatMap(({ read }) => (read === null ? [] : read.map(curveCase)));
  return {
    rounds: rounds.map(({ read, labelled, seed: _, modelIds, ...round }) => ({
      ...round,
      modelIds: [...modelIds],
      labelledBefore: labelled,
      figures: read && figuresOf(read.map(curveCase)),
    })),
    overall: all.length > 0 ? figuresOf(all) : null,
  };
}

function figuresOf(cases: readonly CurveCase[]): ActiveFigures {
  const { read, ...figures } = roundFigures(cases, SEED);
  const { accuracy, auc, yieldActive, yieldRandom, gain } = figures;
  return {
    read,
    accuracy: figure(accuracy),
    auc: figure(auc),
    yieldActive: figure(yieldActive),
    yieldRandom: figure(yieldRandom),
    gain: figure(gain),
    enough: read.active >= ENOUGH && read.random >= ENOUGH,
  };
}

const figure = (estimate: Estimate | null): Figure =>
  estimate ? { ...estimate } : { value: null, low: null, high: null };

const curveCase = ({ probabilities, ...one }: NonNullable<QueueRound["read"]>[number]): CurveCase => ({
  ...one,
  positive: probabilities.length === 2 ? probabilities[1]! : null,
});
