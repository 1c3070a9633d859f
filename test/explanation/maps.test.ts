// Maps of models whose right answer is known on paper, and the figures that say how far a map can be believed.
import { afterAll, describe, expect, test } from "vitest";
import { askClass, Explainer } from "../../main/explanation/explainer.ts";
import { integratedGradients, mapOf, mapOrFallback, occlusion } from "../../main/explanation/maps.ts";
import { overlapOf } from "../../main/explanation/overlap.ts";
import { fullyRandomised, learntLayers } from "../../main/explanation/randomisation.ts";
import { rankCorrelation, trustOf } from "../../main/explanation/trust.ts";
import { GraphBuilder, type Value } from "../../main/graph/builder.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { createRandom } from "../../main/models/random.ts";

const SIZE = 16;
const AREA = SIZE ** 2;
/** The four pixels that the models below look at. */
const SEEN = [5 * SIZE + 9, 5 * SIZE + 10, 6 * SIZE + 9, 6 * SIZE + 10];
const image = Float32Array.from({ length: AREA }, (_, i) => 0.3 + (SEEN.includes(i) ? 0.6 : 0.1 * Math.sin(i)));
const question = askClass(1, 2);
const open: Explainer[] = [];
afterAll(async () => {
  for (const explainer of open) await explainer.dispose();
});

function explainerOf(graph: Graph): Explainer {
  const explainer = new Explainer({ graph, threads: 1 });
  open.push(explainer);
  return explainer;
}

/** Class 1 is the sum of `between(the four pixels)`, class 0 nothing. */
function looksAtFour(between: (b: GraphBuilder, x: Value) => Value = (_, x) => x): Graph {
  const b = new GraphBuilder("four");
  const pixels = b.flatten(b.input("image", "float32", ["N", 1, SIZE, SIZE]));
  const weights = Float32Array.from({ length: 2 * AREA }, (_, i) => (i % 2 === 1 && SEEN.includes(i >> 1) ? 1 : 0));
  const head = b.initializer("head", floatTensor([AREA, 2], weights));
  const logits = b.as("logits").gemm(between(b, pixels), head);
  b.output(logits);
  b.output(b.as("probabilities").softmax(logits, 1));
  return b.build();
}

/** Class 1 is how bright the picture is along its edges, whatever the weights: they only scale it. */
function looksAtEdges(): Graph {
  const b = new GraphBuilder("edges");
  const x = b.input("image", "float32", ["N", 1, SIZE, SIZE]);
  const square = b.reduceSum(b.mul(b.mul(x, x), b.mul(x, x)), [2, 3], false);
  const head = b.initializer("head", floatTensor([1, 2], [-0.01, 0.01]));
  const logits = b.as("logits").gemm(square, head);
  b.output(logits);
  b.output(b.as("probabilities").softmax(logits, 1));
  return b.build();
}

const topOf = (values: Float32Array) => values.indexOf(Math.max(...values));

describe("maps", () => {
  test("integrated gradients sum up to the difference of the scores, also through a curve", async () => {
    const explainer = explainerOf(looksAtFour((b, x) => b.sigmoid(b.mul(x, 4))));
    const baseline = new Float32Array(AREA).fill(0.1);
    const parts = await integratedGradients({ explainer, image, question }, baseline, 64);
    const score = (of: Float32Array) => SEEN.reduce((sum, i) => sum + 1 / (1 + Math.exp(-4 * of[i]!)), 0);
    expect(parts.reduce((sum, value) => sum + value, 0)).toBeCloseTo(score(image) - score(baseline), 3);
  });

  test("occlusion is highest where covering takes the answer away, and 0 where it changes nothing", async () => {
    const { values } = await occlusion({ explainer: explainerOf(looksAtFour()), image, question });
    expect(SEEN).toContain(topOf(values));
    expect(values[0]).toBeCloseTo(0, 6);
  });

  test("RISE is highest where the answer needs to see, and the same for the same seed", async () => {
    const at = { explainer: explainerOf(looksAtFour((b, x) => b.mul(b.sub(x, 0.6), 4))), image, question, seed: 3 };
    const [map, again] = [await mapOf("rise", at), await mapOf("rise", at)];
    const top = topOf(map.values);
    expect(Math.hypot(Math.floor(top / SIZE) - 5.5, (top % SIZE) - 9.5)).toBeLessThan(2);
    expect(again.values).toEqual(map.values);
  });

  test("a model with an operator without gradient is explained by occlusion, or RISE instead of a stage, and says so", async () => {
    // A counting operator between: its gradient is refused.
    const explainer = explainerOf(looksAtFour((b, x) => b.mul(b.op("Ceil", [b.mul(x, 8)]), 0.25)));
    const at = { explainer, image, question, seed: 1 };
    const found = await mapOrFallback("smoothgrad", at);
    expect(found).toMatchObject({ method: "occlusion", reason: expect.stringContaining("Ceil") });
    expect(SEEN).toContain(topOf(found.map.values));
    expect((await mapOrFallback("occlusion", at)).reason).toBeNull();
  });
});

