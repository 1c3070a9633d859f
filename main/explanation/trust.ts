// How far a map can be believed: does it depend on what the model learnt, do its pixels move the answer, does it hold under noise?
import type { TrustFigures } from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import { createRandom } from "../models/random.ts";
import { Explainer, type Question, type RawMap } from "./explainer.ts";
import { blurred, type Method, mapOf, meanValue, rangeOf } from "./maps.ts";
import { learntLayers, randomised } from "./randomisation.ts";
import { resampleBilinear } from "./resample.ts";

/** Steps of the cascade; layers share one where there are more. */
const CASCADE_STEPS = 8;
/** Draws of a model that has forgotten everything: one may look alike by chance. */
const FORGOTTEN_DRAWS = 3;
/** Above this mean rank correlation with maps of models that know nothing, a map fails. */
export const RANDOMISATION_LIMIT = 0.5;
/** Steps from the whole picture to none of it. */
const CURVE_STEPS = 32;
/** Noise as part of the picture's range, and how often it is drawn. */
const STABILITY_NOISE = 0.05;
const STABILITY_DRAWS = 4;

export interface TrustRequest {
  readonly explainer: Explainer;
  readonly image: Float32Array;
  readonly question: Question;
  readonly method: Method;
  readonly map: RawMap;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal;
  onStep?(done: number, total: number): void;
}

/** Runs the method some fifteen times, on models drawn anew and on noisy pictures. Errors: app/aborted. */
export async function trustOf(request: TrustRequest): Promise<TrustFigures> {
  const { explainer, image, question, method, seed } = request;
  const layers = learntLayers(explainer.differentiable);
  const steps = cascadeOf(layers);
  const total = steps.length + FORGOTTEN_DRAWS - 1 + STABILITY_DRAWS + 1;
  let done = 0;
  const onStep = () => request.onStep?.(++done, total);
  const original = flat(request.map, explainer);

  const cascade: TrustFigures["cascade"] = [];
  for (const names of steps) {
    const similarity = await similarityAfter(request, original, names, seed);
    cascade.push({ layers: layers.filter(([first]) => names.includes(first!)).length, similarity });
    onStep();
  }
  const forgotten = cascade.length > 0 ? [cascade.at(-1)!.similarity] : [];
  for (let draw = 1; draw < FORGOTTEN_DRAWS && forgotten.length > 0; draw++) {
    forgotten.push(await similarityAfter(request, original, steps.at(-1)!, seed + draw));
    onStep();
  }
  const randomisation = forgotten.length > 0 ? mean(forgotten) : null;

  const stable: number[] = [];
  const random = createRandom(seed, 4);
  const deviation = STABILITY_NOISE * rangeOf(image);
  for (let draw = 0; draw < STABILITY_DRAWS; draw++) {
    const noisy = image.map((value) => value + deviation * random.normal());
    stable.push(
      rankCorrelation(original, flat(await mapOf(method, { explainer, image: noisy, question, seed }), explainer)),
    );
    onStep();
  }

  const order = Uint32Array.from(original, (_, i) => i).sort((a, b) => original[b]! - original[a]!);
  const anyOrder = createRandom(seed, 5).shuffle(Uint32Array.from(original, (_, i) => i));
  const figures = {
    deletion: await curveArea(request, order, "deletion"),
    insertion: await curveArea(request, order, "insertion"),
    randomDeletion: await curveArea(request, anyOrder, "deletion"),
    randomInsertion: await curveArea(request, anyOrder, "insertion"),
  };
  onStep();
  return {
    randomisation,
    passed: randomisation === null ? null : randomisation <= RANDOMISATION_LIMIT,
    cascade,
    stability: mean(stable),
    ...figures,
  };
}

/** Learnt constants of the first layers from the answer back, a longer list at each step. */
function cascadeOf(layers: readonly string[][]): string[][] {
  const count = Math.min(CASCADE_STEPS, layers.length);
  return Array.from({ length: count }, (_, step) =>
    layers.slice(0, Math.round(((step + 1) * layers.length) / count)).flat(),
  );
}

async function similarityAfter(
  { explainer, image, question, method, seed, threads, signal }: TrustRequest,
  original: Float32Array,
  names: readonly string[],
  draw: number,
): Promise<number> {
  const graph: Graph = randomised(explainer.differentiable, names, draw);
  const other = new Explainer({ graph, threads, signal });
  try {
    return Math.abs(
      rankCorrelation(original, flat(await mapOf(method, { explainer: other, image, question, seed }), explainer)),
    );
  } finally {
    await other.dispose();
  }
}

/**
 * Area under the score while pixels go (to the picture's mean) or come (over the blurred picture) in this order (Petsiuk et al. 2018), by the trapezoidal
 * rule, 0 to 1.
 */
async function curveArea(
  { explainer, image, question }: TrustRequest,
  order: Uint32Array,
  kind: "deletion" | "insertion",
): Promise<number> {
  const { rows, columns, channels } = explainer;
  const plane = rows * columns;
  const fill = meanValue(image);
  const picture = new Float32Array(image.length);
  for (let channel = 0; channel < channels; channel++) {
    const own = image.subarray(channel * plane, (channel + 1) * plane);
    picture.set(kind === "deletion" ? own : blurred(own, rows, columns), channel * plane);
  }
  const pictures = new Float32Array((CURVE_STEPS + 1) * image.length);
  pictures.set(picture);
  for (let step = 1; step <= CURVE_STEPS; step++) {
    const from = Math.round(((step - 1) * plane) / CURVE_STEPS);
    const to = Math.round((step * plane) / CURVE_STEPS);
    for (const pixel of order.subarray(from, to)) {
      for (let at = pixel; at < image.length; at += plane) picture[at] = kind === "deletion" ? fill : image[at]!;
    }
    pictures.set(picture, step * image.length);
  }
  const scores = await explainer.scores(pictures, question);
  const ends = (scores[0]! + scores.at(-1)!) / 2;
  return (scores.reduce((sum, score) => sum + score, 0) - ends) / CURVE_STEPS;
}

/** Every map over the model's input, so that maps of all methods are compared alike. */
function flat(map: RawMap, { rows, columns }: Explainer): Float32Array {
  return map.rows === rows && map.columns === columns
    ? map.values
    : resampleBilinear(map.values, map, { rows, columns });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Spearman's, ties at their mean rank; 0 where one side is constant, which says nothing. */
export function rankCorrelation(a: Float32Array, b: Float32Array): number {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [u, v] = [x[i]! - middle, y[i]! - middle];
    xy += u * v;
    xx += u * u;
    yy += v * v;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

function ranks(values: Float32Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let k = start; k < end; k++) result[order[k]!] = (start + end - 1) / 2;
    start = end;
  }
  return result;
}
