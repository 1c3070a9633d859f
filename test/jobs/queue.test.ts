// Queues of active learning with a real project and models that were really trained.
import { beforeEach, describe, expect, test } from "vitest";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import type { TaskOf } from "../../main/jobs/protocol.ts";
import { makeQueue } from "../../main/jobs/tasks/queue.ts";
import { uncertainty } from "../../main/labels/active/scores.ts";
import { activeCurveOf } from "../../main/labels/active-curve.ts";
import type { Project } from "../../main/project/project.ts";
import { lastFeatures } from "../../main/training/features.ts";
import { predictImages, predictWithFeatures } from "../../main/training/predict-images.ts";
import { trainRun } from "../../main/training/run.ts";
import type { Progress } from "../../preload/contract/index.ts";
import { newImage } from "../project/builder.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";
import { BLOB_SIZE, drawBlobs } from "../training/blobs.ts";

const signal = new AbortController().signal;
const refusal = (code: string) => expect.objectContaining({ code });
const POOL = 120;

let project: Project;
let models: string[];
/** what was drawn, by image id: 0 or 1 */
let truth: Map<string, number>;

// A project is closed after each test.
beforeEach(async () => {
  const made = await projectWithBlobs();
  project = made.project;
  models = [];
  truth = new Map();
  // Two models that have learnt a little, so that there is something to be wrong and to disagree about.
  for (const seed of [1, 2]) {
    const { id } = createRun(project, made.snapshotId, { seed, epochs: 2 });
    await trainRun({ project, runId: id, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
    models.push(project.runs.get(id).modelId!);
  }
  const area = BLOB_SIZE * BLOB_SIZE;
  const { pixels, classIndex } = drawBlobs(POOL, 77);
  project.transaction(() => {
    for (const [i, label] of classIndex.entries()) {
      const values = Uint16Array.from(pixels.subarray(i * area, (i + 1) * area), (v) => 1000 + 2000 * v);
      const plain = newImage(50_000 + i);
      const stored = { ...plain.pixels, rows: BLOB_SIZE, columns: BLOB_SIZE, type: "uint16", bitsStored: 16 } as const;
      const { id } = project.images.add({
        ...plain,
        patient: `pool ${i}`,
        pixels: { ...stored, intercept: -1000 },
        frames: [{ transferSyntax: "raw", bytes: new Uint8Array(values.buffer) }],
      });
      truth.set(id, label);
    }
  });
});

const task = (more: Partial<TaskOf<"queue">> = {}): TaskOf<"queue"> => ({
  kind: "queue",
  name: "Round",
  strategy: "entropy",
  modelIds: models.slice(0, 1),
  count: 40,
  randomShare: 0.25,
  seed: 3,
  filter: {},
  readers: [project.member.id],
  readsPerCase: 1,
  blinded: true,
  ...more,
});
const seen: Progress[] = [];
const context = () => ({
  project,
  signal,
  progress: (one: Progress) => void seen.push(one),
  points: () => {},
  changed: () => {},
});
const make = (more: Partial<TaskOf<"queue">> = {}) => makeQueue(task(more), context());
/** The reader says what was drawn. */
function readAll(listId: string): void {
  const names = ["正常", "lésion"];
  const ids = names.map((name) => project.labels.classes().find((one) => one.name === name)!.id);
  for (const { id, imageId, layer } of project.reading.mine(listId)) {
    project.reading.open(id);
    project.labels.apply([{ do: "class", imageId, classId: ids[truth.get(imageId)!]! }], layer);
    project.reading.commit(id);
  }
}

test("a trained model has the features that its last layer reads, others for each image, and says the same beside them", async () => {
  const graph = readOnnx(project.models.onnx(models[0]!));
  const name = lastFeatures(graph)!;
  const last = graph.nodes.find(({ inputs, op }) => inputs[0] === name && (op === "Gemm" || op === "MatMul"))!;
  const [classes, width] = [2, graph.initializers.get(last.inputs[1]!)!.dims.reduce((a, b) => a * b, 1) / 2];
  const ids = [...truth.keys()].slice(0, 40);
  const said = await predictWithFeatures({ project, modelId: models[0]!, imageIds: ids, signal, threads: THREADS });
  expect(said.features.every(({ length }) => length === width)).toBe(true);
  expect(new Set(said.features.map((one) => one.join()))).toHaveProperty("size", ids.length);
  const plain = await predictImages({ project, modelId: models[0]!, imageIds: ids, signal, threads: THREADS });
  for (const [i, p] of plain.entries()) {
    expect(p).toHaveLength(classes);
    expect(said.probabilities[i]![1]).toBeCloseTo(p[1]!, 5);
  }
});

describe("a queue", () => {
  test("asks about what the model is least sure of, and about some at random, and no answer tells which; then the curve says how often it was wrong", async () => {
    seen.length = 0;
    const pool = project.queues.pool({});
    expect(pool).toHaveLength(POOL);
    const said = await predictImages({ project, modelId: models[0]!, imageIds: pool, signal, threads: THREADS });
    const entropy = new Map(uncertainty("entropy", said).map((score, i) => [pool[i]!, score]));
    const { listId } = await make();
    const reads = project.reading.mine(listId);
    expect(reads).toHaveLength(40);
    expect(seen.at(-1)).toMatchObject({ done: POOL, total: POOL, note: "predicting" });
    // 30 are the most uncertain but for those that chance took.
    const asked = new Set(reads.map(({ imageId }) => imageId));
    const order = pool.toSorted((a, b) => entropy.get(b)! - entropy.get(a)!);
    expect(order.slice(0, 30).every((id) => asked.has(id))).toBe(true);
    const shown = JSON.stringify([reads, project.reading.lists(), project.reading.open(reads[0]!.id)]);
    expect(shown).not.toMatch(/"arm"|random|active|prediction/);
    expect(project.queues.pool({})).toHaveLength(POOL - 40);

    // Figures are hidden until the reader is through.
    const [list] = project.reading.lists();
    expect(activeCurveOf(project.queues.rounds())).toMatchObject({ rounds: [{ figures: null }], overall: null });
    readAll(list!.id);
    const { rounds, overall } = activeCurveOf(project.queues.rounds());
    const [round] = rounds;
    expect(round).toMatchObject({ listId: list!.id, strategy: "entropy", labelledBefore: 176, cases: 40 });
    expect(round!.figures).toEqual(overall);
    expect(round!.figures!.read).toEqual({ active: 30, random: 10 });
    expect(round!.figures!.enough).toBe(true);
    // The same by hand, from what is kept.
    const [{ read }] = project.queues.rounds() as [ReturnType<Project["queues"]["rounds"]>[number]];
    const wrong = (arm: string) => read!.filter((one) => one.arm === arm && one.predicted !== one.truth).length;
    expect(round!.figures!.yieldActive.value).toBeCloseTo((100 * wrong("active")) / 30, 9);
    expect(round!.figures!.yieldRandom.value).toBeCloseTo((100 * wrong("random")) / 10, 9);
    expect(round!.figures!.accuracy.value).toBeCloseTo(1 - wrong("random") / 10, 9);
    expect(wrong("active")).toBeGreaterThan(0);
  });

  test("of two models by disagreement, and by diversity away from what is labelled; the same seed asks the same", async () => {
    for (const strategy of ["vote-entropy", "divergence", "diversity"] as const) {
      const more = { strategy, count: 10, modelIds: models };
      const { listId } = await make(more);
      const asked = project.reading.mine(listId).map(({ imageId }) => imageId);
      expect(new Set(asked).size).toBe(10);
      project.reading.remove(listId);
      const again = await make(more);
      expect(project.reading.mine(again.listId).map(({ imageId }) => imageId)).toEqual(asked);
      project.reading.remove(again.listId);
    }
  });

  test("refuses one model for disagreement, a pool that is too small, and stops when it is told to", async () => {
    const before = project.reading.lists().length;
    await expect(make({ strategy: "divergence" })).rejects.toThrow(refusal("active/models-few"));
    await expect(make({ filter: { text: "no such image" } })).rejects.toThrow(refusal("active/pool-small"));
    const stopped = new AbortController();
    const stopping = { ...context(), signal: stopped.signal, progress: () => stopped.abort() };
    await expect(makeQueue(task(), stopping)).rejects.toThrow(refusal("app/aborted"));
    expect(project.reading.lists()).toHaveLength(before);
  });
});
