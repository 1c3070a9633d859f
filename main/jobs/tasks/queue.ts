// A queue of active learning: the models answer about every image without a label, a strategy and chance choose, a work list comes out.

import {
  AppError,
  DEFAULT_THRESHOLD,
  predictedClass,
  type QueueInput,
  type QueueStrategy,
} from "../../../preload/contract/index.ts";
import { kCentre } from "../../labels/active/k-centre.ts";
import { ranked, shuffled } from "../../labels/active/order.ts";
import { drawQueue } from "../../labels/active/queue.ts";
import { consensusOf, disagreement, uncertainty } from "../../labels/active/scores.ts";
import { predictImages, predictWithFeatures } from "../../training/predict-images.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

/** Labelled images that diversity keeps away from: with all of a large project each choice would take minutes. */
const MOST_CENTRES = 2000;

interface Answers {
  /** of each model, for each image of the pool */
  readonly models: number[][][];
  readonly consensus: number[][];
  readonly features: Float32Array[];
  readonly labelled: Float32Array[];
}

export async function makeQueue(task: TaskOf<"queue">, context: TaskContext): Promise<{ listId: string }> {
  const { project } = context;
  const { strategy, modelIds, count, randomShare, seed, name, readers, readsPerCase, blinded } = task;
  const models = [...new Set(modelIds)].map((id) => project.models.get(id));
  const classes = models[0]!.classes.map((one) => one.name);
  if (models.some((model) => model.classes.map((one) => one.name).join("\n") !== classes.join("\n"))) {
    throw new AppError("active/models-few", "The models of a queue must know the same classes, in the same order.");
  }
  const pool = project.queues.pool(task.filter);
  const answers = await ask({ ...task, modelIds: models.map(({ id }) => id) }, pool, context);
  const threshold = models.length === 1 ? models[0]!.threshold : DEFAULT_THRESHOLD;
  const cases = drawQueue(pool.length, { count, randomShare, seed }, (excluded, wanted) =>
    chosen(strategy, answers, excluded, wanted, seed),
  ).map(({ index, arm }) => ({
    imageId: pool[index]!,
    arm,
    probabilities: answers.consensus[index]!,
    predicted: predictedClass(answers.consensus[index]!, threshold),
  }));
  const about = { name, readers, readsPerCase, blinded, strategy, classes, seed };
  const { id: listId } = project.queues.create({ ...about, cases, modelIds: models.map(({ id }) => id) });
  return { listId };
}

/** What the models say of the pool, and features of it and of labelled images where the strategy compares them (by the first model). */
async function ask(
  { strategy, modelIds, seed }: QueueInput,
  pool: readonly string[],
  context: TaskContext,
): Promise<Answers> {
  const { project, signal } = context;
  const known = strategy === "diversity" ? project.images.ids({ labelled: true }) : [];
  const centres = shuffled(known.length, seed)
    .slice(0, MOST_CENTRES)
    .map((i) => known[i]!);
  const total = pool.length * modelIds.length + centres.length;
  const pace = new Pace();
  let before = 0;
  const request = (modelId: string, imageIds: readonly string[]) => ({
    project,
    modelId,
    imageIds,
    signal,
    onImages: (done: number) => context.progress(pace.at(before + done, total, "images", "predicting")),
  });
  const models: number[][][] = [];
  let features: Float32Array[] = [];
  let labelled: Float32Array[] = [];
  for (const [i, modelId] of modelIds.entries()) {
    if (strategy === "diversity" && i === 0) {
      const said = await predictWithFeatures(request(modelId, pool));
      models.push(said.probabilities);
      features = said.features;
      before += pool.length;
      labelled = (await predictWithFeatures(request(modelId, centres))).features;
      before += centres.length;
    } else {
      models.push(await predictImages(request(modelId, pool)));
      before += pool.length;
    }
  }
  return { models, consensus: consensusOf(models), features, labelled };
}

/** Indices in the pool, best first, without those that chance has taken. */
function chosen(
  strategy: QueueStrategy,
  { models, consensus, features, labelled }: Answers,
  excluded: ReadonlySet<number>,
  wanted: number,
  seed: number,
): number[] {
  if (strategy === "diversity") {
    const free = features.map((_, i) => i).filter((i) => !excluded.has(i));
    const centres = [...labelled, ...[...excluded].map((i) => features[i]!)];
    const order = kCentre(
      free.map((i) => features[i]!),
      centres,
      wanted,
      seed,
    );
    return order.map((i) => free[i]!);
  }
  const scores =
    strategy === "vote-entropy" || strategy === "divergence"
      ? disagreement(strategy, models)
      : uncertainty(strategy, consensus);
  return ranked(scores, seed).filter((i) => !excluded.has(i));
}
