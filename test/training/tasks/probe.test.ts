import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { elementCount, floatTensor } from "../../../main/graph/graph.ts";
import { readOnnx } from "../../../main/graph/onnx-reader.ts";
import { verifyGraph } from "../../../main/graph/verify.ts";
import { adoptModel, replaceHead } from "../../../main/models/adopt.ts";
import { buildArchitecture } from "../../../main/models/build-model.ts";
import type { ModelGraph } from "../../../main/models/model-graph.ts";
import { createRandom } from "../../../main/models/random.ts";
import { splitAtFeatures } from "../../../main/models/split.ts";
import { trainRun } from "../../../main/training/run.ts";
import { classification } from "../../../main/training/tasks/classification.ts";
import { train } from "../../../main/training/trainer.ts";
import type { Recipe } from "../../../preload/contract/index.ts";
import { numbers, runGraph } from "../../graph/onnx-runtime.ts";
import { createRun, projectWithBlobs, THREADS } from "../blob-project.ts";
import { BLOB_RECIPE, BLOB_SIZE, drawBlobs } from "../blobs.ts";

const ON = { device: "cpu", threads: 1 } as const;
/** The body's features are the same numbers up to the order of sums in its two graphs; steps of Adam carry that on. */
const TOLERANCE = 1e-4;
const PARTS = { train: drawBlobs(44, 1), validation: drawBlobs(40, 2) };
const RECIPE: Recipe = { ...BLOB_RECIPE, epochs: 4, augment: null, mixup: 0, cutmix: 0, calibrate: false };

function ours(): ModelGraph {
  const input = { kind: "image", channels: 1, size: [BLOB_SIZE, BLOB_SIZE] } as const;
  const normalise = { mean: 0.5, std: 0.25 };
  return buildArchitecture("convnet", { input, output: { kind: "class", classes: 2 }, normalise, seed: 2 }, 4);
}

/** A net as another tool writes it: a bias behind the product, a softmax at the end, five classes. */
function foreign(): ModelGraph {
  const random = createRandom(5, 1);
  const b = new GraphBuilder("foreign");
  const weight = (name: string, dims: number[]) =>
    b.initializer(
      name,
      floatTensor(
        dims,
        Array.from({ length: elementCount(dims) }, () => random.normal() * 0.4),
      ),
    );
  const x = b.input("x", "float32", [1, 1, BLOB_SIZE, BLOB_SIZE]);
  const map = b.relu(b.conv(x, weight("w1", [6, 1, 3, 3]), weight("b1", [6]), { strides: [3, 3] }));
  const flat = b.flatten(map);
  const features = flat.shape[1] as number;
  b.output(b.as("y").softmax(b.add(b.matMul(flat, weight("w2", [features, 5])), weight("b2", [5])), 1));
  return replaceHead(adoptModel(b.build()), 2, 7);
}

async function learnt(model: ModelGraph | null, changes: Partial<Recipe>) {
  const recipe = { ...RECIPE, ...changes };
  const task = await classification({ recipe, classes: 2, start: model && (() => model), ...PARTS, ...ON });
  try {
    const points: number[] = [];
    const silent = { begin() {}, progress() {}, checkpoint() {}, best() {} };
    const events = { ...silent, points: (some: { value: number }[]) => points.push(...some.map(({ value }) => value)) };
    const { signal } = new AbortController();
    const { onnx, best } = await train({ recipe, task, ...ON, signal, from: null, events });
    return { graph: readOnnx((await task.conclude!(onnx)).onnx), best, points };
  } finally {
    await task.dispose();
  }
}

