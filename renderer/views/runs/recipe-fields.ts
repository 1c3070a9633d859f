// The fields of a recipe as a form and a comparison show them: order, kind, limits. The limits are read from the contract, so they
// cannot disagree with what the studio accepts.
import { type Architecture, type Recipe, recipeSchema } from "../../../preload/contract/index.ts";

type AugmentPart = keyof NonNullable<Recipe["augment"]>;

/** Dotted for the parts of augmentation. */
export type RecipeField = keyof Recipe | `augment.${AugmentPart}`;

export const RECIPE_FIELDS: readonly RecipeField[] = [
  "architecture",
  "inputSize",
  "width",
  "epochs",
  "batchSize",
  "optimiser",
  "learningRate",
  "weightDecay",
  "schedule",
  "balanced",
  "patience",
  "seed",
  "augment",
  "augment.shift",
  "augment.rotate",
  "augment.scale",
  "augment.flip",
  "augment.intensity",
];

export type FieldValue = string | number | boolean | null;

/** The value of a field; null where augmentation or patience is off. `augment` itself is whether it is on. */
export function fieldValue(recipe: Recipe, field: RecipeField): FieldValue {
  if (field === "augment") return recipe.augment !== null;
  if (field.startsWith("augment.")) {
    return recipe.augment?.[field.slice("augment.".length) as AugmentPart] ?? null;
  }
  return recipe[field as Exclude<keyof Recipe, "augment">];
}

/** The field without its group: its key in the texts. */
export function fieldLeaf(field: RecipeField): keyof Recipe | AugmentPart {
  return field.replace("augment.", "") as keyof Recipe | AugmentPart;
}

/** Fields that mean something for this recipe: a logistic regression has no width, no augmentation hides its parts. */
export function isFieldUsed(
  recipe: { architecture: Architecture; augment: object | null },
  field: RecipeField,
): boolean {
  if (field === "width") return recipe.architecture !== "logistic";
  if (field.startsWith("augment.")) return recipe.augment !== null;
  return true;
}

/** A field whose value is refused, with the limit it breaks. */
export type FieldProblem =
  | { kind: "needed" }
  | { kind: "tooSmall"; limit: number; exclusive: boolean }
  | { kind: "tooLarge"; limit: number }
  | { kind: "notWhole" };

/** A recipe while it is typed: numbers may be missing. */
export type RecipeDraft = {
  [K in keyof Omit<Recipe, "augment">]: Recipe[K] extends number ? number | null : Recipe[K];
} & {
  augment: {
    shift: number | null;
    rotate: number | null;
    scale: number | null;
    flip: boolean;
    intensity: number | null;
  } | null;
};

/** The recipe, or what is wrong with each field. */
export function checkRecipe(
  draft: RecipeDraft,
): { recipe: Recipe; problems: null } | { recipe: null; problems: Partial<Record<RecipeField, FieldProblem>> } {
  const parsed = recipeSchema.safeParse(draft);
  if (parsed.success) return { recipe: parsed.data, problems: null };
  const problems: Partial<Record<RecipeField, FieldProblem>> = {};
  for (const issue of parsed.error.issues) {
    const field = issue.path.join(".") as RecipeField;
    if (issue.code === "too_small") {
      problems[field] ??= { kind: "tooSmall", limit: Number(issue.minimum), exclusive: issue.inclusive === false };
    } else if (issue.code === "too_big") {
      problems[field] ??= { kind: "tooLarge", limit: Number(issue.maximum) };
    } else if (issue.code === "invalid_type" && issue.expected === "int") {
      problems[field] ??= { kind: "notWhole" };
    } else {
      problems[field] ??= { kind: "needed" };
    }
  }
  return { recipe: null, problems };
}

/** Augmentation that a person gets on switching it on: the mild set that suits X-rays (no flip: hearts have a side). */
export const MILD_AUGMENTATION: NonNullable<Recipe["augment"]> = {
  shift: 0.05,
  rotate: 10,
  scale: 0.1,
  flip: false,
  intensity: 0.1,
};
