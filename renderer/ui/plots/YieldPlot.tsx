// Whether choosing pays: errors of the model found among 100 labels, of chosen cases and of random ones, round by round, with intervals.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ActiveCurve, ActiveFigures, Figure } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "./chart-option.ts";
import { NO_FIGURE } from "./figures.ts";
import { PlotFigure } from "./PlotFigure.tsx";
import { seriesColour } from "./palette.ts";
import { useFigures, usePlotPalette } from "./use-plot-style.ts";

/** Rounds apart: intervals of both arms of a round stand beside each other. */
const BESIDE = 0.07;
const ARMS = ["active", "random"] as const;
const yieldOf = (figures: ActiveFigures, arm: (typeof ARMS)[number]): Figure =>
  arm === "active" ? figures.yieldActive : figures.yieldRandom;

export function YieldPlot({ rounds, summary }: { rounds: ActiveCurve["rounds"]; summary: string }) {
  const { t } = useTranslation("reading", { keyPrefix: "active" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const option = useMemo(() => {
    const base = baseOption(palette);
    const whole = (value: number) => figures.integer(value);
    return {
      ...base,
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: number[] }) =>
          `${seriesName}\n${t("round")} ${whole(Math.round(value[0]))}: ${figures.decimal(value[1], 1)}`,
      },
      xAxis: valueAxis(palette, { name: t("round"), min: 0, max: rounds.length + 1, whole: true, format: whole }, "x"),
      yAxis: valueAxis(palette, { name: t("yieldAxis"), min: 0, max: 100, format: whole }, "y"),
      series: ARMS.flatMap((arm, index) => {
        const colour = seriesColour(palette, index);
        const points = rounds.flatMap(({ figures: found }, n) => {
          const { value, low, high } = found ? yieldOf(found, arm) : { value: null, low: null, high: null };
          return value === null ? [] : [{ x: n + 1 + (index === 0 ? -BESIDE : BESIDE), value, low, high }];
        });
        return [
          {
            type: "line",
            name: t(`arms.${arm}`),
            data: points.map(({ x, value }) => [x, value]),
            symbol: index === 0 ? "circle" : "diamond",
            symbolSize: 10,
            itemStyle: { color: colour },
            lineStyle: { color: colour, width: 2, type: index === 0 ? "solid" : "dashed" },
          },
          {
            type: "line",
            // The same name: one entry of the legend shows and hides both.
            name: t(`arms.${arm}`),
            data: points.flatMap(({ x, low, high }) =>
              low === null
                ? []
                : [
                    [x, low],
                    [x, high],
                    [x, null],
                  ],
            ),
            symbol: "none",
            silent: true,
            itemStyle: { color: colour },
            lineStyle: { color: colour, width: 2 },
          },
        ];
      }),
    };
  }, [rounds, palette, figures, t]);

  const shown = ({ value, low, high }: Figure, digits: number) =>
    value === null
      ? NO_FIGURE
      : `${figures.decimal(value, digits)}${low === null || high === null ? "" : ` (${figures.decimal(low, digits)} – ${figures.decimal(high, digits)})`}`;
  return (
    <PlotFigure
      title={t("plot")}
      summary={summary}
      option={option}
      table={{
        columns: [
          t("round"),
          t("labelledBefore"),
          t("labels.active"),
          t("labels.random"),
          t("arms.active"),
          t("arms.random"),
          t("gain"),
          t("accuracy"),
          t("auc"),
        ],
        rows: rounds.map(({ name, labelledBefore, figures: found }) => [
          name,
          figures.integer(labelledBefore),
          ...(found
            ? [
                figures.integer(found.read.active),
                figures.integer(found.read.random),
                shown(found.yieldActive, 1),
                shown(found.yieldRandom, 1),
                shown(found.gain, 1),
                shown(found.accuracy, 2),
                shown(found.auc, 2),
              ]
            : [t("hidden"), ...Array.from({ length: 6 }, () => NO_FIGURE)]),
        ]),
      }}
    />
  );
}
