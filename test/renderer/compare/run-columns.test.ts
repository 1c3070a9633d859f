import { expect, test } from "vitest";
import { type Run, recipeSchema } from "../../../preload/contract/index.ts";
import { paretoFront } from "../../../renderer/ui/plots/pareto.ts";
import { filterRows, groupRows, rowsOf, sortRows } from "../../../renderer/views/compare/run-columns.ts";

const recipe = recipeSchema.parse({
  architecture: "convnet",
  inputSize: 64,
  width: 16,
  epochs: 10,
  batchSize: 32,
  optimiser: "adam",
  learningRate: 0.001,
  weightDecay: 0,
  schedule: "cosine",
  balanced: true,
  augment: null,
  patience: null,
  seed: 1,
});
const runOf = (name: string, change: Partial<Run> = {}): Run => ({
  id: name,
  name,
  snapshotId: "s",
  recipe,
  state: "done",
  device: "cpu",
  threads: 2,
  createdAt: "2026-11-28T00:00:00.000Z",
  finishedAt: null,
  seconds: 10,
  waited: 0,
  memory: null,
  step: 10,
  steps: 10,
  parameters: 100,
  bestEpoch: 1,
  validationAuc: 0.9,
  modelId: null,
  jobId: null,
  error: null,
  notes: "",
  tags: [],
  version: null,
  ...change,
});
const rows = rowsOf(
  [
    runOf("small", { validationAuc: 0.8, tags: ["baseline"] }),
    runOf("large", { validationAuc: 0.95, parameters: 9000, recipe: { ...recipe, learningRate: 0.1 } }),
    runOf("plain", { validationAuc: null, recipe: { ...recipe, architecture: "logistic" }, notes: "No depth" }),
  ],
  () => "First",
);
const names = (found: typeof rows) => found.map(({ run }) => run.name);

test("a word is looked for in name, tags, notes, snapshot, state and architecture, in any case", () => {
  expect(names(filterRows(rows, "BASE"))).toEqual(["small"]);
  expect(names(filterRows(rows, "depth"))).toEqual(["plain"]);
  expect(names(filterRows(rows, "convnet first"))).toEqual(["small", "large"]);
  expect(names(filterRows(rows, "  "))).toEqual(["small", "large", "plain"]);
});

test("a limit on a column keeps the runs that have a value within it", () => {
  expect(names(filterRows(rows, "auc>=0.9"))).toEqual(["large"]);
  expect(names(filterRows(rows, "lr<0.01 auc<1"))).toEqual(["small"]);
  expect(names(filterRows(rows, "architecture=logistic"))).toEqual(["plain"]);
  expect(names(filterRows(rows, "epochs=10"))).toHaveLength(3);
  expect(filterRows(rows, "epochs>10")).toEqual([]);
});

test("a run without a value comes last whichever way is sorted", () => {
  expect(names(sortRows(rows, { column: "validationAuc", descending: true }))).toEqual(["large", "small", "plain"]);
  expect(names(sortRows(rows, { column: "validationAuc", descending: false }))).toEqual(["small", "large", "plain"]);
  expect(names(sortRows(rows, { column: "name", descending: false }))).toEqual(["large", "plain", "small"]);
});

test("a field that means nothing for an architecture has no value: logistic has no width", () => {
  expect(rows.map(({ values }) => values.width)).toEqual([16, 16, null]);
});

test("groups say how many runs they have and the best AUC among them", () => {
  const lines = groupRows(rows, "architecture");
  expect(lines.map((line) => (line.kind === "run" ? line.row.run.name : line))).toEqual([
    { kind: "group", value: "convnet", count: 2, bestAuc: 0.95 },
    "small",
    "large",
    { kind: "group", value: "logistic", count: 1, bestAuc: null },
    "plain",
  ]);
});

test("the Pareto front is what a search through all pairs finds, equal points included", () => {
  const points = Array.from({ length: 60 }, (_, i) => ({ x: (i * 37) % 23, y: ((i * 53) % 29) / 29 }));
  const beaten = ({ x, y }: { x: number; y: number }) =>
    points.some((other) => other.x <= x && other.y >= y && (other.x < x || other.y > y));
  const expected = points.flatMap((point, i) => (beaten(point) ? [] : [i]));
  const front = paretoFront(points, { x: "lower", y: "higher" });
  expect(front.toSorted((a, b) => a - b)).toEqual(expected);
  expect(
    paretoFront(
      [
        { x: 1, y: 1 },
        { x: 1, y: 1 },
        { x: 2, y: 1 },
      ],
      { x: "lower", y: "higher" },
    ),
  ).toEqual([0, 1]);
});
