import { expect, test } from "vitest";
import { recipesFor } from "../../main/training/recipes.ts";
import { recipeSchema } from "../../preload/contract/index.ts";

const classes = ["a", "b"].map((id) => ({ id, name: id, color: "#000000" }));
const suggest = (perClass: number[], rows: number, columns = rows) => {
  const images = perClass.reduce((sum, n) => sum + n, 0);
  return recipesFor(
    { classes, seed: 3, counts: [{ part: "train", images, patients: images, perClass }] },
    Array.from({ length: Math.max(1, images) }, () => ({ rows, columns })),
  );
};

test("every suggestion is a recipe the contract takes, for any size of set and image", () => {
  for (const perClass of [
    [0, 0],
    [1, 1],
    [84, 84],
    [388, 3494],
    [50_000, 50_000],
  ]) {
    for (const side of [3, 28, 128, 4096]) {
      const suggestions = suggest(perClass, side, side * 2);
      expect(suggestions.map((one) => one.recipe.architecture).sort()).toEqual(["convnet", "logistic", "resnet18"]);
      for (const { recipe, reason } of suggestions) {
        expect(recipeSchema.parse(recipe)).toEqual(recipe);
        expect(recipe.inputSize).toBeLessThanOrEqual(128);
        expect(reason.trainingImages).toBe(perClass[0]! + perClass[1]!);
        expect(reason.imageSide).toBe(side * 2);
      }
    }
  }
});

test("small images are not blown up beyond the next multiple of four; large ones are reduced", () => {
  expect(suggest([50, 50], 28).map((one) => one.recipe.inputSize)).toEqual([28, 28, 28]);
  expect(Math.max(...suggest([50, 50], 2048).map((one) => one.recipe.inputSize))).toBeLessThanOrEqual(128);
});

test("classes are drawn equally often when one is much rarer, and only then; the reason says so", () => {
  const [uneven, even] = [suggest([388, 3494], 28)[0]!, suggest([84, 80], 28)[0]!];
  expect(uneven.recipe.balanced).toBe(true);
  expect(uneven.reason.uneven).toBe(true);
  expect(even.recipe.balanced).toBe(false);
  expect(even.reason.uneven).toBe(false);
});

test("a small set is looked at more often than a large one", () => {
  expect(suggest([40, 40], 64)[0]!.recipe.epochs).toBeGreaterThan(suggest([4000, 4000], 64)[0]!.recipe.epochs);
});
