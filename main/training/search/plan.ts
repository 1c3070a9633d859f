// What a search varies, as recipes: which spaces make sense, the way from a configuration to a recipe and back, and a space to begin with.
import {
  AppError,
  isSearchable,
  type Recipe,
  recipeSchema,
  recipeWith,
  type SearchParameter,
  type SearchPlan,
  type SearchValue,
} from "../../../preload/contract/index.ts";
import { ARCHITECTURES } from "../../models/build-model.ts";
import { type Configuration, checkSpace, exists, type Parameter, type SearchSpace } from "./space.ts";

/** Throws search/space with what is wrong and what to do. */
export function checkPlan({ recipe, space, halving }: Pick<SearchPlan, "recipe" | "space" | "halving">): void {
  try {
    checkSpace(space);
  } catch (error) {
    if (error instanceof RangeError) throw new AppError("search/space", error.message);
    throw error;
  }
  for (const parameter of space) {
    const { name } = parameter;
    if (!isSearchable(name)) throw new AppError("search/space", `A search cannot vary "${name}". Take it out.`);
    if (recipe.startFrom !== null && ["architecture", "width", "depth"].includes(name)) {
      throw new AppError(
        "search/space",
        `Trials that start from a model have its layers: take "${name}" out, or start from nothing.`,
      );
    }
    for (const value of parameter.kind === "choice" ? parameter.options : [parameter.low, parameter.high]) {
      const found = recipeSchema.safeParse(recipeWith(recipe, { [name]: value }));
      if (!found.success) {
        throw new AppError("search/space", `No recipe can have ${String(value)} as "${name}". Choose other ends.`);
      }
    }
  }
  if (halving === null) return;
  if (space.some(({ name }) => name === "epochs")) {
    throw new AppError(
      "search/space",
      'Trials that may be stopped early all plan the same epochs: take "epochs" out, or train every trial to its end.',
    );
  }
  if (halving.shortest >= recipe.epochs) {
    throw new AppError(
      "search/space",
      `Trials get ${halving.shortest} epochs at least and ${recipe.epochs} at most: make the first number smaller.`,
    );
  }
}

/** The recipe of a trial. Throws search/space where fields do not go together. */
export function recipeAt(recipe: Recipe, configuration: Configuration): Recipe {
  const found = recipeSchema.safeParse(recipeWith(recipe, configuration));
  if (found.success) return found.data;
  throw new AppError("search/space", "A configuration of this space is no recipe. Narrow the ranges.");
}

/** Where a recipe lies in the space, or null where it differs from the plan's in something that is not varied, or lies outside. */
export function configurationOf(
  { recipe, space }: { recipe: Recipe; space: SearchSpace },
  other: Recipe,
): Configuration | null {
  const configuration: Record<string, SearchValue> = {};
  for (const parameter of space) {
    if (!exists(parameter, configuration)) continue;
    const value = fieldOf(other, parameter.name);
    if (value === null || !isWithin(parameter, value)) return null;
    configuration[parameter.name] = value;
  }
  const same = recipeSchema.safeParse(recipeWith(recipe, configuration));
  return same.success && JSON.stringify(same.data) === JSON.stringify(recipeSchema.parse(other)) ? configuration : null;
}

function fieldOf(recipe: Recipe, name: string): SearchValue | null {
  const [field, inner] = name.split(".") as [string, string | undefined];
  const outer = (recipe as Record<string, unknown>)[field];
  const value = inner === undefined ? outer : (outer as Record<string, unknown> | null)?.[inner];
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean" ? value : null;
}

const isWithin = (parameter: Parameter, value: SearchValue): boolean =>
  parameter.kind === "choice"
    ? parameter.options.includes(value)
    : Number(value) >= parameter.low && Number(value) <= parameter.high;

const rounded = (value: number): number => Number(value.toPrecision(2));

/** What is worth varying around a recipe: the rate first, then what holds it back, then size. */
export function suggestSpace(recipe: Recipe): SearchParameter[] {
  const { learningRate, architecture, startFrom, augment } = recipe;
  const space: SearchParameter[] = [
    {
      name: "learningRate",
      kind: "float",
      low: rounded(learningRate / 30),
      high: Math.min(1, rounded(learningRate * 10)),
      log: true,
    },
    { name: "weightDecay", kind: "float", low: 1e-6, high: 0.1, log: true },
    { name: "dropout", kind: "float", low: 0, high: 0.5 },
    { name: "labelSmoothing", kind: "float", low: 0, high: 0.2 },
  ];
  if (augment !== null) {
    space.push({ name: "augment.rotate", kind: "float", low: 0, high: Math.max(20, augment.rotate) });
  }
  return startFrom === null ? [...space, ...sizes(recipe), ...depths(architecture)] : space;
}

function sizes({ architecture, width }: Recipe): SearchParameter[] {
  const limits = ARCHITECTURES[architecture].width;
  if (limits === null) return [];
  const { least, most, of } = limits;
  const fitted = (value: number): number => Math.min(most, Math.max(least, of * Math.round(value / of)));
  if (of === 1) return [{ name: "width", kind: "integer", low: fitted(width / 2), high: fitted(2 * width), log: true }];
  return [
    { name: "width", kind: "choice", options: [...new Set([fitted(width / 2), fitted(width), fitted(2 * width)])] },
  ];
}

const DEPTHS: Partial<Record<Recipe["architecture"], readonly [number, number]>> = {
  mlp: [1, 4],
  convnet: [2, 5],
  resnet18: [1, 3],
  resnet34: [2, 6],
  resnet50: [2, 6],
};
function depths(architecture: Recipe["architecture"]): SearchParameter[] {
  const found = DEPTHS[architecture];
  return found ? [{ name: "depth", kind: "integer", low: found[0], high: found[1] }] : [];
}
