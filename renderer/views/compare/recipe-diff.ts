// Which fields of two or more recipes differ, for the table of the compare view.
import type { Recipe } from "../../../preload/contract/index.ts";
import { type FieldValue, fieldValue, isFieldUsed, RECIPE_FIELDS, type RecipeField } from "../runs/recipe-fields.ts";

export interface RecipeDiffRow {
  field: RecipeField;
  /** One for each recipe; null where the field means nothing for it. */
  values: FieldValue[];
  differs: boolean;
}

/** All fields that mean something for at least one of the recipes, in the order of the form. */
export function diffRecipes(recipes: readonly Recipe[]): RecipeDiffRow[] {
  return RECIPE_FIELDS.filter((field) => recipes.some((recipe) => isFieldUsed(recipe, field))).map((field) => {
    const values = recipes.map((recipe) => (isFieldUsed(recipe, field) ? fieldValue(recipe, field) : null));
    return { field, values, differs: values.some((value) => value !== values[0]) };
  });
}
