// What the model's rules do to each group: how many cases each one catches, of how many nobody can tell, and how the model does on what is left to it.
import { Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FairnessGroup, FairnessReport, GroupFigures } from "../../../preload/contract/index.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import classes from "./FairnessSection.module.css";

export interface FairnessRulesProps {
  report: FairnessReport;
  /** What the table above shows. */
  figure: Exclude<keyof GroupFigures, "brier" | "ece" | "bias">;
  nameOf(group: FairnessGroup): string;
}

export function FairnessRules({ report, figure, nameOf }: FairnessRulesProps) {
  const { t } = useTranslation("fairness");
  const { t: rules } = useTranslation("rules");
  const figures = useFigures();
  if (report.rules.length === 0) return null;
  const format = figure === "auc" ? figures.auc : figures.percent;
  const rows = [
    { name: t("all"), group: report.overall },
    ...report.groups.map((group) => ({ name: nameOf(group), group })),
  ];
  return (
    <Stack gap="xs">
      <Text component="h3" fw={600} size="sm">
        {t("rules.title")}
      </Text>
      <div className={classes.scroll}>
        <Table verticalSpacing={6} aria-label={t("rules.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("column.group")}</Table.Th>
              {report.rules.map(({ id, name, action }) => (
                <Table.Th key={id} scope="col" ta="end">
                  {name}
                  <Text size="xs" c="dimmed">
                    {rules(`then.${action}`)}
                  </Text>
                </Table.Th>
              ))}
              <Table.Th scope="col" ta="end">
                {t("rules.left")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("rules.onLeft", { figure: t(`figures.${figure}`) })}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ name, group }, index) => (
              <Table.Tr key={index === 0 ? "all" : group.values.join("\n")}>
                <Table.Th scope="row" fw={index === 0 ? 700 : 500}>
                  {name}
                </Table.Th>
                {group.rules?.caught.map((caught, rule) => {
                  const undecided = group.rules?.undecided[rule] ?? 0;
                  return (
                    <Table.Td key={report.rules[rule].id} className={classes.number}>
                      {t("rules.of", { count: caught, share: figures.percent(caught / group.cases) })}
                      {undecided > 0 && (
                        <Text size="xs" c="dimmed">
                          {t("rules.undecided", { shown: figures.integer(undecided) })}
                        </Text>
                      )}
                    </Table.Td>
                  );
                })}
                <Table.Td className={classes.number}>{figures.integer(group.rules?.left ?? 0)}</Table.Td>
                <Table.Td className={classes.number}>
                  <Left group={group} figure={figure} format={format} minimum={report.minimum} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="xs" c="dimmed">
        {t("rules.legend")}
      </Text>
    </Stack>
  );
}

interface LeftProps extends Pick<FairnessRulesProps, "figure"> {
  group: FairnessGroup;
  format(value: number): string;
  minimum: number;
}

function Left({ group, figure, format, minimum }: LeftProps) {
  const { t } = useTranslation("fairness");
  if (!group.rules?.figures) return t("tooFew", { minimum });
  const found = group.rules.figures[figure];
  if (!found) return t("undefined");
  return `${format(found.value)} (${t("range", { low: format(found.low), high: format(found.high) })})`;
}
