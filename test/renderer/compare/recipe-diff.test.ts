import { expect, test } from "vitest";
import { recipeSchema } from "../../../preload/contract/index.ts";
import { diffRecipes } from "../../../renderer/views/compare/recipe-diff.ts";

const base = recipeSchema.parse({
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

test("only the fields that differ are marked", () => {
  const rows = diffRecipes([base, { ...base, epochs: 20, seed: 2 }]);
  expect(rows.filter(({ differs }) => differs).map(({ field, values }) => ({ field, values }))).toEqual([
    { field: "epochs", values: [10, 20] },
    { field: "seed", values: [1, 2] },
  ]);
});

test("a field that means nothing for one recipe has no value there, and differs", () => {
  const rows = diffRecipes([base, { ...base, architecture: "logistic" }]);
  expect(rows.find(({ field }) => field === "width")).toEqual({ field: "width", values: [16, null], differs: true });
});

test("parts of an augmentation appear only where some recipe has one", () => {
  expect(diffRecipes([base, base]).some(({ field }) => field.startsWith("augment."))).toBe(false);
  const augmented = recipeSchema.parse({
    ...base,
    augment: { shift: 0.1, rotate: 0, scale: 0, flip: false, intensity: 0 },
  });
  expect(diffRecipes([base, augmented]).find(({ field }) => field === "augment.shift")?.values).toEqual([null, 0.1]);
});

test("three recipes differ where any of them does", () => {
  const rows = diffRecipes([base, base, { ...base, optimiser: "lamb" }]);
  expect(rows.filter(({ differs }) => differs).map(({ field }) => field)).toEqual(["optimiser"]);
});
