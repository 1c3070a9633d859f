// The frame of every plot: title, picture or table, and a sentence that says what the picture shows.
//
// The picture is a canvas, so the sentence and the table are what a screen reader, a keyboard and a printout get: neither is optional.
import { Box, Button, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { ChartSpline, Table as TableIcon } from "lucide-react";
import { lazy, type ReactNode, Suspense, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./plots.module.css";

const Chart = lazy(() => import("./Chart.tsx"));

export interface PlotTable {
  columns: string[];
  /** Figures already formatted. */
  rows: string[][];
  /** For example that rows were left out. */
  note?: string;
}

export interface PlotFigureProps {
  title: string;
  /** What the plot shows, in one or two sentences with its main figures. */
  summary: string;
  option: EChartsCoreOption;
  table: PlotTable;
  /** CSS px of the picture. */
  height?: number;
  controls?: ReactNode;
}

export function PlotFigure({ title, summary, option, table, height = 280, controls }: PlotFigureProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const [asTable, setAsTable] = useState(false);
  const titleId = useId();
  return (
    <Box component="figure" className={classes.figure} aria-labelledby={titleId}>
      <Group justify="space-between" wrap="nowrap" align="center" gap="xs">
        <Text component="h3" id={titleId} fw={600} size="sm">
          {title}
        </Text>
        <Group gap="xs" wrap="nowrap">
          {controls}
          <Button
            size="compact-xs"
            variant="default"
            aria-pressed={asTable}
            leftSection={asTable ? <ChartSpline size={14} aria-hidden /> : <TableIcon size={14} aria-hidden />}
            onClick={() => setAsTable(!asTable)}
          >
            {t(asTable ? "showAsPlot" : "showAsTable")}
          </Button>
        </Group>
      </Group>
      {asTable ? (
        <FigureTable table={table} label={title} height={height} />
      ) : (
        <Suspense fallback={<Skeleton role="status" height={height} aria-label={t("drawing")} />}>
          <Chart option={option} label={`${title}. ${summary}`} height={height} />
        </Suspense>
      )}
      <Text component="figcaption" size="xs" c="dimmed">
        {summary}
      </Text>
    </Box>
  );
}

function FigureTable({ table, label, height }: { table: PlotTable; label: string; height: number }) {
  return (
    <Stack gap={4}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section className={classes.scroll} style={{ maxHeight: height }} tabIndex={0} aria-label={label}>
        <Table striped withRowBorders={false} stickyHeader fz="xs">
          <Table.Thead>
            <Table.Tr>
              {table.columns.map((column) => (
                <Table.Th key={column} scope="col">
                  {column}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {table.rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own and are never reordered
              <Table.Tr key={index}>
                {row.map((cell, column) => (
                  <Table.Td key={table.columns[column]} className={classes.figures}>
                    {cell}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {table.note ? (
        <Text size="xs" c="dimmed">
          {table.note}
        </Text>
      ) : null}
    </Stack>
  );
}
