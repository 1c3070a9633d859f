// Every kind of ONNX file that the studio writes, put before ONNX's own checker (Debian: python3-onnx), with full shape inference.
//
// Training steps use com.microsoft.FusedMatMul, for which the checker has no schema: it takes the node because the file imports the
// domain, and infers nothing past it. Their portable form is checked all the way through.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { quantizeDynamic } from "../../main/compression/dynamic.ts";
import { foldBatchNorm } from "../../main/compression/fold.ts";
import { halveWeights } from "../../main/compression/half.ts";
import { quantizableValues, quantizeStatic } from "../../main/compression/quantize.ts";
import { quantizeWeights } from "../../main/compression/weight-only.ts";
import { inputGradientGraph, stageGraph } from "../../main/explanation/saliency.ts";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { floatTensor, type Graph, tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { augmentationGraph } from "../../main/models/augmentation.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { inferenceModel } from "../../main/models/model-graph.ts";
import { trainingStep } from "../../main/models/training-step.ts";

const CHECK = `
import sys, onnx, onnx.checker
for path in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(path), full_check=True)
print(len(sys.argv) - 1)
`;

function expectAccepted(graphs: readonly Graph[]): void {
  const folder = mkdtempSync(join(tmpdir(), "loupe-onnx-"));
  try {
    const paths = graphs.map((graph, i) => {
      const path = join(folder, `${i}-${graph.name}.onnx`);
      writeFileSync(path, writeOnnx(graph));
      return path;
    });
    const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", CHECK, ...paths], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe(String(graphs.length));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const models = (["logistic", "convnet", "resnet18"] as const).flatMap((architecture) =>
  [28, 80].map((inputSize) => buildModel({ architecture, inputSize, width: 4 }, 3, { mean: 0.5, std: 0.25 }, 1)),
);
const steps = (target: "cpu" | "portable") =>
  models.flatMap((model) =>
    (["adam", "sgd"] as const).map(
      (optimiser) => trainingStep(model, { optimiser, batchSize: 4, weightDecay: 0.01 }, target).graph,
    ),
  );

test("inference models are accepted", () => {
  expectAccepted(models.map((model) => inferenceModel(model, model.graph.initializers)));
});

test("portable training steps are accepted", () => expectAccepted(steps("portable")));

test("training steps with the runtime's own operators are accepted", () => expectAccepted(steps("cpu")));

test("augmentation is accepted, with everything that it can do", () =>
  expectAccepted([
    augmentationGraph({ batch: 4, rows: 28, columns: 28 }),
    augmentationGraph({
      batch: 2,
      channels: 3,
      rows: 20,
      columns: 28,
      mask: true,
      steps: ["elastic", "gamma", "blur", "noise", "cutout"],
    }),
  ]));

test("a model with its gradient for an inner map and for the image, any batch, is accepted", () => {
  const graphs = models.flatMap((model) => {
    const b = GraphBuilder.from(model.graph);
    const chosen = b.mul(b.value("logits"), b.input("weights", "float32", ["N", 3]));
    const loss = b.reduceSum(chosen, [0, 1], false);
    const wrt = ["image", ...(model.featureMap === null ? [] : [model.featureMap])];
    const found = gradient(b.build(), loss.name, wrt);
    const back = GraphBuilder.from(found.graph);
    for (const name of found.gradients.values()) back.output(back.value(name));
    return back.build();
  });
  expectAccepted(graphs);
});

test("compressed models and the maps that explain models are accepted", () => {
  const trained = models.map((model) => inferenceModel(model, model.graph.initializers));
  const compressed = trained.map((graph) => {
    const folded = foldBatchNorm(graph);
    return quantizeStatic(folded, new Map(quantizableValues(folded).map((name) => [name, { min: -1, max: 2 }])));
  });
  expect(compressed.every((graph) => graph.nodes.some((node) => node.op === "QuantizeLinear"))).toBe(true);
  const smaller = trained.flatMap((graph) => {
    const none: ReadonlySet<string> = new Set();
    return [
      quantizeDynamic(graph, none),
      quantizeWeights(graph, 8, none),
      quantizeWeights(graph, 4, none),
      halveWeights(graph, none),
    ];
  });
  const convolutional = trained.filter((graph) => graph.nodes.some((node) => node.op === "Conv"));
  const methods = ["grad-cam", "grad-cam++", "layer-cam"] as const;
  const stages = convolutional.flatMap((graph) => methods.map((method) => stageGraph(graph, method)));
  expectAccepted([...compressed, ...smaller, ...stages, ...trained.map((graph) => inputGradientGraph(graph))]);
});

test("8-bit codes per channel are accepted", () => {
  const b = new GraphBuilder("codes");
  const x = b.input("x", "float32", ["N", 2, 4, 4]);
  const codes = b.quantizeLinear(x, b.scalar(0.1), b.constant(tensor("uint8", [], Uint8Array.of(3))));
  const real = b.dequantizeLinear(codes, b.scalar(0.1), b.constant(tensor("uint8", [], Uint8Array.of(3))));
  const weight = b.dequantizeLinear(
    b.constant(tensor("int8", [3, 2, 1, 1], Int8Array.of(1, -2, 3, -4, 5, -6))),
    b.constant(floatTensor([3], [0.1, 0.2, 0.3])),
    b.constant(tensor("int8", [3], new Int8Array(3))),
    0,
  );
  b.output(b.conv(real, weight));
  expectAccepted([b.build()]);
});
