// A notebook that the studio wrote, run by Debian's Jupyter (jupyter-nbconvert, python3-ipykernel, python3-numpy, python3-matplotlib) beside a model that the studio trained;
// and the ONNX reader that lies beside it, against ONNX Runtime on every architecture. Debian has no onnxruntime for Python: the notebook says which reader it used.
// LOUPE_JUPYTER names a Jupyter of a Python with onnxruntime in it.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elementCount } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { ARCHITECTURES, type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelInput, ModelOutput } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { averagedOverCopies, copiesOf } from "../../main/models/test-time-augmentation.ts";
import type { Evaluation, NotebookReport } from "../../preload/contract/index.ts";
import { RECIPE } from "../api/every-call.ts";
import { ended, openStudio, type TestStudio } from "../api/open-studio.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const PYTHON = "/usr/bin/python3";
const JUPYTER = process.env.LOUPE_JUPYTER ?? "/usr/bin/jupyter";
const has = (module: string) => spawnSync(PYTHON, ["-c", `import ${module}`]).status === 0;
const missing = !existsSync(JUPYTER)
  ? "no jupyter here"
  : process.env.LOUPE_JUPYTER === undefined && !["nbconvert", "ipykernel", "numpy", "matplotlib"].every(has)
    ? "jupyter-nbconvert, python3-ipykernel, python3-numpy or python3-matplotlib is missing"
    : null;

const inputs: Partial<Record<ModelInput["kind"], ModelInput>> = {
  image: { kind: "image", channels: 1, size: [64, 64] },
  sequence: { kind: "sequence", steps: 5, features: 3 },
};
const outputs: Partial<Record<ModelOutput["kind"], ModelOutput>> = {
  class: { kind: "class", classes: 3 },
  value: { kind: "value", values: 1 },
  mask: { kind: "mask", classes: 2 },
  boxes: { kind: "boxes", classes: 2 },
};
/** Operators that no image network of ours has. */
const REFUSED: Partial<Record<ArchitectureName, RegExp>> = { lstm: /LSTM/, gru: /GRU/ };
/** Of the largest value of an output: another order of adding, layer after layer. */
const CLOSE = 2e-4;

