// One metric of one or more runs over steps or epochs: training thin and dashed, validation solid with marks, one colour for each run.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { baseOption, valueAxis } from "./chart-option.ts";
import { type CurveAxis, curveRows, curvesOf, type PlottedRun, smoothed, summarise } from "./curves.ts";
import { NO_FIGURE } from "./figures.ts";
import { PlotFigure } from "./PlotFigure.tsx";
import { seriesColour } from "./palette.ts";
import { useFigures, usePlotPalette } from "./use-plot-style.ts";

/** Metrics that have a plot of their own; loss is cross-entropy in nats, accuracy and AUC are shares. */
export type CurveMetric = "loss" | "accuracy" | "auc" | "learning-rate";

export interface CurvePlotProps {
  runs: readonly PlottedRun[];
  metric: CurveMetric;
  axis: CurveAxis;
  /** Weight in [0, 1) of the exponential mean; validation curves are few points and are never smoothed. */
  smoothing: number;
  height?: number;
}

export function CurvePlot({ runs, metric, axis, smoothing, height }: CurvePlotProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const single = runs.length === 1;
  const curves = useMemo(
    () =>
      curvesOf(runs, metric, axis).map((curve) => {
        const part = t(`part.${curve.part}`);
        return { ...curve, name: single ? part : t("curve.ofRun", { run: curve.runName, part }) };
      }),
    [runs, single, metric, axis, t],
  );
  const better = metric === "loss" ? "lower" : "higher";
  const format = metric === "loss" || metric === "learning-rate" ? figures.significant : figures.decimal;
  const option = useMemo(() => {
    const base = baseOption(palette);
    return {
      ...base,
      tooltip: { ...(base.tooltip as object), trigger: "axis", valueFormatter: (value: number) => format(value) },
      xAxis: valueAxis(palette, { name: t(`axis.${axis}`), min: 0, whole: true, format: figures.integer }, "x"),
      yAxis: valueAxis(palette, { name: t(`metricAxis.${metric}`), format: figures.significant }, "y"),
      series: curves.map((curve) => {
        const shown = curve.part === "train" && metric !== "learning-rate" ? smoothed(curve, smoothing) : curve;
        const colour = seriesColour(palette, single ? (curve.part === "train" ? 5 : 0) : curve.runIndex);
        return {
          type: "line",
          name: curve.name,
          data: shown.x.map((x, i) => [x, shown.y[i]]),
          sampling: "lttb",
          showSymbol: curve.part === "validation" && curve.x.length <= 60,
          symbol: "circle",
          symbolSize: 5,
          itemStyle: { color: colour },
          lineStyle: {
            color: colour,
            width: curve.part === "train" ? 1.5 : 2.5,
            type: curve.part === "train" ? [5, 3] : "solid",
          },
        };
      }),
    };
  }, [curves, single, palette, smoothing, figures, format, axis, metric, t]);

  const summary = curves
    .map((curve) => {
      const { first, last, best, bestAt } = summarise(curve, better);
      return t(metric === "learning-rate" ? "curve.rateSummary" : "curve.summary", {
        curve: curve.name,
        first: format(first),
        last: format(last),
        best: format(best),
        at: t(`at.${axis}`, { value: figures.integer(bestAt) }),
      });
    })
    .join(" ");
  const { rows, total } = useMemo(() => curveRows(curves), [curves]);

  return (
    <PlotFigure
      title={t(`metric.${metric}`)}
      summary={curves.length === 0 ? t("curve.empty") : summary}
      option={option}
      height={height}
      table={{
        columns: [t(`axis.${axis}`), ...curves.map(({ name }) => name)],
        rows: rows.map((row) => [
          figures.significant(row.x),
          ...row.values.map((value) => (value === null ? NO_FIGURE : format(value))),
        ]),
        note: total > rows.length ? t("thinned", { shown: rows.length, total }) : undefined,
      }}
    />
  );
}