describe.each([
  ["our own net", ours],
  ["a net of another tool", foreign],
] as const)("a linear probe of %s", (_, make) => {
  test("ends with the weights, curves and choice of the whole graph trained with a frozen body", async () => {
    const model = make();
    const frozenLayers = Math.max(...model.parameters.map(({ depth }) => depth));
    const [probed, whole] = [await learnt(model, { probe: true }), await learnt(model, { frozenLayers })];
    verifyGraph(probed.graph);
    expect(probed.best.epoch).toBe(whole.best.epoch);
    expect(probed.points).toHaveLength(whole.points.length);
    probed.points.forEach((value, i) => {
      expect(Math.abs(value - whole.points[i]!)).toBeLessThan(TOLERANCE);
    });
    const head = new Set(splitAtFeatures(model).head.parameters.map(({ name }) => name));
    for (const { name } of model.parameters) {
      const [found, expected, before] = [probed.graph, whole.graph, model.graph].map((graph) =>
        numbers(graph.initializers.get(name)!),
      ) as [number[], number[], number[]];
      found.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!), name).toBeLessThan(TOLERANCE);
      });
      if (head.has(name)) expect(found).not.toEqual(before);
      else expect(found).toEqual(before);
    }
  });

  test("gives a file that answers about pictures", async () => {
    const { graph } = await learnt(make(), { probe: true, calibrate: true });
    const image = floatTensor([2, 1, BLOB_SIZE, BLOB_SIZE], PARTS.validation.pixels.subarray(0, 2 * BLOB_SIZE ** 2));
    const { probabilities } = await runGraph(graph, { image });
    const [a, b, c, d] = numbers(probabilities!) as [number, number, number, number];
    expect(a + b).toBeCloseTo(1, 5);
    expect(c + d).toBeCloseTo(1, 5);
  });

  test("body and head one after the other answer as the model does", async () => {
    const model = make();
    const { body, head } = splitAtFeatures(model);
    verifyGraph(body);
    verifyGraph(head.graph);
    const image = floatTensor([2, 1, BLOB_SIZE, BLOB_SIZE], PARTS.train.pixels.subarray(0, 2 * BLOB_SIZE ** 2));
    const [table] = Object.values(await runGraph(body, { image }));
    const joined = await runGraph(head.graph, { table: table! });
    expect(numbers(joined.logits!)).toEqual(numbers((await runGraph(model.graph, { image })).logits!));
  });
});

test("without a model to start from, or without features in it, a probe is refused with the reason", async () => {
  await expect(learnt(null, { probe: true })).rejects.toMatchObject({
    code: "app/invalid-input",
    message: expect.stringMatching(/choose a model to start from/),
  });
  await expect(learnt({ ...ours(), features: null }, { probe: true })).rejects.toThrow(/nothing in it is \[N, F\]/);
});

test("a run can be a probe of a model of the project, however its pictures were varied, and is stopped and resumed like any other", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const sitting = { signal: new AbortController().signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} };
  const first = createRun(project, snapshotId, { testTimeAugmentation: true });
  await trainRun({ project, runId: first.id, ...sitting });
  const startFrom = project.runs.get(first.id).modelId!;
  const probe = { startFrom, probe: true, testTimeAugmentation: true, epochs: 20, learningRate: 0.005 };
  const weightsOf = (runId: string) => {
    const { initializers } = readOnnx(project.models.onnx(project.runs.get(runId).modelId!));
    return [...initializers].map(([name, { data }]) => [name, Array.from(data, Number)]);
  };

  const undisturbed = createRun(project, snapshotId, probe);
  await trainRun({ project, runId: undisturbed.id, ...sitting });
  expect(project.models.evaluation(project.runs.get(undisturbed.id).modelId!, "test")!.auc!.value).toBeGreaterThan(0.9);

  const stopped = createRun(project, snapshotId, probe);
  const stop = new AbortController();
  const onPoints = () => stop.abort();
  await expect(
    trainRun({ project, runId: stopped.id, ...sitting, signal: stop.signal, onPoints }),
  ).rejects.toMatchObject({ code: "app/aborted" });
  await trainRun({ project, runId: stopped.id, ...sitting });
  expect(weightsOf(stopped.id)).toEqual(weightsOf(undisturbed.id));
});
