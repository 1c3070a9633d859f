// A model in a file, whatever it answers with, opened for maps; and the questions that can be asked of masks and boxes.
//
// A class's logits over a region ask why a model that answers with a mask says so there (Vinogradova et al. 2020, Seg-Grad-CAM, https://arxiv.org/abs/2002.11434);
// the logit of one place asks why a detector put its box there. Every map and every trust figure of this room then follows from the question alone.
import { AppError, type FoundRegion, type MapTarget } from "../../preload/contract/index.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import { needed } from "../graph/needed.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { adoptModel, renamed, withBatch } from "../models/adopt.ts";
import { type BoxCorners, intersectionOverUnion, standingBoxes } from "../models/boxes.ts";
import { askClass, type Question } from "./explainer.ts";

export interface FileModel {
  /** Input `image` [N, C, rows, columns]; outputs `logits`, `probabilities` and, of a detector, `boxes`. */
  readonly graph: Graph;
  readonly answers: "class" | "mask" | "boxes";
  readonly classes: number;
  /** Of a mask's or the places' axes, without cases and classes. */
  readonly dims: readonly number[];
}

/**
 * Classifiers [N, K], class maps [N, K, ...size], and detectors with scores [N, P, K] and boxes [N, P, 4] as corners, left, top, right, bottom, in input pixels or in
 * parts of the input. Errors: graph/invalid, graph/operator-unknown, model/not-adoptable, explanation/not-possible.
 */
export function openFileModel(onnx: Uint8Array): FileModel {
  const graph = readOnnx(onnx);
  const boxes = detectorOf(graph);
  if (boxes) return boxes;
  const model = adoptModel(graph);
  const { output } = model;
  const logits = model.graph.outputs.find(({ name }) => name === "logits")!;
  const dims = logits.shape.slice(1).map(Number);
  if (output.kind === "mask") return { graph: model.graph, answers: "mask", classes: output.classes, dims };
  if (output.kind === "class" || output.kind === "labels") {
    return { graph: model.graph, answers: "class", classes: dims[0]!, dims };
  }
  throw new AppError("explanation/not-possible", `Maps of answers with ${output.kind} are not made.`);
}

function detectorOf(given: Graph): FileModel | null {
  const [input] = given.inputs;
  const answers = given.outputs.filter(({ shape, type }) => shape.length === 3 && type === "float32");
  const boxesOf = answers.find(({ name }) => name === "boxes") ?? answers.find(({ shape }) => shape[2] === 4);
  const scoresOf =
    answers.find(({ name }) => name === "logits") ??
    answers.find((one) => one !== boxesOf && one.shape[1] === boxesOf?.shape[1]);
  if (!input || given.inputs.length !== 1 || input.shape.length !== 4 || !boxesOf || !scoresOf) return null;
  const graph = withBatch(renamed(given, new Map([[input.name, "image"]])), "image");
  const at = (index: number) => graph.outputs[index]!.name;
  const b = GraphBuilder.from(graph, { outputs: false });
  const scores = b.value(at(given.outputs.indexOf(scoresOf)));
  const boxes = b.value(at(given.outputs.indexOf(boxesOf)));
  const [places, classes] = scores.shape.slice(1);
  if (typeof places !== "number" || typeof classes !== "number") {
    throw new AppError(
      "explanation/not-possible",
      `Maps of boxes need a fixed number of places; the scores are [${scores.shape.join(", ")}]. Export the model without its non-maximum suppression.`,
    );
  }
  const own = given.outputs.findIndex(({ name, shape }) => name === "probabilities" && shape.length === 3);
  const squashed = graph.nodes.find(({ outputs, op }) => outputs.includes(scores.name) && op === "Sigmoid");
  const logits = squashed ? b.value(squashed.inputs[0]!) : scores;
  b.output(b.as("logits").identity(logits));
  b.output(b.as("probabilities").identity(own >= 0 ? b.value(at(own)) : b.sigmoid(logits)));
  b.output(boxes.name === "boxes" ? boxes : b.as("boxes").identity(boxes));
  return { graph: needed(b.build()), answers: "boxes", classes, dims: [places, classes] };
}

export interface AnswerAtHand {
  readonly model: FileModel;
  /** Of one picture. */
  readonly probabilities: Float32Array;
  /** [P, 4] in input pixels; of a detector. */
  readonly boxes: Float32Array | null;
  /** Of the model's input and of the frame: where a region of the frame lies in the answer. */
  readonly input: { readonly rows: number; readonly columns: number };
  readonly frame: { readonly rows: number; readonly columns: number };
}

/** What the model found, in pixels of the frame: of a mask each class's pixels, class 0 being the background; of a detector its boxes, the likeliest first. */
export function foundIn(at: AnswerAtHand): FoundRegion[] {
  const { model, probabilities, boxes, input, frame } = at;
  const [tall, wide] = [frame.rows / input.rows, frame.columns / input.columns];
  if (model.answers === "boxes") {
    return standingBoxes(probabilities, boxes!, model.classes).map(({ classIndex, score, box }) => {
      const [left, top, right, bottom] = box;
      const place = { x: left * wide, y: top * tall, width: (right - left) * wide, height: (bottom - top) * tall };
      return { classIndex, score, ...place };
    });
  }
  if (model.answers !== "mask") return [];
  const [, rows, columns] = model.dims as [number, number, number];
  const said = predictedMask(at);
  const found: FoundRegion[] = [];
  for (let classIndex = 1; classIndex < model.classes; classIndex++) {
    let [left, top, right, bottom, count, sum] = [columns, rows, -1, -1, 0, 0];
    said.forEach((own, i) => {
      if (own !== classIndex) return;
      const [x, y] = [i % columns, Math.floor(i / columns)];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
      count++;
      sum += probabilities[classIndex * said.length + i]!;
    });
    if (count === 0) continue;
    const [w, h] = [frame.columns / columns, frame.rows / rows];
    const place = { x: left * w, y: top * h, width: (right - left + 1) * w, height: (bottom - top + 1) * h };
    found.push({ classIndex, score: sum / count, ...place });
  }
  return found;
}