test("the bundled reader answers as ONNX Runtime does for every architecture, and refuses what it does not know by name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loupe-reader-"));
  try {
    const random = createRandom(1);
    const names = Object.keys(ARCHITECTURES) as ArchitectureName[];
    const models = names.map((name) => {
      const row = ARCHITECTURES[name];
      const input = row.inputs.map((kind) => inputs[kind]).find((one) => one !== undefined)!;
      const output = row.outputs.map((kind) => outputs[kind]).find((one) => one !== undefined)!;
      const width = row.width === null ? undefined : name.startsWith("vit") ? 64 : 8;
      const { graph } = buildArchitecture(name, { input, output, normalise: { mean: 0.5, std: 0.2 }, seed: 1 }, width);
      return { name: name as string, graph };
    });
    const convnet = models.find(({ name }) => name === "convnet")!;
    const every = copiesOf({ flip: true, flipVertical: true, quarterTurns: true });
    models.push({ name: "convnet over copies", graph: averagedOverCopies(convnet.graph, every) });
    const problems = models.map(({ name, graph }) => {
      const path = join(folder, `${name}.onnx`);
      writeFileSync(path, writeOnnx(graph));
      const [{ name: input, shape }] = graph.inputs as [(typeof graph.inputs)[number]];
      const dims = shape.map((size) => (typeof size === "number" ? size : 2));
      return { path, input, dims, data: Array.from({ length: elementCount(dims) }, () => random.uniform()) };
    });
    type Answer = Record<string, { dims: number[]; data: number[] }> & { refused?: string };
    const script = fileURLToPath(new URL("./reader.py", import.meta.url));
    const answers = JSON.parse(
      execFileSync(PYTHON, [script], { input: JSON.stringify(problems), maxBuffer: 2 ** 28 }).toString(),
    ) as Answer[];
    for (const [i, { name, graph }] of models.entries()) {
      const refused = REFUSED[name as ArchitectureName];
      if (refused) {
        expect(answers[i]!.refused, name).toMatch(refused);
        continue;
      }
      const { input, dims, data } = problems[i]!;
      const theirs = await runGraph(graph, { [input]: { type: "float32", dims, data: Float32Array.from(data) } });
      for (const { name: output } of graph.outputs) {
        const expected = numbers(theirs[output]!);
        const found = answers[i]![output]!;
        expect(found.dims, `${name} ${output}`).toEqual([...theirs[output]!.dims]);
        const scale = Math.max(1, ...expected.map(Math.abs));
        const far = Math.max(...expected.map((value, k) => Math.abs(value - found.data[k]!))) / scale;
        expect(far, `${name} ${output}`).toBeLessThan(CLOSE);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe.skipIf(missing !== null)(`a notebook of the studio${missing === null ? "" : ` (skipped: ${missing})`}`, () => {
  let opened: TestStudio;
  let modelId: string;
  const job = async (start: { id: string }) => {
    const end = await ended(opened.client, start);
    expect(end).toMatchObject({ state: "done", error: null });
    return end.result;
  };
  beforeAll(async () => {
    opened = await openStudio();
    const { client } = opened;
    await job(await client.images.importSample({ images: 60 }));
    const snapshot = await client.snapshots.create({ name: "Chests" });
    const recipe = { ...RECIPE, architecture: "convnet", inputSize: 32, width: 4, epochs: 2 } as const;
    const { run, job: training } = await client.runs.start({ snapshotId: snapshot.id, recipe, name: "Tiny net" });
    await job(training);
    modelId = (await client.runs.get({ id: run.id })).modelId!;
  }, 60_000);
  afterAll(() => opened?.close());

  /** The executed notebook's printed lines, and how many pictures it drew. */
  const execute = (folder: string) => {
    const args = ["nbconvert", "--to", "notebook", "--execute", "--output", "done.ipynb", "notebook.ipynb"];
    execFileSync(JUPYTER, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const { cells } = JSON.parse(readFileSync(join(folder, "done.ipynb"), "utf8")) as {
      cells: { outputs?: { text?: string[]; data?: Record<string, unknown> }[] }[];
    };
    const all = cells.flatMap((cell) => cell.outputs ?? []);
    return {
      text: all.flatMap(({ text }) => text ?? []).join(""),
      pictures: all.filter(({ data }) => data?.["image/png"] !== undefined).length,
    };
  };

  test("it computes the studio's answers and figures with the exported model, and draws them", async () => {
    const { client, folder } = opened;
    const leaving = await client.comparison.notebookLeaving({ modelId });
    const report = (await job(await client.comparison.notebook({ modelId, folder, name: "all" }))) as NotebookReport;
    expect(report).toMatchObject({ images: leaving.available, files: 6 });
    const { text, pictures } = execute(report.path);
    console.log(text);
    const { accuracy, auc } = (await client.models.evaluation({ modelId, part: "test" })) as Evaluation;
    expect(text).toContain(`accuracy: ${accuracy.value.toFixed(4)}; studio: ${accuracy.value.toFixed(4)}`);
    expect(text).toContain(`AUC: ${auc!.value.toFixed(4)}; studio: ${auc!.value.toFixed(4)}`);
    expect(text).toMatch(/computed by (loupe_onnx\.py \(numpy\)|onnxruntime)/);
    expect(text).toContain("decided otherwise: 0 of");
    expect(pictures).toBe(2);
  }, 60_000);

  test("an int8 model's notebook in Chinese stays within its wider limit, with the pictures that were asked for and no more", async () => {
    const { client, folder } = opened;
    await job(await client.models.compress({ modelId, limits: { maxAucDrop: 0.5 } }));
    const int8 = (await client.models.list()).find(({ kind }) => kind === "int8")!;
    const input = { modelId: int8.id, images: 5, language: "zh-CN", folder, name: "int8" } as const;
    const report = (await job(await client.comparison.notebook(input))) as NotebookReport;
    expect(report.images).toBe(5);
    expect(readFileSync(join(report.path, "notebook.ipynb"), "utf8")).toContain("模型的输出");
    const { text } = execute(report.path);
    console.log(text);
    expect(text).toMatch(/largest difference/);
  }, 60_000);

  test("it is valid by Jupyter's own schema", () => {
    const check = "import sys, nbformat; nbformat.validate(nbformat.read(sys.argv[1], 4))";
    execFileSync(PYTHON, ["-c", check, join(opened.folder, "all", "notebook.ipynb")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  });

  test("nothing in its files names a patient, an image or a file of the project", async () => {
    const { client, folder } = opened;
    const { items } = await client.images.list({ limit: 200 });
    const names = items
      .flatMap(({ id, name, patient, study }) => [id, name, patient, study])
      .filter((name) => name.length > 3);
    expect(names.length).toBeGreaterThan(60);
    for (const file of ["notebook.ipynb", "cases.csv", "about.json"]) {
      const text = readFileSync(join(folder, "all", file), "utf8");
      expect(names.filter((name) => text.includes(name))).toEqual([]);
    }
  });
});