describe("trust", () => {
  const trust = async (graph: Graph) => {
    const explainer = explainerOf(graph);
    const method = "input-gradient" as const;
    const at = { explainer, image, question, seed: 1 };
    const map = await mapOf(method, at);
    return trustOf({ ...at, method, map, threads: 1, signal: new AbortController().signal });
  };

  test("a map that follows the weights passes the randomisation test", async () => {
    const figures = await trust(looksAtFour());
    expect(figures.passed).toBe(true);
    expect(figures.randomisation).toBeLessThan(0.3);
    // A linear model's gradient is the same everywhere.
    expect(figures.stability).toBeCloseTo(1, 6);
  });

  test("a map that is the picture's whatever was learnt fails it", async () => {
    const figures = await trust(looksAtEdges());
    expect(figures.passed).toBe(false);
    expect(figures.randomisation).toBeGreaterThan(0.9);
  });

  test("taking the map's highest pixels first costs more, and bringing them first gains more, than a random order", async () => {
    const figures = await trust(looksAtFour((b, x) => b.mul(x, 4)));
    expect(figures.deletion).toBeLessThan(figures.randomDeletion);
    expect(figures.insertion).toBeGreaterThan(figures.randomInsertion);
  });

  test("a randomised model keeps its form and the size of its weights, and nothing else", () => {
    const graph = looksAtFour();
    expect(learntLayers(graph)).toEqual([["head"]]);
    const [before, after] = [graph, fullyRandomised(graph, 1)].map(
      (one) => one.initializers.get("head")!.data as Float32Array,
    );
    const size = (values: Float32Array) => Math.hypot(...values);
    expect(after).toHaveLength(before!.length);
    expect(size(after!) / size(before!)).toBeGreaterThan(0.9);
    expect(size(after!) / size(before!)).toBeLessThan(1.1);
    expect(after).not.toEqual(before);
    expect(fullyRandomised(graph, 1)).toEqual(fullyRandomised(graph, 1));
  });

  test("rank correlation is 1 for any rising function, -1 for a falling one, with ties at their mean rank", () => {
    const random = createRandom(5);
    const values = Float32Array.from({ length: 50 }, () => random.normal());
    expect(rankCorrelation(values, values.map(Math.exp))).toBeCloseTo(1, 12);
    expect(
      rankCorrelation(
        values,
        values.map((value) => -value),
      ),
    ).toBeCloseTo(-1, 12);
    // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4]) = 0.9486832980505138
    expect(rankCorrelation(Float32Array.of(1, 2, 2, 3), Float32Array.of(1, 3, 2, 4))).toBeCloseTo(
      0.9486832980505138,
      12,
    );
    expect(rankCorrelation(values, new Float32Array(50))).toBe(0);
  });
});

describe("overlap with what readers drew", () => {
  const [rows, columns] = [100, 100];
  const marked = new Uint8Array(rows * columns);
  for (let y = 40; y < 60; y++) marked.fill(1, y * columns + 20, y * columns + 40);
  const peakAt = (row: number, column: number) => {
    const values = new Float32Array(rows * columns);
    values[row * columns + column] = 2;
    return { rows, columns, values };
  };

  test("the pointing game is won inside and up to 3 % of the side outside", () => {
    expect(overlapOf(peakAt(50, 30), marked, rows, columns)).toMatchObject({ pointing: true, inside: 1 });
    expect(overlapOf(peakAt(50, 42), marked, rows, columns)).toMatchObject({ pointing: true, inside: 0 });
    expect(overlapOf(peakAt(50, 43), marked, rows, columns)!.pointing).toBe(false);
  });

  test("a map that is what was drawn has everything inside and an IoU of 1", () => {
    const values = Float32Array.from(marked);
    expect(overlapOf({ rows, columns, values }, marked, rows, columns)).toEqual({
      pointing: true,
      inside: 1,
      iou: 1,
      share: 0.04,
    });
  });

  test("a map of zeros points nowhere, and nothing is compared where nothing was drawn", () => {
    const map = { rows, columns, values: new Float32Array(rows * columns) };
    expect(overlapOf(map, marked, rows, columns)).toMatchObject({ pointing: false, inside: 0, iou: 0 });
    expect(overlapOf(map, new Uint8Array(rows * columns), rows, columns)).toBeNull();
  });
});
