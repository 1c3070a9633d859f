// Decision curves of the compared models: what acting on each is worth at every threshold probability, beside acting on everybody and on nobody.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Comparison } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "../../ui/plots/chart-option.ts";
import { PlotFigure } from "../../ui/plots/PlotFigure.tsx";
import { seriesColour } from "../../ui/plots/palette.ts";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";

interface DecisionCurvePlotProps {
  comparison: Comparison;
  classId: string;
  nameOf: (modelId: string) => string;
}

export function DecisionCurvePlot({ comparison, classId, nameOf }: DecisionCurvePlotProps) {
  const { t } = useTranslation("compare");
  const figures = useFigures();
  const palette = usePlotPalette();
  const { decision, modelIds, classes } = comparison;
  const index = Math.max(
    0,
    classes.findIndex(({ id }) => id === classId),
  );
  const { all, models } = decision.classes[index];
  const className = classes[index].name;

  const option = useMemo(() => {
    const base = baseOption(palette);
    const at = (values: readonly number[]) => values.map((value, i) => [decision.thresholds[i], value]);
    const best = Math.max(0, ...all, ...models.flat());
    const quiet = (name: string, data: number[][], type: string) => ({
      type: "line",
      name,
      data,
      showSymbol: false,
      itemStyle: { color: palette.muted },
      lineStyle: { color: palette.muted, width: 1.5, type },
    });
    return {
      ...base,
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: number[] }) =>
          `${seriesName}\n${t("decision.threshold")} ${figures.percent(value[0])}\n${t("decision.benefit")} ${figures.decimal(value[1])}`,
      },
      xAxis: valueAxis(
        palette,
        { name: t("decision.threshold"), min: 0, max: 1, format: (value) => figures.decimal(value, 1) },
        "x",
      ),
      // Far below zero nothing is worth seeing: acting on everybody falls without end.
      yAxis: {
        ...valueAxis(palette, { name: t("decision.benefit"), format: (value) => figures.decimal(value, 2) }, "y"),
        min: -0.25 * best,
        max: best * 1.05,
      },
      series: [
        quiet(t("decision.all"), at(all), "dashed"),
        quiet(t("decision.none"), at(all.map(() => 0)), "dotted"),
        ...models.map((values, model) => ({
          type: "line",
          name: nameOf(modelIds[model]),
          data: at(values),
          showSymbol: false,
          itemStyle: { color: seriesColour(palette, model) },
          lineStyle: { color: seriesColour(palette, model), width: 2.5 },
        })),
      ],
    };
  }, [all, models, modelIds, decision.thresholds, palette, figures, nameOf, t]);

  const useful = models.map((values, model) => {
    const better = values.filter((value, i) => value > Math.max(0, all[i])).length;
    return t("decision.useful", { name: nameOf(modelIds[model]), share: figures.percent(better / values.length) });
  });
  return (
    <PlotFigure
      title={t("decision.title", { class: className })}
      summary={`${t("decision.how")} ${useful.join(" ")}`}
      option={option}
      height={320}
      table={{
        columns: [t("decision.threshold"), t("decision.all"), ...modelIds.map(nameOf)],
        rows: decision.thresholds.map((threshold, i) => [
          figures.percent(threshold),
          figures.decimal(all[i]),
          ...models.map((values) => figures.decimal(values[i])),
        ]),
      }}
    />
  );
}
