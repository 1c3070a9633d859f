// One figure of the found runs against another, with the runs that no other beats (the Pareto front) where both have a good end.
import { Group, Select } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { baseOption, valueAxis } from "../../ui/plots/chart-option.ts";
import { PlotFigure } from "../../ui/plots/PlotFigure.tsx";
import { seriesColour } from "../../ui/plots/palette.ts";
import { paretoFront } from "../../ui/plots/pareto.ts";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import type { OverviewPlotProps } from "./OverviewPlots.tsx";
import { betterEnd, type ColumnId, NUMBERS } from "./run-columns.ts";
import { useColumnText } from "./use-column-text.ts";

const MOST_ROWS = 200;

export function ScatterPlot({ rows, chosen }: OverviewPlotProps) {
  const { t } = useTranslation("compare");
  const { columnName, valueText } = useColumnText();
  const figures = useFigures();
  const palette = usePlotPalette();
  const [xColumn, setX] = useState<ColumnId>("seconds");
  const [yColumn, setY] = useState<ColumnId>("validationAuc");
  const points = useMemo(
    () =>
      rows.flatMap(({ run, values }) => {
        const [x, y] = [values[xColumn], values[yColumn]];
        return typeof x === "number" && typeof y === "number" ? [{ id: run.id, name: run.name, x, y }] : [];
      }),
    [rows, xColumn, yColumn],
  );
  const front = useMemo(() => {
    const [x, y] = [betterEnd(xColumn), betterEnd(yColumn)];
    return x && y && xColumn !== yColumn ? paretoFront(points, { x, y }) : [];
  }, [points, xColumn, yColumn]);

  const option = useMemo(() => {
    const base = baseOption(palette);
    const onFront = front.map((i) => points[i]);
    return {
      ...base,
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ name, value }: { name: string; value: number[] }) =>
          `${name}\n${columnName(xColumn)} ${valueText(xColumn, value[0])}\n${columnName(yColumn)} ${valueText(yColumn, value[1])}`,
      },
      xAxis: valueAxis(palette, { name: axisName(xColumn), format: figures.significant }, "x"),
      yAxis: valueAxis(palette, { name: axisName(yColumn), format: figures.significant }, "y"),
      series: [
        {
          type: "scatter",
          name: t("picture.runs"),
          data: points.map(({ name, x, y, id }) => ({
            name,
            value: [x, y],
            itemStyle: { color: chosen.includes(id) ? seriesColour(palette, chosen.indexOf(id)) : palette.muted },
            symbolSize: chosen.includes(id) ? 12 : 6,
          })),
          itemStyle: { color: palette.muted, opacity: 0.8 },
        },
        ...(onFront.length > 0
          ? [
              {
                type: "line",
                step: "end",
                name: t("picture.front"),
                data: onFront.map(({ name, x, y }) => ({ name, value: [x, y] })),
                symbol: "diamond",
                symbolSize: 9,
                itemStyle: { color: seriesColour(palette, 1) },
                lineStyle: { color: seriesColour(palette, 1), width: 2 },
              },
            ]
          : []),
      ],
    };

    function axisName(column: ColumnId): string {
      return column === "seconds" ? t("picture.axis.time") : columnName(column);
    }
  }, [points, front, chosen, palette, figures, xColumn, yColumn, columnName, valueText, t]);

  const axis = (label: string, value: ColumnId, onChange: (id: ColumnId) => void) => (
    <Select
      size="xs"
      w={200}
      label={label}
      allowDeselect={false}
      value={value}
      onChange={(id) => id && onChange(id)}
      data={NUMBERS.map((id) => ({ value: id, label: columnName(id) }))}
    />
  );
  // The front first: it is what the picture is for.
  const isOnFront = new Set(front);
  const listed = [...front, ...points.keys()].filter((i, at) => at < front.length || !isOnFront.has(i));
  const shown = listed.slice(0, MOST_ROWS);
  return (
    <>
      <Group gap="md">
        {axis(t("picture.x"), xColumn, setX)}
        {axis(t("picture.y"), yColumn, setY)}
      </Group>
      <PlotFigure
        title={t("picture.scatterTitle", { x: columnName(xColumn), y: columnName(yColumn) })}
        summary={
          front.length > 0
            ? t("picture.scatterFront", { count: front.length, all: points.length })
            : t("picture.scatterSummary", { count: points.length })
        }
        option={option}
        height={340}
        table={{
          columns: [t("column.name"), columnName(xColumn), columnName(yColumn), t("picture.front")],
          rows: shown.map((i) => {
            const { name, x, y } = points[i];
            return [name, valueText(xColumn, x), valueText(yColumn, y), isOnFront.has(i) ? "✓" : ""];
          }),
          note:
            listed.length > shown.length ? t("picture.more", { shown: shown.length, all: listed.length }) : undefined,
        }}
      />
    </>
  );
}
