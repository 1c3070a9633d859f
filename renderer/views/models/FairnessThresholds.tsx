// What a threshold of its own would do for each group: chosen on validation, then frozen, and judged on the part that is shown.
import { Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FairnessGroup, FairnessReport } from "../../../preload/contract/index.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import classes from "./FairnessSection.module.css";

const FIGURES = ["sensitivity", "specificity", "accuracy"] as const;

export interface FairnessThresholdsProps {
  report: FairnessReport;
  nameOf(group: FairnessGroup): string;
}

export function FairnessThresholds({ report, nameOf }: FairnessThresholdsProps) {
  const { t } = useTranslation("fairness");
  const figures = useFigures();
  if (report.thresholds.every((one) => one === null)) return null;
  const percent = (value: number | undefined) => (value === undefined ? "–" : figures.percent(value));
  return (
    <Stack gap="xs">
      <Text component="h3" fw={600} size="sm">
        {t("thresholds.title")}
      </Text>
      <div className={classes.scroll}>
        <Table verticalSpacing={6} aria-label={t("thresholds.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("column.group")}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t("thresholds.threshold")}
              </Table.Th>
              {FIGURES.map((figure) => (
                <Table.Th key={figure} scope="col" ta="end">
                  {t(`figures.${figure}`)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.groups.map((group, index) => {
              const own = report.thresholds[index];
              return (
                <Table.Tr key={group.values.join("\n")}>
                  <Table.Th scope="row" fw={500}>
                    {nameOf(group)}
                  </Table.Th>
                  {own ? (
                    <>
                      <Table.Td className={classes.number}>{figures.decimal(own.threshold)}</Table.Td>
                      {FIGURES.map((figure) => (
                        <Table.Td key={figure} className={classes.number}>
                          {t("thresholds.change", {
                            before: percent(group.figures?.[figure]?.value),
                            after: percent(own[figure]?.value),
                          })}
                        </Table.Td>
                      ))}
                    </>
                  ) : (
                    <Table.Td colSpan={4} c="dimmed">
                      {t("thresholds.none")}
                    </Table.Td>
                  )}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="xs" c="dimmed">
        {t("thresholds.legend")}
      </Text>
    </Stack>
  );
}
