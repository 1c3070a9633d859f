import { describe, expect, test } from "vitest";
import { ARCHITECTURES } from "../../main/models/build-model.ts";
import { type ImageFacts, recipesFor } from "../../main/training/recipes.ts";
import { architectureSchema, type Recipe, recipeSchema } from "../../preload/contract/index.ts";

const classes = ["a", "b"].map((id) => ({ id, name: id, color: "#000000" }));
interface Machine {
  minutes?: number;
  stepSeconds?: (recipe: Recipe) => number;
  spacing?: ImageFacts["spacing"];
}
const suggest = (perClass: number[], side: number, machine: Machine = {}) => {
  const { minutes = 10, stepSeconds = () => 0.01, spacing = null } = machine;
  const images = perClass.reduce((sum, n) => sum + n, 0);
  return recipesFor(
    { classes, seed: 3, counts: [{ part: "train", images, patients: images, perClass }] },
    Array.from({ length: Math.max(1, Math.min(images, 9)) }, () => ({
      rows: Math.ceil(side / 2),
      columns: side,
      spacing,
    })),
    { minutes, stepSeconds: async (recipe) => stepSeconds(recipe) },
  );
};
const automatic = async (...args: Parameters<typeof suggest>) => (await suggest(...args))[0]!;
const factsOf = async (...args: Parameters<typeof suggest>) =>
  new Map((await automatic(...args)).reasons.map(({ fact, values }) => [fact, values]));

test("one recipe is recommended, one stands for each architecture, and each is a recipe the contract takes, for any size of set and image", async () => {
  for (const perClass of [
    [0, 0],
    [1, 1],
    [84, 84],
    [388, 3494],
    [50_000, 50_000],
  ]) {
    for (const side of [3, 28, 128, 4096]) {
      const [first, ...others] = await suggest(perClass, side);
      expect(first!.recommended).toBe(true);
      expect(others.map((one) => one.recipe.architecture)).toEqual(architectureSchema.options);
      for (const { recipe, recommended } of others) {
        expect(recommended).toBe(false);
        const { width } = ARCHITECTURES[recipe.architecture];
        if (width) expect([recipe.width >= width.least, recipe.width % width.of]).toEqual([true, 0]);
      }
      for (const { recipe, reasons } of [first!, ...others]) {
        expect(recipeSchema.parse(recipe)).toEqual(recipe);
        expect(recipe.inputSize).toBeLessThanOrEqual(128);
        expect(reasons.length).toBeGreaterThan(0);
      }
    }
  }
});

describe("the automatic recipe", () => {
  test("keeps small images and reduces large ones, and says to how many millimetres a pixel", async () => {
    expect((await automatic([50, 50], 28)).recipe.inputSize).toBe(28);
    expect((await factsOf([50, 50], 28)).get("kept")).toEqual({ side: 28 });
    const facts = await factsOf([50, 50], 960, { spacing: [0.2, 0.2] });
    expect(facts.get("reduced")).toEqual({ side: 96, from: 960 });
    expect(facts.get("resolution")!.millimetres).toBeCloseTo(2, 9);
    expect((await factsOf([50, 50], 960)).has("resolution")).toBe(false);
  });

  test("draws classes equally often when one is much rarer, and only then", async () => {
    const uneven = await automatic([388, 3494], 28);
    expect(uneven.recipe.balanced).toBe(true);
    expect(uneven.reasons.find(({ fact }) => fact === "balanced")!.values.ratio).toBeCloseTo(3494 / 388, 9);
    expect((await automatic([84, 80], 28)).recipe.balanced).toBe(false);
  });

  test("grows with the set: few images get a small net and mild variation, more a deep one, many a wider one", async () => {
    const [few, some, many] = [
      await automatic([80, 80], 28),
      await automatic([2000, 2000], 28),
      await automatic([9000, 9000], 28),
    ];
    expect([few, some, many].map(({ recipe }) => recipe.architecture)).toEqual(["convnet", "resnet18", "resnet18"]);
    expect(some.recipe.width).toBeLessThan(many.recipe.width);
    expect(few.recipe.augment!.blur).toBe(0);
    expect(some.recipe.augment!.blur).toBeGreaterThan(0);
    expect(few.recipe.epochs).toBeGreaterThan(some.recipe.epochs);
  });

  test("takes the small net where the deep one is too slow for the time, before it reduces pictures", async () => {
    const stepSeconds = ({ architecture }: Recipe): number => (architecture === "resnet18" ? 2 : 0.1);
    const { recipe, reasons } = await automatic([2000, 2000], 96, { stepSeconds });
    expect(recipe).toMatchObject({ architecture: "convnet", width: 32, inputSize: 96, epochs: 60 });
    expect(reasons[0]!.fact).toBe("smallNet");
    // Fifty of sixty epochs would fit: more varied images brought more than depth.
    const nearly = await automatic([2000, 2000], 96, {
      stepSeconds: ({ architecture: net }) => (net === "resnet18" ? 0.15 : 0.1),
      minutes: 10,
    });
    expect(nearly.recipe).toMatchObject({ architecture: "convnet", epochs: 60 });
  });

  test("fits its epochs into the time, and first into a smaller picture where the time is very short", async () => {
    const stepSeconds = ({ inputSize }: Recipe): number => inputSize ** 2 / 96 ** 2;
    const plenty = await automatic([2000, 2000], 512, { stepSeconds, minutes: 600 });
    expect(plenty.recipe).toMatchObject({ inputSize: 96, epochs: 60 });
    expect(plenty.reasons.map(({ fact }) => fact)).toContain("enoughSeen");
    const short = await automatic([2000, 2000], 512, { stepSeconds, minutes: 10 });
    expect(short.recipe.inputSize).toBeLessThan(96);
    const { inputSize, epochs, batchSize } = short.recipe;
    const minutes = (epochs * Math.ceil(4000 / batchSize) * stepSeconds(short.recipe)) / 60;
    expect(minutes).toBeLessThan(10);
    expect(short.reasons.find(({ fact }) => fact === "timeLimits")!.values).toEqual({
      epochs,
      wanted: 60,
      minutes: 10,
    });
    expect(inputSize).toBeGreaterThanOrEqual(48);
  });
});
