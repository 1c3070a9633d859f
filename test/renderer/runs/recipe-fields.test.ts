import { expect, test } from "vitest";
import { type Recipe, recipeSchema } from "../../../preload/contract/index.ts";
import {
  checkRecipe,
  choicesOf,
  FIELD_GROUPS,
  fieldLeaf,
  fieldValue,
  isFieldUsed,
  RECIPE_FIELDS,
  withField,
} from "../../../renderer/views/runs/recipe-fields.ts";

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
  augment: { shift: 0.05, rotate: 10, scale: 0.1, flip: false, intensity: 0.1 },
  patience: null,
  seed: 1,
});

test("every field of a recipe has a row, augmentation with each of its parts", () => {
  const keys = [
    ...Object.keys(recipeSchema.shape),
    ...Object.keys(recipe.augment ?? {}).map((key) => `augment.${key}`),
    "fold.index",
    "fold.count",
    "distil.teacher",
    "distil.temperature",
    "distil.weight",
  ];
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
  const { problems } = checkRecipe(withField(withField(recipe, "augment.shift", 0.9), "augment.rotate", null));
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

test("a changed field lands in its place, a section comes with usual values and goes as a whole", () => {
  expect(withField(recipe, "epochs", 3)).toEqual({ ...recipe, epochs: 3 });
  expect(withField(recipe, "augment.rotate", null).augment?.rotate).toBeNull();
  expect(withField(recipe, "augment", false).augment).toBeNull();
  const folded = withField(recipe, "fold", true);
  expect(checkRecipe(folded).problems).toBeNull();
  expect(checkRecipe(withField(folded, "fold.index", 5)).problems).toEqual({
    "fold.index": { kind: "tooLarge", limit: 4 },
  });
});

test("momentum belongs to two optimisers, Nesterov to one, and every choice of the contract can be chosen", () => {
  expect(isFieldUsed(recipe, "momentum")).toBe(false);
  expect(isFieldUsed({ ...recipe, optimiser: "rmsprop" }, "momentum")).toBe(true);
  expect(isFieldUsed({ ...recipe, optimiser: "rmsprop" }, "nesterov")).toBe(false);
  for (const { field, input } of FIELD_GROUPS.flatMap(({ fields }) => fields)) {
    if (input.kind !== "choice") continue;
    const choices = choicesOf(field);
    expect(choices.length).toBeGreaterThan(1);
    for (const choice of choices) expect(checkRecipe({ ...recipe, [field]: choice }).problems).toBeNull();
  }
});

test("a probe has a model to start from, and nothing that varies pictures or concerns frozen layers", () => {
  expect(isFieldUsed(recipe, "probe")).toBe(false);
  const probe = { ...recipe, startFrom: "model", probe: true };
  expect(isFieldUsed(probe, "probe")).toBe(true);
  for (const field of ["augment", "augment.shift", "mixup", "frozenLayers", "testTimeAugmentation"] as const) {
    expect(isFieldUsed({ ...recipe, probe: true }, field)).toBe(isFieldUsed(recipe, field));
    expect(isFieldUsed(probe, field)).toBe(false);
  }
  expect(isFieldUsed(probe, "learningRate")).toBe(true);
});
