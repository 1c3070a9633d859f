// The first objective of every finished trial, and the best of them so far.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { SearchPlan, SearchTrial } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "../../ui/plots/chart-option.ts";
import { PlotFigure } from "../../ui/plots/PlotFigure.tsx";
import { seriesColour } from "../../ui/plots/palette.ts";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import { useObjectiveText } from "./use-objective-text.ts";

interface BestSoFarPlotProps {
  plan: SearchPlan;
  trials: readonly SearchTrial[];
}

export function BestSoFarPlot({ plan, trials }: BestSoFarPlotProps) {
  const { t } = useTranslation("search");
  const figures = useFigures();
  const palette = usePlotPalette();
  const objectiveText = useObjectiveText();
  const objective = plan.objectives[0]!;
  const points = useMemo(() => {
    let best: number | null = null;
    return trials.flatMap(({ number, measures }) => {
      const value = measures?.[objective] ?? null;
      if (value === null) return [];
      const better = best === null || (objective === "auc" ? value > best : value < best);
      if (better) best = value;
      return [{ number, value, best: best! }];
    });
  }, [trials, objective]);
  const text = (value: number) => objectiveText(objective, value);
  const option = useMemo(() => {
    const base = baseOption(palette);
    const [line, dots] = [seriesColour(palette, 0), palette.muted];
    return {
      ...base,
      xAxis: valueAxis(palette, { name: t("trial"), min: 0, whole: true, format: figures.integer }, "x"),
      yAxis: valueAxis(palette, { name: t(`objective.${objective}`), format: figures.significant }, "y"),
      series: [
        {
          type: "line",
          name: t("bestSoFar"),
          step: "end",
          symbol: "none",
          data: points.map(({ number, best }) => [number, best]),
          itemStyle: { color: line },
          lineStyle: { color: line, width: 2.5 },
        },
        {
          type: "scatter",
          name: t("eachTrial"),
          symbolSize: 8,
          data: points.map(({ number, value }) => [number, value]),
          itemStyle: { color: dots },
        },
      ],
    };
  }, [points, palette, figures, objective, t]);
  const last = points.at(-1);
  return (
    <PlotFigure
      title={t("bestTitle", { objective: t(`objective.${objective}`) })}
      summary={last ? t("bestSummary", { best: text(last.best), count: points.length }) : ""}
      option={option}
      table={{
        columns: [t("trial"), t(`objective.${objective}`), t("bestSoFar")],
        rows: points.map(({ number, value, best }) => [String(number), text(value), text(best)]),
      }}
    />
  );
}
