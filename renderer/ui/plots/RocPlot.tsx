// Receiver operating characteristic of one or more models for one class against the rest.
//
// Drawn as steps-free straight lines between the points of the contract (ties are one sloped segment, as the AUC counts them), with the
// chance line and the operating point: where the model stands when it simply answers its most probable class.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Evaluation } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "./chart-option.ts";
import { thin } from "./curves.ts";
import { NO_FIGURE } from "./figures.ts";
import { PlotFigure } from "./PlotFigure.tsx";
import { seriesColour } from "./palette.ts";
import { areaUnder, operatingPoint, rocOf } from "./roc.ts";
import { useFigures, usePlotPalette } from "./use-plot-style.ts";

export interface RocSource {
  /** Shown in the legend when there are several. */
  name: string;
  evaluation: Pick<Evaluation, "roc" | "auc" | "confusion" | "classes">;
}

export interface RocPlotProps {
  sources: readonly RocSource[];
  /** The class counted as positive, by id: models of different snapshots may order their classes differently. */
  classId: string;
  height?: number;
}

export function RocPlot({ sources, classId, height = 320 }: RocPlotProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const curves = useMemo(
    () =>
      sources.flatMap(({ name, evaluation }) => {
        const classIndex = evaluation.classes.findIndex(({ id }) => id === classId);
        if (classIndex < 0) return [];
        return {
          name,
          auc: evaluation.auc,
          // The evaluation's AUC is the mean over the classes where there are more than two: not the area of this curve.
          macro: evaluation.classes.length > 2,
          className: evaluation.classes[classIndex].name,
          rest: evaluation.classes.length === 2 ? evaluation.classes[1 - classIndex].name : t("roc.rest"),
          points: rocOf(evaluation, classIndex),
          stands: operatingPoint(evaluation.confusion, classIndex),
        };
      }),
    [sources, classId, t],
  );

  const option = useMemo(() => {
    const base = baseOption(palette);
    const share = { min: 0, max: 1, format: (value: number) => figures.decimal(value, 1) };
    return {
      ...base,
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: number[] }) =>
          `${seriesName}\n${t("roc.falsePositiveRate")} ${figures.percent(value[0])}\n${t("roc.truePositiveRate")} ${figures.percent(value[1])}`,
      },
      xAxis: valueAxis(palette, { name: t("roc.falsePositiveRate"), ...share }, "x"),
      yAxis: valueAxis(palette, { name: t("roc.truePositiveRate"), ...share }, "y"),
      series: [
        {
          type: "line",
          name: t("roc.chance"),
          data: [
            [0, 0],
            [1, 1],
          ],
          symbol: "none",
          silent: true,
          itemStyle: { color: palette.muted },
          lineStyle: { color: palette.muted, width: 1, type: "dashed" },
        },
        ...curves.map((curve, index) => ({
          type: "line",
          name: sources.length > 1 ? curve.name : t("roc.model"),
          data: curve.points,
          showSymbol: curve.points.length <= 60,
          symbolSize: 4,
          itemStyle: { color: seriesColour(palette, index) },
          lineStyle: { color: seriesColour(palette, index), width: 2.5 },
        })),
        ...curves.flatMap((curve, index) =>
          curve.stands
            ? [
                {
                  type: "scatter",
                  name: sources.length > 1 ? t("roc.operatingPointOf", { name: curve.name }) : t("roc.operatingPoint"),
                  data: [[curve.stands.falsePositiveRate, curve.stands.truePositiveRate]],
                  symbol: "diamond",
                  symbolSize: 14,
                  itemStyle: { color: palette.surface, borderColor: seriesColour(palette, index), borderWidth: 3 },
                  z: 5,
                },
              ]
            : [],
        ),
      ],
    };
  }, [curves, palette, figures, sources.length, t]);

  const summary = curves
    .map((curve) => {
      const auc = curve.auc
        ? t(curve.macro ? "roc.aucMacro" : "roc.auc", {
            own: figures.auc(areaUnder(curve.points)),
            value: figures.auc(curve.auc.value),
            low: figures.auc(curve.auc.low),
            high: figures.auc(curve.auc.high),
          })
        : t("roc.noAuc");
      const stands = curve.stands
        ? t("roc.stands", {
            sensitivity: figures.percent(curve.stands.truePositiveRate),
            specificity: figures.percent(1 - curve.stands.falsePositiveRate),
          })
        : "";
      return `${sources.length > 1 ? `${curve.name}: ` : ""}${auc} ${stands}`.trim();
    })
    .join(" ");

  return (
    <PlotFigure
      title={t("roc.title", { class: curves[0]?.className ?? "", rest: curves[0]?.rest ?? "" })}
      summary={summary}
      option={option}
      height={height}
      table={{
        columns: [t("roc.curve"), t("roc.threshold"), t("roc.falsePositiveRate"), t("roc.truePositiveRate")],
        rows: curves.flatMap((curve) =>
          thin(curve.points, 200).map(([fpr, tpr, threshold]) => [
            sources.length > 1 ? curve.name : curve.className,
            threshold >= 0 && threshold <= 1 ? figures.decimal(threshold) : NO_FIGURE,
            figures.percent(fpr),
            figures.percent(tpr),
          ]),
        ),
        note: curves.some((curve) => curve.points.length > 200) ? t("thinnedRoc") : undefined,
      }}
    />
  );
}
