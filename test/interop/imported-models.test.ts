// Nets exported by PyTorch in opsets 7 to 17: read, answering as the original file does, fine-tuned for some steps, written again.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { elementCount, floatTensor, type Graph, type Tensor } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { createRandom } from "../../main/models/random.ts";
import { createSession } from "../../main/training/engines/onnx.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

/** The same operators in the same order: rounding is all that may differ. */
const TOLERANCE = 1e-5;
const STEPS = 5;
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

/** Learnt constants as inputs, and the mean square of all answers less 1 as the loss, with its gradients. */
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
  const costs = graph.outputs.map(({ name }) => {
    const off = b.sub(b.value(name), 1);
    return b.reduceMean(b.mul(off, off), [...off.shape.keys()], false);
  });
  const loss = b.as("loss").identity(costs.reduce((sum, cost) => b.add(sum, cost)));
  b.output(loss);
  const found = gradient(b.build(), "loss", learnt);
  const out = GraphBuilder.from(found.graph);
  for (const name of learnt) out.output(out.as(`d/${name}`).identity(out.value(found.gradients.get(name)!)));
  return { graph: out.build(), learnt };
}

describe("a net that PyTorch exported", () => {
  for (const name of names)
    test(`${name}: answers as the file does, learns, and is written again`, async () => {
      const bytes = new Uint8Array(readFileSync(join(folder, `${name}.onnx`)));
      const graph = readOnnx(bytes);
      const { shape } = graph.inputs[0]!;
      const random = createRandom(6);
      const count = elementCount(shape as number[]);
      const x = floatTensor(
        shape as number[],
        Float32Array.from({ length: count }, () => random.uniform()),
      );
      const original = await createSession(bytes, { device: "cpu", threads: 1, use: "inference" });
      const expected = await original.run({ x });
      await original.dispose();
      const same = (found: Record<string, Tensor>, wanted: Record<string, Tensor>) => {
        for (const [output, value] of Object.entries(wanted)) {
          const theirs = numbers(value);
          numbers(found[output]!).forEach((number, i) => {
            expect(Math.abs(number - theirs[i]!), output).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(theirs[i]!)));
          });
        }
      };
      same(await runGraph(graph, { x }), expected);

      const { graph: step, learnt } = fineTuning(graph);
      expect(learnt.length).toBeGreaterThanOrEqual(3);
      let weights: Record<string, Tensor> = Object.fromEntries(
        learnt.map((weight) => [weight, graph.initializers.get(weight)!]),
      );
      const losses: number[] = [];
      for (let at = 0; at < STEPS; at++) {
        const answers = await runGraph(step, { x, ...weights });
        losses.push(numbers(answers.loss!)[0]!);
        weights = Object.fromEntries(
          learnt.map((weight) => {
            const slopes = numbers(answers[`d/${weight}`]!);
            const { dims } = weights[weight]!;
            return [
              weight,
              floatTensor(
                dims,
                numbers(weights[weight]!).map((value, i) => value - 0.02 * slopes[i]!),
              ),
            ];
          }),
        );
      }
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);

      const trained: Graph = { ...graph, initializers: new Map([...graph.initializers, ...Object.entries(weights)]) };
      const again = writeOnnx(trained);
      accepted(again, name);
      same(await runGraph(readOnnx(again), { x }), await runGraph(trained, { x }));
    });
});
