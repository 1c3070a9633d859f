// Our nets beside PyTorch's (Debian: python3-torch, python3-torchvision): answers of the published nets with the same weights, gradients of whole nets.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { bindDimensions, elementCount, floatTensor, type Tensor } from "../../main/graph/graph.ts";
import type { Target } from "../../main/graph/operators/rule.ts";
import { withBatchStatistics } from "../../main/models/batch-statistics.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelShape } from "../../main/models/layers.ts";
import { inferenceModel, type ModelGraph } from "../../main/models/model-graph.ts";
import { classObjective, maskObjective } from "../../main/models/objectives.ts";
import { LEARNING_RATE, OPTIMISERS, type OptimiserName, type OptimiserOptions } from "../../main/models/optimisers.ts";
import { createRandom } from "../../main/models/random.ts";
import { load, numbers, runGraph } from "../graph/onnx-runtime.ts";

const reference = fileURLToPath(new URL("torch_reference.py", import.meta.url));

/** Hands a job to PyTorch and reads its answer; `read` takes further files before the folder goes. */
function ask<T, R>(
  job: object,
  files: Readonly<Record<string, Uint8Array>>,
  read: (answer: T, folder: string) => R,
): R {
  const folder = mkdtempSync(join(tmpdir(), "loupe-torch-"));
  try {
    writeFileSync(join(folder, "job.json"), JSON.stringify(job));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    execFileSync("/usr/bin/python3", [reference, folder], { stdio: ["ignore", "ignore", "pipe"] });
    return read(JSON.parse(readFileSync(join(folder, "answer.json"), "utf8")) as T, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const bytesOf = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("published nets answer as torchvision's do with the same weights", () => {
  /** Relative to the largest logit: float32 sums in another order, over up to 120 layers. */
  const TOLERANCE = 1e-4;
  const nets: readonly [ArchitectureName, string, number][] = [
    ["resnet18", "resnet18", 96],
    ["resnet34", "resnet34", 96],
    ["resnet50", "resnet50", 96],
    ["densenet121", "densenet121", 96],
    ["mobilenetv3-large", "mobilenet_v3_large", 96],
    ["mobilenetv3-small", "mobilenet_v3_small", 96],
    ["efficientnet-b0", "efficientnet_b0", 96],
    ["convnext-tiny", "convnext_tiny", 96],
    ["vit-tiny", "vit-tiny", 224],
    ["vit-small", "vit-small", 224],
  ];
  for (const [name, theirs, size] of nets)
    test(name, async () => {
      const shape: ModelShape = {
        input: { kind: "image", channels: 3, size: [size, size] },
        output: { kind: "class", classes: 1000 },
        normalise: { mean: 0, std: 1 },
        seed: 1,
      };
      const model = buildArchitecture(name, shape);
      const learnt = new Set([...model.parameters.map((parameter) => parameter.name), ...model.statistics]);
      const names = [...model.graph.initializers.keys()].filter((constant) => learnt.has(constant));
      const { weights, image, logits } = ask(
        { kind: "published", model: theirs, size },
        {},
        (answer: { sizes: number[]; logits: number[] }, folder) => {
          const floats = (file: string) => new Float32Array(new Uint8Array(readFileSync(join(folder, file))).buffer);
          const flat = floats("weights.bin");
          let at = 0;
          const tensors = names.map((constant, i): [string, Tensor] => {
            const { dims } = model.graph.initializers.get(constant)!;
            expect(elementCount(dims), constant).toBe(answer.sizes[i]);
            return [constant, floatTensor(dims, flat.slice(at, (at += elementCount(dims))))];
          });
          expect(answer.sizes.length).toBe(names.length);
          return { weights: new Map(tensors), image: floats("image.bin"), logits: answer.logits };
        },
      );
      const graph = inferenceModel(model, weights);
      const found = numbers((await runGraph(graph, { image: floatTensor([2, 3, size, size], image) })).logits!);
      const largest = Math.max(...logits.map(Math.abs));
      const off = Math.max(...found.map((value, i) => Math.abs(value - logits[i]!)));
      expect(off / largest).toBeLessThan(TOLERANCE);
    });
});

describe("gradients of whole nets equal PyTorch's in float64", () => {
  /** Relative L2 of each parameter's gradient; what is smaller than this part of the largest gradient is judged against that. */
  const TOLERANCE = 1e-4;
  const SMALL = 1e-4;
  const BATCH = 8;
  const nets: readonly { net: ArchitectureName; width: number; size: number }[] = [
    { net: "convnet", width: 8, size: 32 },
    { net: "resnet18", width: 8, size: 32 },
    { net: "unet", width: 8, size: 32 },
    { net: "lstm", width: 16, size: 12 },
    { net: "vit-tiny", width: 64, size: 32 },
  ];
  for (const { net, width, size } of nets)
    for (const target of ["portable", "cpu"] as const)
      test(`${net}, ${target}`, async () => {
        const { graph, feeds, statistics, names } = lossOf(net, width, size, BATCH, target);
        const found = await runGraph(graph, { ...feeds, ...statistics });
        const given = Object.entries(feeds).map(
          ([name, tensor]) => [name === "image" || name === "sequence" ? "input" : name, tensor] as const,
        );
        const flat = Float32Array.from(given.flatMap(([, { data }]) => Array.from(data as Float32Array)));
        const job = { kind: "gradients", net, tensors: given.map(([name, { dims }]) => [name, dims]) };
        type Answer = { loss: number; float32: Record<string, number> };
        const { answer, exact } = ask(job, { "tensors.bin": bytesOf(flat) }, (answer: Answer, folder) => ({
          answer,
          exact: new Float64Array(new Uint8Array(readFileSync(join(folder, "gradients.bin"))).buffer),
        }));
        expect(numbers(found.loss!)[0]).toBeCloseTo(answer.loss, 5);
        // PyTorch's gradients come in the order in which the weights were given.
        let at = 0;
        const rows = names.map((name) => {
          const mine = numbers(found[`d/${name}`]!);
          const theirs = exact.slice(at, (at += mine.length));
          const norm = Math.hypot(...theirs);
          const off = Math.hypot(...mine.map((value, i) => value - theirs[i]!));
          return { name, norm, off };
        });
        const largest = Math.max(...rows.map(({ norm }) => norm));
        const worst = Math.max(...rows.map(({ norm, off }) => off / Math.max(norm, SMALL * largest)));
        // A U-Net's gradients are ill-conditioned: float32 itself, PyTorch's, is the measure there.
        const theirs = Math.max(
          ...rows.map(({ name, norm }) => (answer.float32[name]! * norm) / Math.max(norm, SMALL * largest)),
        );
        expect(worst).toBeLessThan(net === "unet" ? Math.max(TOLERANCE, theirs) : TOLERANCE);
      });
});

describe("optimisers take PyTorch's steps", () => {
  /** Of each parameter, relative where it is above 1: twenty steps in float32. */
  const TOLERANCE = 1e-5;
  const [STEPS, SIZE, RATE] = [20, 7, 0.05];
  const cases: readonly [
    title: string,
    name: OptimiserName,
    options: OptimiserOptions & { decay?: number },
    theirs: string,
    torch: object,
  ][] = [
    ["SGD with momentum", "sgd", { momentum: 0.8 }, "SGD", { momentum: 0.8 }],
    [
      "SGD with Nesterov's momentum",
      "sgd",
      { momentum: 0.9, nesterov: true },
      "SGD",
      { momentum: 0.9, nesterov: true },
    ],
    ["Adam", "adam", {}, "Adam", {}],
    ["Adam with decoupled decay, AdamW", "adam", { decay: 0.1 }, "AdamW", { weight_decay: 0.1 }],
    ["RMSprop", "rmsprop", { momentum: 0 }, "RMSprop", {}],
    ["RMSprop with momentum", "rmsprop", { momentum: 0.7 }, "RMSprop", { momentum: 0.7 }],
  ];
  for (const [title, name, options, theirs, torch] of cases)
    test(title, async () => {
      const random = createRandom(4, 9);
      const draw = () => Array.from({ length: SIZE }, () => Math.fround(random.normal()));
      const [start, gradients] = [draw(), Array.from({ length: STEPS }, draw)];
      const rule = OPTIMISERS[name](options);
      const b = new GraphBuilder("optimiser");
      const vector = (value: string) => b.input(value, "float32", [SIZE]);
      const scalars = new Map([LEARNING_RATE, ...rule.scalars].map((value) => [value, b.input(value, "float32", [])]));
      const decay = options.decay ?? 0;
      rule.update(b, {
        parameter: vector("p"),
        gradient: vector("g"),
        memories: rule.memories.map(vector),
        scalar: (value) => scalars.get(value)!,
        rate: (value) => scalars.get(value)!,
        decay,
        shrink: decay > 0 ? b.sub(1, b.mul(scalars.get(LEARNING_RATE)!, decay)) : null,
        nextParameter: "next/p",
        nextMemories: rule.memories.map((value) => `next/${value}`),
      });
      for (const value of ["p", ...rule.memories]) b.output(b.value(`next/${value}`));
      const run = await load(b.build());
      let state: Record<string, Tensor> = { p: floatTensor([SIZE], start) };
      for (const value of rule.memories) state[value] = floatTensor([SIZE], new Array<number>(SIZE).fill(0));
      for (const [i, gradient] of gradients.entries()) {
        const values = Object.entries(rule.values(i + 1, RATE)).map(([value, number]) => [
          value,
          floatTensor([], [number]),
        ]);
        const answers = await run({ ...state, ...Object.fromEntries(values), g: floatTensor([SIZE], gradient) });
        state = Object.fromEntries(["p", ...rule.memories].map((value) => [value, answers[`next/${value}`]!]));
      }
      const job = { kind: "optimiser", optimiser: theirs, options: torch, rate: RATE, start, gradients };
      const { end } = ask(job, {}, (answer: { end: number[] }) => answer);
      numbers(state.p!).forEach((value, i) => {
        expect(Math.abs(value - end[i]!)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(end[i]!)));
      });
    });
});

/** A net's loss in training mode and the gradients of all its parameters as outputs, and random feeds, parameters in their order. */
function lossOf(net: ArchitectureName, width: number, size: number, batch: number, target: Target) {
  const sequence = net === "lstm";
  const mask = net === "unet";
  const model: ModelGraph = buildArchitecture(
    net,
    {
      input: sequence
        ? { kind: "sequence", steps: size, features: 5 }
        : { kind: "image", channels: 1, size: [size, size] },
      output: mask ? { kind: "mask", classes: 3 } : { kind: "class", classes: 3 },
      normalise: { mean: 0, std: 1 },
      seed: 2,
    },
    width,
  );
  const names = model.parameters.map(({ name }) => name);
  const initializers = new Map(model.graph.initializers);
  const inputs = [...names, ...model.statistics].map((name) => {
    const { type, dims } = initializers.get(name)!;
    initializers.delete(name);
    return { name, type, shape: dims };
  });
  const bound = bindDimensions({ ...model.graph, outputs: [] }, { N: batch });
  const open = { ...bound, inputs: [...bound.inputs, ...inputs], initializers };
  const { graph: forward } = withBatchStatistics(open, model.statistics, (name) => `next/${name}`, target);
  const b = GraphBuilder.from(forward);
  const objective = mask ? maskObjective({ kind: "cross-entropy" }) : classObjective();
  b.output(b.as("loss").identity(objective.write(b)));
  const found = gradient(b.build(), "loss", names, target);
  const out = GraphBuilder.from(found.graph);
  for (const name of names) out.output(out.as(`d/${name}`).identity(out.value(found.gradients.get(name)!)));

  const random = createRandom(8, size);
  const floats = (dims: readonly number[], make: (i: number) => number) =>
    floatTensor(
      dims,
      Float32Array.from({ length: elementCount(dims) }, (_, i) => make(i)),
    );
  const feeds: Record<string, Tensor> = {
    [model.input.kind]: floats(sequence ? [batch, size, 5] : [batch, 1, size, size], () => random.uniform() - 0.3),
    target: mask
      ? floats([batch, size, size], () => random.below(3))
      : floats([batch, 3], (i) => Number(i % 3 === Math.floor(i / 3) % 3)),
  };
  for (const name of names) feeds[name] = model.graph.initializers.get(name)!;
  // Running statistics do not matter in training mode; PyTorch is not told of them.
  const statistics = Object.fromEntries(model.statistics.map((name) => [name, model.graph.initializers.get(name)!]));
  return { graph: out.build(), feeds, statistics, names };
}
