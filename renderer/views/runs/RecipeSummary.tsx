// A recipe to read: the fields that mean something for it.
import { SimpleGrid, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Recipe } from "../../../preload/contract/index.ts";
import { fieldLeaf, fieldValue, isFieldUsed, RECIPE_FIELDS } from "./recipe-fields.ts";
import { useFieldText } from "./use-field-text.ts";

export function RecipeSummary({ recipe }: { recipe: Recipe }) {
  const { t } = useTranslation("runs");
  const text = useFieldText();
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" component="dl" m={0}>
      {RECIPE_FIELDS.filter((field) => isFieldUsed(recipe, field)).map((field) => (
        <div key={field}>
          <Text component="dt" size="xs" c="dimmed">
            {t(`field.${fieldLeaf(field)}`)}
          </Text>
          <Text component="dd" size="sm" m={0}>
            {text(field, fieldValue(recipe, field))}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}
