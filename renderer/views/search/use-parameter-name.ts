// A varied parameter in words: the recipe's field.
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { fieldLeaf, type RecipeField } from "../runs/recipe-fields.ts";

export function useParameterName(): (name: string) => string {
  const { t, i18n } = useTranslation("runs");
  return useCallback(
    (name) => {
      const key = `field.${fieldLeaf(name as RecipeField)}`;
      return i18n.exists(key, { ns: "runs" }) ? t(key as "field.width") : name;
    },
    [t, i18n],
  );
}
