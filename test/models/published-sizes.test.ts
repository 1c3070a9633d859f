// Trainable numbers of the published nets (3 channels, 224 pixels, 1000 classes), as torchvision and timm count them.
import { describe, expect, test } from "vitest";
import { verifyGraph } from "../../main/graph/verify.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import type { ModelShape } from "../../main/models/layers.ts";
import { parameterCount } from "../../main/models/model-graph.ts";

const IMAGE_NET: ModelShape = {
  input: { kind: "image", channels: 3, size: [224, 224] },
  output: { kind: "class", classes: 1000 },
  normalise: { mean: 0.5, std: 0.25 },
  seed: 1,
};

const PUBLISHED: Partial<Record<ArchitectureName, number>> = {
  resnet18: 11_689_512,
  resnet34: 21_797_672,
  resnet50: 25_557_032,
  densenet121: 7_978_856,
  "mobilenetv3-large": 5_483_032,
  "mobilenetv3-small": 2_542_856,
  "efficientnet-b0": 5_288_548,
  "convnext-tiny": 28_589_128,
  "vit-tiny": 5_717_416,
  "vit-small": 22_050_664,
};

describe("the published width has the published number of parameters", () => {
  for (const [name, count] of Object.entries(PUBLISHED))
    test(`${name}: ${count}`, () => {
      const model = buildArchitecture(name as ArchitectureName, IMAGE_NET);
      expect(parameterCount(model)).toBe(count);
      verifyGraph(model.graph);
    });
});
