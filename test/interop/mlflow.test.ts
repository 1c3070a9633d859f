// The MLflow folder read back by somebody else: MLflow where python3 has it, else Debian's PyYAML (python3-yaml) and the store's documented layout.
// LOUPE_PYTHON names a Python with MLflow in it; Debian has no package of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { experimentFiles, runFiles } from "../../main/comparison/mlflow.ts";
import { createRandom } from "../../main/models/random.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { writeFolder } from "../../main/shipping/whole-folder.ts";
import type { Run, RunPoint, Snapshot } from "../../preload/contract/index.ts";
import { RECIPE } from "../api/every-call.ts";

const SCRIPT = fileURLToPath(new URL("./mlflow-store.py", import.meta.url));
const python = process.env.LOUPE_PYTHON ?? "/usr/bin/python3";

const snapshot: Snapshot = {
  id: "4b9dd0f6-4d85-4c2c-8a0e-1d1d6a7d1c11",
  name: 'Chests: "first", 胸片 #1',
  hash: "0123456789abcdef",
  createdAt: "2026-11-28T05:00:00.000Z",
  seed: 1,
  classes: [],
  counts: [],
};
const run: Run = {
  id: "0d3b1f7a-91a5-4c0c-b7ab-6c1d22b6a111",
  name: "Net: 学习率 0.01 # two",
  snapshotId: snapshot.id,
  recipe: RECIPE,
  state: "cancelled",
  device: "cpu",
  threads: 2,
  createdAt: "2026-11-28T06:00:00.000Z",
  finishedAt: "2026-11-28T06:10:00.000Z",
  seconds: 500,
  waited: 0,
  memory: null,
  step: 100,
  steps: 100,
  parameters: 10,
  bestEpoch: 3,
  validationAuc: 0.9,
  modelId: null,
  jobId: null,
  error: null,
  notes: "first line\nsecond: line",
  tags: ["best", "to show"],
  version: "0.1.0",
};

interface Read {
  experiment: string;
  run: string;
  name: string;
  status: string;
  start: number;
  end: number;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Record<string, [number, number, number][]>;
  artifacts: string[];
}

test("a run comes back with its recipe, tags, times and every point of its curves", async () => {
  const seed = Date.now() % 2 ** 32;
  const random = createRandom(seed);
  const points = Array.from({ length: 100 }, (_, i): RunPoint[] => [
    {
      step: i + 1,
      epoch: i / 10,
      part: "train",
      metric: "loss",
      value: random.normal() * 10 ** (random.below(12) - 6),
    },
    { step: i + 1, epoch: i / 10, part: "validation", metric: "auc", value: random.uniform() },
  ]).flat();
  const classes = ["a", "b"].map((id) => ({ id, name: id, color: "#000000" }));
  const cases = Array.from({ length: 20 }, (_, i) => {
    const p = random.uniform();
    return { imageId: String(i), truth: i % 2, probabilities: [1 - p, p] };
  });
  const evaluation = { modelId: "m", part: "test" as const, ...evaluate(classes, cases, 0.5) };
  const folder = mkdtempSync(join(tmpdir(), "loupe-mlflow-"));
  const store = join(folder, "mlruns");
  try {
    const root = pathToFileURL(store).href;
    const files = [...experimentFiles(snapshot, root), ...runFiles(run, points, [evaluation], snapshot, root)];
    await writeFolder(store, files, { overwrite: false });
    const answer = JSON.parse(execFileSync(python, [SCRIPT, store], { maxBuffer: 2 ** 28 }).toString()) as {
      reader: string;
      runs: Read[];
    };
    console.log(`read by ${answer.reader}`);
    expect(answer.runs).toHaveLength(1);
    const [{ metrics, params, tags, ...rest }] = answer.runs as [Read];
    expect(rest).toEqual({
      experiment: 'Chests: "first", 胸片 #1 (01234567)',
      run: run.id.replaceAll("-", ""),
      name: run.name,
      status: "KILLED",
      start: Date.parse(run.createdAt),
      end: Date.parse(run.finishedAt!),
      artifacts: ["recipe.json"],
    });
    expect(params).toMatchObject({
      "recipe.architecture": "logistic",
      "recipe.learningRate": "0.001",
      "recipe.seed": "1",
    });
    expect(tags).toMatchObject({
      "mlflow.runName": run.name,
      "mlflow.note.content": run.notes,
      "loupe.tag.2": "to show",
    });
    for (const part of ["train/loss", "validation/auc"] as const) {
      const own = points.filter((point) => `${point.part}/${point.metric}` === part);
      const times = (step: number) => Date.parse(run.createdAt) + step * 5000;
      expect(metrics[part], `seed ${seed}`).toEqual(own.map(({ step, value }) => [times(step), value, step]));
    }
    expect(metrics["final/test/accuracy"]).toEqual([[rest.end, evaluation.accuracy.value, 100]]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
