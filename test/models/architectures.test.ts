import { describe, expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { inferShapes } from "../../main/graph/infer-shapes.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { inferenceModel, parameterCount } from "../../main/models/model-graph.ts";
import { randomTensor } from "../graph/central-differences.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const NORMALISE = { mean: 0.5, std: 0.25 };
const ALL = ["logistic", "convnet", "resnet18"] as const;

describe("sizes", () => {
  test("resnet18 of width 64 at 224 pixels has the published net's parameters, less the two missing colours", () => {
    const model = buildModel({ architecture: "resnet18", inputSize: 224, width: 64 }, 1000, NORMALISE, 1);
    expect(parameterCount(model)).toBe(11_689_512 - 64 * 2 * 49); // torchvision's count
  });

  test("logistic regression has a weight per pixel and class, and a bias per class", () => {
    const model = buildModel({ architecture: "logistic", inputSize: 28, width: 16 }, 3, NORMALISE, 1);
    expect(parameterCount(model)).toBe(28 * 28 * 3 + 3);
  });

  for (const architecture of ALL)
    for (const inputSize of [8, 28, 65, 512])
      test(`${architecture} can be built for ${inputSize} pixels and says where its last map is`, () => {
        const model = buildModel({ architecture, inputSize, width: 4 }, 2, NORMALISE, 1);
        verifyGraph(model.graph);
        const map = model.featureMap === null ? null : inferShapes(model.graph).get(model.featureMap)!.shape;
        expect(map?.length ?? null).toBe(architecture === "logistic" ? null : 4);
        expect(map?.[0] ?? "N").toBe("N");
      });
});

describe("weights", () => {
  for (const architecture of ["convnet", "resnet18"] as const)
    test(`${architecture}: the same seed gives the same weights bit for bit, another seed others`, () => {
      const build = (seed: number) => buildModel({ architecture, inputSize: 16, width: 4 }, 2, NORMALISE, seed);
      expect(build(5)).toEqual(build(5));
      expect(build(5).graph.initializers).not.toEqual(build(6).graph.initializers);
    });

  test("logistic regression starts undecided: every class equally likely for every image", async () => {
    const { graph } = buildModel({ architecture: "logistic", inputSize: 16, width: 4 }, 4, NORMALISE, 1);
    const found = await runGraph(graph, { image: randomTensor("float32", [2, 1, 16, 16], 2, 0, 1) });
    expect(numbers(found.probabilities!)).toEqual(new Array(8).fill(0.25));
  });

  test("are drawn with He's variance, 2 / inputs", () => {
    const { graph } = buildModel({ architecture: "resnet18", inputSize: 28, width: 32 }, 2, NORMALISE, 7);
    const values = numbers(graph.initializers.get("stage4.block2.conv2.weight")!);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect((variance * 256 * 9) / 2).toBeCloseTo(1, 2);
  });

  test("decay is for weights only, not for biases or batch-norm scales", () => {
    const { parameters } = buildModel({ architecture: "resnet18", inputSize: 28, width: 4 }, 2, NORMALISE, 7);
    for (const { name, decays } of parameters) expect(decays, name).toBe(name.endsWith(".weight"));
  });
});

describe("the model as it is used", () => {
  for (const architecture of ALL)
    test(`${architecture} answers each image alike alone and in a batch; probabilities add up to 1`, async () => {
      const model = buildModel({ architecture, inputSize: 16, width: 4 }, 3, NORMALISE, 1);
      const graph = inferenceModel(model, model.graph.initializers);
      const image = randomTensor("float32", [5, 1, 16, 16], 2, 0, 1);
      const together = await runGraph(graph, { image });
      const first = await runGraph(graph, { image: floatTensor([1, 1, 16, 16], numbers(image).slice(0, 256)) });
      const probabilities = numbers(together.probabilities!);
      expect(together.logits!.dims).toEqual([5, 3]);
      for (let n = 0; n < 5; n++) {
        expect(probabilities.slice(3 * n, 3 * n + 3).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      }
      numbers(first.logits!).forEach((value, k) => {
        expect(value).toBeCloseTo(numbers(together.logits!)[k]!, 4);
      });
    });

  test("refuses weights that are missing or of another shape", () => {
    const model = buildModel({ architecture: "logistic", inputSize: 16, width: 4 }, 2, NORMALISE, 1);
    expect(() => inferenceModel(model, new Map())).toThrow(expect.objectContaining({ code: "graph/invalid" }));
    const wrong = new Map(model.graph.initializers).set("logits.bias", floatTensor([3], [0, 0, 0]));
    expect(() => inferenceModel(model, wrong)).toThrow(/"logits.bias"/);
  });
});
