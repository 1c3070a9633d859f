// Precision against recall of one or more models for one class against the rest, with the part of cases that are positive as the floor.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Evaluation, precisionRecall } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "./chart-option.ts";
import { thin } from "./curves.ts";
import { PlotFigure } from "./PlotFigure.tsx";
import { seriesColour } from "./palette.ts";
import { useFigures, usePlotPalette } from "./use-plot-style.ts";

export interface PrecisionRecallPlotProps {
  sources: readonly { name: string; evaluation: Pick<Evaluation, "cases" | "classes"> }[];
  /** The class counted as positive, by id. */
  classId: string;
  height?: number;
}

/** Points of a curve that are drawn: more lie between pixels. */
const MOST_POINTS = 500;

export function PrecisionRecallPlot({ sources, classId, height = 320 }: PrecisionRecallPlotProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const curves = useMemo(
    () =>
      sources.flatMap(({ name, evaluation: { cases, classes } }) => {
        const index = classes.findIndex(({ id }) => id === classId);
        const positive = cases.map(({ truth }) => truth === index);
        const found =
          index < 0
            ? null
            : precisionRecall(
                positive,
                cases.map(({ probabilities }) => probabilities[index]),
              );
        if (found === null) return [];
        return {
          name,
          className: classes[index].name,
          prevalence: positive.filter(Boolean).length / positive.length,
          averagePrecision: found.averagePrecision,
          points: thin(found.points, MOST_POINTS),
        };
      }),
    [sources, classId],
  );
  const option = useMemo(() => {
    const base = baseOption(palette);
    const share = { min: 0, max: 1, format: (value: number) => figures.decimal(value, 1) };
    const prevalence = curves[0]?.prevalence ?? 0;
    return {
      ...base,
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: number[] }) =>
          `${seriesName}\n${t("precisionRecall.recall")} ${figures.percent(value[0])}\n${t("precisionRecall.precision")} ${figures.percent(value[1])}`,
      },
      xAxis: valueAxis(palette, { name: t("precisionRecall.recall"), ...share }, "x"),
      yAxis: valueAxis(palette, { name: t("precisionRecall.precision"), ...share }, "y"),
      series: [
        {
          type: "line",
          name: t("precisionRecall.prevalence"),
          data: [
            [0, prevalence],
            [1, prevalence],
          ],
          symbol: "none",
          silent: true,
          itemStyle: { color: palette.muted },
          lineStyle: { color: palette.muted, width: 1, type: "dashed" },
        },
        ...curves.map((curve, index) => ({
          type: "line",
          name: curve.name,
          step: "start",
          data: curve.points,
          showSymbol: false,
          itemStyle: { color: seriesColour(palette, index) },
          lineStyle: { color: seriesColour(palette, index), width: 2.5 },
        })),
      ],
    };
  }, [curves, palette, figures, t]);
  return (
    <PlotFigure
      title={t("precisionRecall.title", { class: curves[0]?.className ?? "" })}
      summary={curves
        .map(({ name, averagePrecision }) =>
          t("precisionRecall.summary", { name, value: figures.decimal(averagePrecision) }),
        )
        .join(" ")}
      option={option}
      height={height}
      table={{
        columns: [
          t("precisionRecall.curve"),
          t("roc.threshold"),
          t("precisionRecall.recall"),
          t("precisionRecall.precision"),
        ],
        rows: curves.flatMap(({ name, points }) =>
          thin(points, 200).map(([recall, precision, threshold]) => [
            name,
            figures.decimal(threshold),
            figures.percent(recall),
            figures.percent(precision),
          ]),
        ),
        note: curves.some(({ points }) => points.length > 200) ? t("thinnedRoc") : undefined,
      }}
    />
  );
}