function predictedMask({ model: { classes, dims }, probabilities }: AnswerAtHand): Uint8Array {
  const pixels = dims[1]! * dims[2]!;
  return Uint8Array.from({ length: pixels }, (_, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (probabilities[k * pixels + i]! > probabilities[best * pixels + i]!) best = k;
    return best;
  });
}

/**
 * The question and the class that it is about.
 * @param classIndex null: what was found first, of a classifier the likeliest
 * Errors: explanation/not-possible where there is nothing of that class, with what to name instead; app/invalid-input.
 */
export function questionOf(
  at: AnswerAtHand,
  target: MapTarget,
  classIndex: number | null,
): { question: Question; classIndex: number } {
  const { model, probabilities } = at;
  if (classIndex !== null && classIndex >= model.classes) {
    throw new AppError(
      "app/invalid-input",
      `The model has ${model.classes} classes; there is no class ${classIndex}. They count from 0.`,
    );
  }
  if (model.answers === "class") {
    if (target.kind !== "predicted") {
      throw new AppError("app/invalid-input", "This model answers about whole images: name a class, no region or box.");
    }
    const likeliest = classIndex ?? probabilities.indexOf(Math.max(...probabilities));
    return { question: askClass(likeliest, model.classes), classIndex: likeliest };
  }
  return model.answers === "mask" ? overMask(at, target, classIndex) : ofBox(at, target, classIndex);
}

function overMask(at: AnswerAtHand, target: MapTarget, wanted: number | null) {
  const { model, frame } = at;
  const [, rows, columns] = model.dims as [number, number, number];
  if (target.kind === "box") throw new AppError("app/invalid-input", "This model answers with a mask, not with boxes.");
  const said = predictedMask(at);
  const inside = new Uint8Array(said.length);
  if (target.kind === "region") {
    const [w, h] = [columns / frame.columns, rows / frame.rows];
    const [left, top] = [clamp(target.x * w, columns), clamp(target.y * h, rows)];
    const right = Math.min(columns, Math.max(left + 1, Math.ceil((target.x + target.width) * w)));
    const bottom = Math.min(rows, Math.max(top + 1, Math.ceil((target.y + target.height) * h)));
    for (let y = top; y < bottom; y++) inside.fill(1, y * columns + left, y * columns + right);
  }
  const votes = new Uint32Array(model.classes);
  said.forEach((own, i) => {
    if (target.kind === "predicted" ? own > 0 : inside[i] === 1) votes[own]!++;
  });
  // A region is about what the model says most of in it; without one, about what it found most of.
  const classIndex = wanted ?? votes.indexOf(Math.max(...votes));
  if (target.kind === "predicted") inside.set(said.map((own) => Number(own === classIndex)));
  const count = inside.reduce((sum, one) => sum + one, 0);
  if (count === 0 || (target.kind === "predicted" && wanted === null && votes[classIndex] === 0)) {
    throw new AppError(
      "explanation/not-possible",
      `The model marks no pixel ${wanted === null ? "as anything but background" : `of class ${classIndex}`} here. Name a region to ask about.`,
    );
  }
  const weights = new Float32Array(model.classes * said.length);
  weights.set(inside, classIndex * said.length);
  return { question: { dims: model.dims, weights }, classIndex };
}

function ofBox(at: AnswerAtHand, target: MapTarget, wanted: number | null) {
  const { model, probabilities, boxes, input, frame } = at;
  const found = foundIn(at);
  const centred = ({ x, y, width, height }: FoundRegion) => {
    if (target.kind !== "region") return true;
    const [u, v] = [x + width / 2, y + height / 2];
    const over =
      target.x + target.width >= x && target.x <= x + width && target.y + target.height >= y && target.y <= y + height;
    const within = u >= target.x && u < target.x + target.width && v >= target.y && v < target.y + target.height;
    return within || (over && target.width <= 1 && target.height <= 1);
  };
  const chosen =
    target.kind === "box"
      ? found[target.index]
      : found.find((one) => (wanted === null || one.classIndex === wanted) && centred(one));
  if (!chosen) {
    throw new AppError(
      "explanation/not-possible",
      `The model found ${found.length} boxes here, and none is the one asked for. Leave out the class, the region or the number of the box.`,
    );
  }
  const [wide, tall] = [input.columns / frame.columns, input.rows / frame.rows];
  const { x, y, width, height } = chosen;
  const corners: BoxCorners = [x * wide, y * tall, (x + width) * wide, (y + height) * tall];
  // The place that answered with this box: of those with its score the one whose box it is.
  let place = -1;
  let overlap = 0;
  for (let p = 0; p < model.dims[0]!; p++) {
    if (Math.abs(probabilities[p * model.classes + chosen.classIndex]! - chosen.score) > 1e-6) continue;
    const own = boxes!.subarray(4 * p, 4 * p + 4) as unknown as BoxCorners;
    const shared = intersectionOverUnion(own, corners);
    if (shared > overlap) [place, overlap] = [p, shared];
  }
  const weights = new Float32Array(model.dims[0]! * model.classes);
  weights[place * model.classes + chosen.classIndex] = 1;
  return { question: { dims: model.dims, weights }, classIndex: chosen.classIndex };
}

const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, Math.floor(value)));
