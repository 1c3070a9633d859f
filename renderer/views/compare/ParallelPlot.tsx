// Parallel coordinates: one axis for each part of the recipe that the found runs differ in, and the AUC they reached; a line is a run.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { baseOption } from "../../ui/plots/chart-option.ts";
import { PlotFigure } from "../../ui/plots/PlotFigure.tsx";
import { seriesColour } from "../../ui/plots/palette.ts";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import type { OverviewPlotProps } from "./OverviewPlots.tsx";
import { COLUMNS, type ColumnId, isRecipeColumn, NUMBERS } from "./run-columns.ts";
import { useColumnText } from "./use-column-text.ts";

/** More axes than this cannot be followed by eye. */
const MOST_AXES = 8;
const MOST_ROWS = 200;
/** Rates and decays run over magnitudes. */
const LOGARITHMIC = new Set<ColumnId>(["learningRate", "parameters"]);

export function ParallelPlot({ rows, chosen }: OverviewPlotProps) {
  const { t } = useTranslation("compare");
  const { columnName, valueText } = useColumnText();
  const figures = useFigures();
  const palette = usePlotPalette();
  // A run without a result has no place on the last axis.
  const drawn = useMemo(() => rows.filter(({ run }) => run.validationAuc !== null), [rows]);
  const axes = useMemo(() => {
    const differing = COLUMNS.filter((id) => {
      if (!isRecipeColumn(id) && id !== "parameters") return false;
      return new Set(drawn.map(({ values }) => values[id])).size > 1;
    });
    return [...differing.slice(0, MOST_AXES - 1), "validationAuc" as const];
  }, [drawn]);

  const option = useMemo(() => {
    const base = baseOption(palette);
    const isNumber = (id: ColumnId) => NUMBERS.includes(id);
    const line = (index: number) => ({ color: seriesColour(palette, index), width: 2.5, opacity: 1 });
    return {
      ...base,
      tooltip: { ...(base.tooltip as object), trigger: "item", formatter: ({ name }: { name: string }) => name },
      parallel: { left: 60, right: 70, top: 40, bottom: 24 },
      parallelAxis: axes.map((id, dim) => ({
        dim,
        name: columnName(id),
        type: isNumber(id) ? (LOGARITHMIC.has(id) ? "log" : "value") : "category",
        scale: true,
        data: isNumber(id) ? undefined : [...new Set(drawn.map(({ values }) => String(values[id] ?? "")))].sort(),
        nameTextStyle: { color: palette.ink },
        axisLabel: {
          color: palette.muted,
          hideOverlap: true,
          formatter: (value: string | number) =>
            typeof value === "number" ? figures.significant(value) : valueText(id, value),
        },
        axisLine: { lineStyle: { color: palette.muted } },
      })),
      series: [
        {
          type: "parallel",
          lineStyle: { color: palette.muted, width: 1, opacity: drawn.length > 50 ? 0.25 : 0.6 },
          data: drawn.map(({ run, values }) => ({
            name: run.name,
            value: axes.map((id) => values[id] ?? "-"),
            ...(chosen.includes(run.id) ? { lineStyle: line(chosen.indexOf(run.id)) } : {}),
          })),
        },
      ],
    };
  }, [drawn, axes, chosen, palette, figures, columnName, valueText]);

  const shown = drawn.slice(0, MOST_ROWS);
  return (
    <PlotFigure
      title={t("picture.parallelTitle")}
      summary={t("picture.parallelSummary", { count: drawn.length, axes: axes.map(columnName).join(", ") })}
      option={option}
      height={340}
      table={{
        columns: [t("column.name"), ...axes.map(columnName)],
        rows: shown.map(({ run, values }) => [run.name, ...axes.map((id) => valueText(id, values[id]))]),
        note: drawn.length > shown.length ? t("picture.more", { shown: shown.length, all: drawn.length }) : undefined,
      }}
    />
  );
}
