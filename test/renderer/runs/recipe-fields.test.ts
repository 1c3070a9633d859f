import { expect, test } from "vitest";
import type { Recipe } from "../../../preload/contract/index.ts";
import {
  checkRecipe,
  fieldLeaf,
  fieldValue,
  isFieldUsed,
  RECIPE_FIELDS,
} from "../../../renderer/views/runs/recipe-fields.ts";

const recipe: Recipe = {
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
  augment: { shift: 0.05, rotate: 10, scale: 0.1, flip: false, intensity: 0.1 },
  patience: null,
  seed: 1,
};

test("every field of a recipe has a row, augmentation with each of its parts", () => {
  const keys = [...Object.keys(recipe), ...Object.keys(recipe.augment ?? {}).map((key) => `augment.${key}`)];
  expect([...RECIPE_FIELDS].sort()).toEqual(keys.sort());
});

test("a complete recipe passes unchanged", () => {
  expect(checkRecipe(recipe)).toEqual({ recipe, problems: null });
});

test("each refused field says which limit of the contract it breaks", () => {
  const { problems } = checkRecipe({
    ...recipe,
    epochs: 0,
    batchSize: 600,
    learningRate: 0,
    inputSize: 64.5,
    width: null,
  });
  expect(problems).toEqual({
    epochs: { kind: "tooSmall", limit: 1, exclusive: false },
    batchSize: { kind: "tooLarge", limit: 512 },
    learningRate: { kind: "tooSmall", limit: 0, exclusive: true },
    inputSize: { kind: "notWhole" },
    width: { kind: "needed" },
  });
});

test("a refused part of the augmentation is found by its own field", () => {
  const { problems } = checkRecipe({
    ...recipe,
    augment: { shift: 0.9, rotate: null, scale: 0, flip: true, intensity: 0 },
  });
  expect(problems).toEqual({ "augment.shift": { kind: "tooLarge", limit: 0.5 }, "augment.rotate": { kind: "needed" } });
});

test("a logistic regression has no width, and parts of an augmentation that is off mean nothing", () => {
  const plain: Recipe = { ...recipe, architecture: "logistic", augment: null };
  expect(isFieldUsed(plain, "width")).toBe(false);
  expect(isFieldUsed(plain, "augment.shift")).toBe(false);
  expect(fieldValue(plain, "augment")).toBe(false);
  expect(fieldValue(recipe, "augment.shift")).toBe(0.05);
  expect(fieldLeaf("augment.shift")).toBe("shift");
});
