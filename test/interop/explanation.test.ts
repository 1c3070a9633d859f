// Maps beside PyTorch's autograd with the same weights (Debian: python3-torch), in float64 there and float32 here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { askClass, Explainer } from "../../main/explanation/explainer.ts";
import { integratedGradients, mapOf, smoothGradient } from "../../main/explanation/maps.ts";
import { elementCount, floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { type ArchitectureName, buildArchitecture } from "../../main/models/build-model.ts";
import { inferenceModel } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";

const reference = fileURLToPath(new URL("torch_reference.py", import.meta.url));
/** Largest difference over the largest value of a map. */
const TOLERANCE = 1e-4;
const [CHOSEN, CLASSES, SAMPLES, STEPS] = [1, 3, 12, 20];

const nets: readonly { net: ArchitectureName; width: number; size: number; stage: boolean }[] = [
  { net: "convnet", width: 8, size: 32, stage: true },
  { net: "resnet18", width: 8, size: 32, stage: true },
  { net: "vit-tiny", width: 64, size: 32, stage: false },
];

for (const { net, width, size, stage } of nets)
  describe(`maps of a ${net} equal PyTorch's by autograd with the same weights`, async () => {
    const random = createRandom(11, size);
    const model = buildArchitecture(
      net,
      {
        input: { kind: "image", channels: 1, size: [size, size] },
        output: { kind: "class", classes: CLASSES },
        normalise: { mean: 0, std: 1 },
        seed: 2,
      },
      width,
    );
    // As training leaves them: statistics neither 0 nor 1, a last layer that is not empty.
    const weights = new Map<string, Tensor>();
    for (const name of [...model.parameters.map((parameter) => parameter.name), ...model.statistics]) {
      const { dims, data } = model.graph.initializers.get(name)!;
      const length = elementCount(dims);
      const drawn = model.statistics.includes(name)
        ? Float32Array.from({ length }, () => (name.endsWith(".mean") ? 0.1 * random.normal() : 0.1 + random.uniform()))
        : name === "logits.weight"
          ? Float32Array.from({ length }, () => 0.1 * random.normal())
          : (data as Float32Array);
      weights.set(name, floatTensor(dims, drawn));
    }
    const draw = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * random.uniform());
    const area = size * size;
    const [image, noise, baseline] = [draw(area, 1), draw(SAMPLES * area, 0.3), draw(area, 0.5)];
    const explainer = new Explainer({ graph: inferenceModel(model, weights), threads: 2 });
    const at = { explainer, image, question: askClass(CHOSEN, CLASSES), seed: 1 };
    const slope = await explainer.gradients(image, at.question);
    const ours: [name: string, values: Float32Array][] = [
      ["input gradient", slope],
      ["gradient × input", slope.map((value, i) => value * image[i]!)],
      ["SmoothGrad", await smoothGradient(at, noise)],
      ["integrated gradients", await integratedGradients(at, baseline, STEPS)],
    ];
    if (stage) {
      for (const method of ["grad-cam", "grad-cam++", "layer-cam"] as const) {
        ours.push([method, (await mapOf(method, at)).values]);
      }
    }
    await explainer.dispose();

    const given = [
      ["input", floatTensor([1, 1, size, size], image)],
      ["noise", floatTensor([SAMPLES, 1, size, size], noise)],
      ["baseline", floatTensor([1, 1, size, size], baseline)],
      ...weights,
    ] as const;
    const flat = Float32Array.from(given.flatMap(([, { data }]) => Array.from(data as Float32Array)));
    const job = { kind: "maps", net, class: CHOSEN, steps: STEPS, stage };
    const folder = mkdtempSync(join(tmpdir(), "loupe-maps-"));
    const { theirs, sizes } = (() => {
      try {
        writeFileSync(
          join(folder, "job.json"),
          JSON.stringify({ ...job, tensors: given.map(([name, { dims }]) => [name, dims]) }),
        );
        writeFileSync(join(folder, "tensors.bin"), new Uint8Array(flat.buffer));
        execFileSync("/usr/bin/python3", [reference, folder], { stdio: ["ignore", "ignore", "pipe"] });
        const { sizes } = JSON.parse(readFileSync(join(folder, "answer.json"), "utf8")) as { sizes: number[] };
        return { sizes, theirs: new Float64Array(new Uint8Array(readFileSync(join(folder, "maps.bin"))).buffer) };
      } finally {
        rmSync(folder, { recursive: true });
      }
    })();
    let from = 0;
    for (const [i, [name, values]] of ours.entries()) {
      const exact = theirs.slice(from, (from += sizes[i]!));
      test(name, () => {
        expect(values.length).toBe(exact.length);
        const largest = Math.max(...exact.map(Math.abs));
        expect(largest).toBeGreaterThan(0);
        const off = Math.max(...exact.map((value, k) => Math.abs(value - values[k]!)));
        expect(off / largest).toBeLessThan(TOLERANCE);
      });
    }
  });
