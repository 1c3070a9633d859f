// The recipes of the compared runs, field by field; what differs is marked by a sign and weight as well as colour.
import { Stack, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../../preload/contract/index.ts";
import { fieldLeaf } from "../runs/recipe-fields.ts";
import { useFieldText } from "../runs/use-field-text.ts";
import classes from "./compare.module.css";
import { diffRecipes } from "./recipe-diff.ts";

export function RecipeDiffTable({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation("compare");
  const { t: tRuns } = useTranslation("runs");
  const text = useFieldText();
  const [onlyDifferences, setOnlyDifferences] = useState(true);
  const rows = diffRecipes(runs.map(({ recipe }) => recipe));
  const shown = onlyDifferences ? rows.filter(({ differs }) => differs) : rows;
  return (
    <Stack gap="sm">
      <Switch
        label={t("recipes.onlyDifferences")}
        checked={onlyDifferences}
        onChange={(event) => setOnlyDifferences(event.currentTarget.checked)}
      />
      {shown.length === 0 ? (
        <Text c="dimmed">{t("recipes.same")}</Text>
      ) : (
        <Table.ScrollContainer
          minWidth={200 + 160 * runs.length}
          scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("section.recipes") } }}
        >
          <Table fz="sm" aria-label={t("section.recipes")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("recipes.field")}</Table.Th>
                {runs.map((run) => (
                  <Table.Th key={run.id} scope="col">
                    {run.name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((row) => (
                <Table.Tr key={row.field} className={row.differs ? classes.differs : undefined}>
                  <Table.Th scope="row" fw={500}>
                    {tRuns(`field.${fieldLeaf(row.field)}`)}
                    {row.differs ? (
                      <>
                        <span aria-hidden> ≠</span>
                        <span className="visually-hidden"> ({t("recipes.differs")})</span>
                      </>
                    ) : null}
                  </Table.Th>
                  {row.values.map((value, index) => (
                    <Table.Td key={runs[index].id} fw={row.differs ? 600 : undefined}>
                      {text(row.field, value)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}
