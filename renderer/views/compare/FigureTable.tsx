// Figures of the compared runs; from the second on, each with its difference to the first.
import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { NO_FIGURE } from "../../ui/plots/figures.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import classes from "./compare.module.css";
import type { JudgedRun } from "./use-run-data.ts";

interface FigureRow {
  name: string;
  value: (item: JudgedRun) => number | null;
  format: (value: number) => string;
  /** Text of a difference to the first run. */
  difference: (value: number) => string;
  /** 95 % interval in the row's own format. */
  interval?: (item: JudgedRun) => { low: number; high: number } | null;
}

export function FigureTable({ judged }: { judged: readonly JudgedRun[] }) {
  const { t } = useTranslation("compare");
  const { number, duration } = useFormat();
  const figures = useFigures();
  const signedNumber = (value: number) => figures.signed(value, 0);
  const rows: FigureRow[] = [
    {
      name: judged.some(({ evaluation }) => evaluation.classes.length > 2) ? t("figure.aucMacro") : "AUC",
      value: ({ evaluation }) => evaluation.auc?.value ?? null,
      format: figures.auc,
      difference: figures.signed,
      interval: ({ evaluation }) => evaluation.auc,
    },
    {
      name: t("figure.accuracy"),
      value: ({ evaluation }) => evaluation.accuracy.value,
      format: figures.percent,
      difference: figures.points,
      interval: ({ evaluation }) => evaluation.accuracy,
    },
    {
      name: t("figure.ece"),
      value: ({ evaluation }) => evaluation.calibration.ece,
      format: figures.decimal,
      difference: figures.signed,
    },
    {
      name: t("figure.cases"),
      value: ({ evaluation }) => evaluation.cases.length,
      format: number,
      difference: signedNumber,
    },
    { name: t("figure.parameters"), value: ({ run }) => run.parameters, format: number, difference: signedNumber },
    {
      name: t("figure.seconds"),
      value: ({ run }) => run.seconds,
      format: duration,
      difference: (value) => `${value < 0 ? "−" : "+"}${duration(Math.abs(value))}`,
    },
  ];
  return (
    <Table.ScrollContainer
      minWidth={200 + 160 * judged.length}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("figure.title") } }}
    >
      <Table fz="sm" className={classes.figures} aria-label={t("figure.title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("figure.figure")}</Table.Th>
            {judged.map(({ run }, index) => (
              <Table.Th key={run.id} scope="col">
                {run.name}
                {index === 0 && judged.length > 1 ? ` (${t("figure.reference")})` : ""}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.name}>
              <Table.Th scope="row" fw={500}>
                {row.name}
              </Table.Th>
              {judged.map((item, index) => {
                const value = row.value(item);
                const reference = row.value(judged[0]);
                const interval = row.interval?.(item) ?? null;
                return (
                  <Table.Td key={item.run.id}>
                    {value === null ? NO_FIGURE : row.format(value)}
                    {index > 0 && value !== null && reference !== null ? (
                      <Text span size="sm" fw={600}>
                        {" "}
                        ({row.difference(value - reference)})
                      </Text>
                    ) : null}
                    {interval ? (
                      <Text size="xs" c="dimmed">
                        {t("figure.interval", { low: row.format(interval.low), high: row.format(interval.high) })}
                      </Text>
                    ) : null}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
