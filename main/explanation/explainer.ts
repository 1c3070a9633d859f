// A model that answers what its maps are made of: gradients of its score, maps of its last stage, scores of pictures.
//
// Sessions are opened when they are first needed and stay until `dispose`. Scores come from the model itself; gradients may come from another graph
// that stands for it, because an int8 model's operators have none of their own.
import { AppError } from "../../preload/contract/errors.ts";
import { floatTensor, type Graph, type Tensor } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { createSession, type Session } from "../training/engines/session.ts";
import { inputGradientGraph, SALIENCY_OUTPUT, SCORE_WEIGHTS, type StageMethod, stageGraph } from "./saliency.ts";

/** What a map explains: how much each logit of one case counts, and each probability where the score must be one. */
export interface Question {
  /** Shape of the logits without the cases: [K] of classes, [K, rows, columns] of a mask, [places, K] of boxes. */
  readonly dims: readonly number[];
  readonly weights: Float32Array;
}

/** A class of a classifier with K classes. */
export function askClass(classIndex: number, classes: number): Question {
  return { dims: [classes], weights: Float32Array.from({ length: classes }, (_, i) => (i === classIndex ? 1 : 0)) };
}

/** A small map before it is stretched over the picture. */
export interface RawMap {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Cases in one run of a gradient: SmoothGrad and integrated gradients ask for dozens. */
const GRADIENT_BATCH = 8;
/** Pictures in one run of the model. */
const SCORE_BATCH = 32;

export interface ExplainerOptions {
  /** Inference graph with an input `image` [N, C, rows, columns] and outputs `logits` and `probabilities`. */
  readonly graph: Graph;
  /** Where gradients come from; the graph itself where nothing is said. */
  readonly differentiable?: Graph;
  readonly threads: number;
  /** Checked before every run of the network: app/aborted. */
  readonly signal?: AbortSignal;
}

export class Explainer {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly #options: ExplainerOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: ExplainerOptions) {
    this.#options = options;
    const { name, shape } = options.graph.inputs[0]!;
    const [channels, rows, columns] = shape.slice(1);
    if (shape.length !== 4 || ![channels, rows, columns].every((dim) => typeof dim === "number")) {
      throw new AppError(
        "explanation/not-possible",
        `Maps need a model that reads pictures of one size; its input "${name}" is [${shape}].`,
      );
    }
    [this.channels, this.rows, this.columns] = [channels as number, rows as number, columns as number];
  }

  /** Numbers of one picture. */
  get area(): number {
    return this.channels * this.rows * this.columns;
  }

  get differentiable(): Graph {
    return this.#options.differentiable ?? this.#options.graph;
  }

  /**
   * Gradients of the score with respect to pixels, one after the other as the pictures are. Errors: graph/not-differentiable; app/aborted.
   * @param images some pictures of `area` numbers each
   */
  async gradients(images: Float32Array, question: Question): Promise<Float32Array> {
    const count = images.length / this.area;
    const cases = count === 1 ? 1 : GRADIENT_BATCH;
    const result = new Float32Array(images.length);
    for (let start = 0; start < count; start += cases) {
      this.#requireGoingOn();
      const session = await this.#open(`gradient ${cases}`, () => inputGradientGraph(this.differentiable, cases));
      const part = images.subarray(start * this.area, Math.min(count, start + cases) * this.area);
      const filled = part.length === cases * this.area ? part : new Float32Array(cases * this.area);
      if (filled !== part) filled.set(part);
      const answer = await session.run({ image: this.#batch(filled), [SCORE_WEIGHTS]: repeated(question, cases) });
      const slopes = answer[SALIENCY_OUTPUT]!.data as Float32Array;
      result.set(slopes.subarray(0, part.length), start * this.area);
    }
    return result;
  }

  /** Errors: explanation/not-possible; graph/not-differentiable; app/aborted. */
  async stage(image: Float32Array, question: Question, method: StageMethod): Promise<RawMap> {
    this.#requireGoingOn();
    const session = await this.#open(method, () => stageGraph(this.differentiable, method));
    const answer = await session.run({ image: this.#batch(image), [SCORE_WEIGHTS]: repeated(question, 1) });
    const { data, dims } = answer[SALIENCY_OUTPUT]!;
    return { rows: dims[0]!, columns: dims[1]!, values: data as Float32Array };
  }

  /** The model's probabilities of one picture after the other. Errors: app/aborted. */
  async probabilities(images: Float32Array): Promise<Float32Array[]> {
    const result: Float32Array[] = [];
    const session = await this.#open("model", () => this.#options.graph);
    for (let start = 0; start < images.length; start += SCORE_BATCH * this.area) {
      this.#requireGoingOn();
      const part = images.subarray(start, start + SCORE_BATCH * this.area);
      const { probabilities } = await session.run({ image: this.#batch(part) }, ["probabilities"]);
      const values = probabilities!.data as Float32Array;
      const width = values.length / (part.length / this.area);
      for (let at = 0; at < values.length; at += width) result.push(values.slice(at, at + width));
      // Messages, "cancel" among them, come in between batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return result;
  }

  /** For each picture the mean of the probabilities that the question asks about, weighted as it says; of a class its probability. */
  async scores(images: Float32Array, { weights }: Question): Promise<number[]> {
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    return (await this.probabilities(images)).map(
      (said) => said.reduce((sum, value, i) => sum + value * weights[i]!, 0) / whole,
    );
  }

  /** Frees native memory. */
  async dispose(): Promise<void> {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of open) await session.dispose();
  }

  #batch(images: Float32Array): Tensor {
    return floatTensor([images.length / this.area, this.channels, this.rows, this.columns], images);
  }

  async #open(key: string, graph: () => Graph): Promise<Session> {
    const known = this.#sessions.get(key);
    if (known) return known;
    const { threads } = this.#options;
    const session = await createSession(writeOnnx(graph()), { device: "cpu", threads, use: "inference" });
    this.#sessions.set(key, session);
    return session;
  }

  #requireGoingOn(): void {
    if (this.#options.signal?.aborted) throw new AppError("app/aborted", "The explanation was stopped.");
  }
}

function repeated({ dims, weights }: Question, cases: number): Tensor {
  const all = new Float32Array(weights.length * cases);
  for (let i = 0; i < cases; i++) all.set(weights, i * weights.length);
  return floatTensor([cases, ...dims], all);
}
