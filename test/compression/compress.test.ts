import { expect, test } from "vitest";
import { channelsOf } from "../../main/compression/pruning/prune.ts";
import { compressBy } from "../../main/compression/recipe.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { trainRun } from "../../main/training/run.ts";
import { compressionLimitsSchema, compressionRecipeSchema } from "../../preload/contract/index.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";

const LIMITS = compressionLimitsSchema.parse({ maxAucDrop: 0.005, maxAccuracyDrop: 0.01 });

/**
 * The same function in float, broken in int8: one channel of the first layer is made a great deal larger and the weights that read it that much smaller (the inverse of Nagel et al. 2019, https://arxiv.org/abs/1906.04721). One scale for the value leaves no codes for the other channels.
 */
function brokenUnderInt8(graph: Graph): Graph {
  const FACTOR = 4096; // a power of two, so that float32 loses nothing
  const initializers = new Map(graph.initializers);
  const scale = (name: string, factor: number, of: (index: number) => boolean) => {
    const { dims, data } = initializers.get(name)!;
    initializers.set(
      name,
      floatTensor(
        dims,
        (data as Float32Array).map((v, i) => (of(i) ? v * factor : v)),
      ),
    );
  };
  const channels = channelsOf(graph);
  const chosen = new Set([channels.layers[0]![0]!]);
  const normalised = new Set(
    graph.nodes.filter(({ op }) => op === "BatchNormalization").flatMap(({ inputs }) => inputs.slice(1, 3)),
  );
  for (const { constant, axis, units, role } of channels.slices) {
    const { dims } = initializers.get(constant)!;
    const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const ofUnit = (i: number) => chosen.has(units[Math.floor(i / inner) % dims[axis]!]!);
    if (normalised.has(constant)) scale(constant, FACTOR, ofUnit);
    if (role === "reads") scale(constant, 1 / FACTOR, ofUnit);
  }
  return { ...graph, initializers };
}

test("a model built to break under int8 is refused with the limit that it missed, and repaired by layers in float", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 6 });
  const { signal } = new AbortController();
  await trainRun({ project, runId, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const trained = project.models.get(project.runs.get(runId).modelId!);
  const onnx = writeOnnx(brokenUnderInt8(readOnnx(project.models.onnx(trained.id))));
  const broken = project.models.add({ ...trained, name: "Broken", parentId: null, onnx });
  const options = { project, modelId: broken.id, limits: LIMITS, threads: THREADS };

  const refused = await compressBy(compressionRecipeSchema.parse([{ step: "quantise", repair: false }]), options);
  expect(refused.accepted).toBe(false);
  expect(refused.missed.map(({ limit }) => limit)).toContain("auc");
  expect(refused.reason).toMatch(/^The AUC fell by 0\.\d+ .* missed by 0\.\d+/);
  expect(project.models.get(refused.modelId).accepted).toBe(false);

  const repaired = await compressBy(compressionRecipeSchema.parse([{ step: "quantise", repair: true }]), options);
  expect(repaired.reason).toBe("");
  expect(repaired.accepted).toBe(true);
  expect(repaired.before.auc - repaired.after.auc).toBeLessThanOrEqual(LIMITS.maxAucDrop);
  const float = repaired.layers.filter((layer) => layer.float);
  expect(float.length).toBeGreaterThan(0);
  expect(float.length).toBeLessThan(repaired.layers.length);
  const kept = repaired.layers.filter((layer) => !layer.float);
  expect(Math.min(...float.map(({ moved }) => moved))).toBeGreaterThanOrEqual(
    Math.max(...kept.map(({ moved }) => moved)),
  );
  expect(repaired.after.bytes).toBeLessThan(repaired.before.bytes);
});

test("a compressed model is kept with its evaluation and report, or not at all", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 2 });
  const { signal } = new AbortController();
  await trainRun({ project, runId, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const modelId = project.runs.get(runId).modelId!;
  const options = { project, modelId, limits: { ...LIMITS, maxAucDrop: 0.5 }, threads: THREADS };

  const save = project.models.saveCompressionReport;
  project.models.saveCompressionReport = () => {
    throw new Error("the disk is full");
  };
  await expect(
    compressBy(compressionRecipeSchema.parse([{ step: "quantise", repair: true }]), options),
  ).rejects.toThrow("the disk is full");
  expect(project.models.list().map(({ id }) => id)).toEqual([modelId]);

  project.models.saveCompressionReport = save;
  const report = await compressBy(compressionRecipeSchema.parse([{ step: "quantise", repair: true }]), options);
  expect(project.models.get(report.modelId)).toMatchObject({
    kind: "int8",
    parentId: modelId,
    accepted: report.accepted,
  });
  expect(project.models.compressionReport(report.modelId)).toEqual(report);
  expect(project.models.evaluation(report.modelId, "validation")!.auc!.value).toBe(report.after.auc);
  expect(report.after.bytes).toBeLessThan(report.before.bytes);
});
