// Reliability diagram: how often the model is right among the cases where it says it is so sure, with the number of cases below.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Evaluation } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "./chart-option.ts";
import { PlotFigure } from "./PlotFigure.tsx";
import { seriesColour } from "./palette.ts";
import { useFigures, usePlotPalette } from "./use-plot-style.ts";

export interface CalibrationPlotProps {
  calibration: Evaluation["calibration"];
  /** Whose it is, where several stand side by side. */
  name?: string;
  height?: number;
}

export function CalibrationPlot({ calibration, name, height = 320 }: CalibrationPlotProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const filled = useMemo(() => calibration.bins.filter((bin) => bin.count > 0), [calibration]);

  const option = useMemo(() => {
    const base = baseOption(palette);
    const share = { min: 0, max: 1, format: (value: number) => figures.decimal(value, 1) };
    const most = Math.max(1, ...filled.map((bin) => bin.count));
    return {
      ...base,
      grid: [
        { left: 60, right: 16, top: 30, bottom: 130 },
        { left: 60, right: 16, height: 50, bottom: 40 },
      ],
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ dataIndex, seriesIndex }: { dataIndex: number; seriesIndex: number }) => {
          const bin = filled[dataIndex];
          if (seriesIndex === 0 || !bin) return t("calibration.perfect");
          return `${t("calibration.confidence")} ${figures.percent(bin.confidence)}\n${t("calibration.accuracy")} ${figures.percent(bin.accuracy)}\n${t("calibration.count")} ${figures.integer(bin.count)}`;
        },
      },
      xAxis: [
        { ...valueAxis(palette, { name: "", ...share }, "x"), gridIndex: 0, axisLabel: { show: false } },
        { ...valueAxis(palette, { name: t("calibration.confidence"), ...share }, "x"), gridIndex: 1 },
      ],
      yAxis: [
        { ...valueAxis(palette, { name: t("calibration.accuracy"), ...share }, "y"), gridIndex: 0 },
        {
          ...valueAxis(
            palette,
            { name: t("calibration.count"), min: 0, max: most, whole: true, format: figures.integer },
            "y",
          ),
          gridIndex: 1,
          splitNumber: 1,
        },
      ],
      series: [
        {
          type: "line",
          name: t("calibration.perfect"),
          data: [
            [0, 0],
            [1, 1],
          ],
          symbol: "none",
          silent: true,
          itemStyle: { color: palette.muted },
          lineStyle: { color: palette.muted, width: 1, type: "dashed" },
        },
        {
          type: "line",
          name: t("calibration.model"),
          data: filled.map((bin) => [bin.confidence, bin.accuracy]),
          symbol: "circle",
          symbolSize: 8,
          itemStyle: { color: seriesColour(palette, 0) },
          lineStyle: { color: seriesColour(palette, 0), width: 2.5 },
        },
        {
          type: "bar",
          name: t("calibration.count"),
          xAxisIndex: 1,
          yAxisIndex: 1,
          barWidth: 12,
          data: filled.map((bin) => [bin.confidence, bin.count]),
          itemStyle: { color: palette.muted },
        },
      ],
    };
  }, [filled, palette, figures, t]);

  return (
    <PlotFigure
      title={name === undefined ? t("calibration.title") : t("calibration.titleOf", { name })}
      summary={t("calibration.summary", { ece: figures.decimal(calibration.ece) })}
      option={option}
      height={height}
      table={{
        columns: [t("calibration.confidence"), t("calibration.accuracy"), t("calibration.count")],
        rows: filled.map((bin) => [
          figures.percent(bin.confidence),
          figures.percent(bin.accuracy),
          figures.integer(bin.count),
        ]),
      }}
    />
  );
}
