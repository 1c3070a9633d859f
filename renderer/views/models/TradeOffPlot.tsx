// Everything that was tried on a model: what each version saves against how right it is, with those that no other
// beats. Refused ones are marked and beat nothing.
//
// Savings are ratios to the model, because each pair was measured in turn: milliseconds of different hours cannot be compared.
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CompressionReport, Model } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "../../ui/plots/chart-option.ts";
import { PlotFigure } from "../../ui/plots/PlotFigure.tsx";
import { seriesColour } from "../../ui/plots/palette.ts";
import { paretoFront } from "../../ui/plots/pareto.ts";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";

const SAVINGS = ["smaller", "faster"] as const;
type Saving = (typeof SAVINGS)[number];

interface Point {
  readonly name: string;
  readonly smaller: number;
  readonly faster: number;
  readonly auc: number;
  readonly mark: "original" | "accepted" | "refused";
}

interface TradeOffProps {
  model: Model;
  /** Measured against the model; at least one. */
  reports: readonly CompressionReport[];
  names: (modelId: string) => string;
}

export function TradeOffPlot({ model, reports, names }: TradeOffProps) {
  const { t } = useTranslation("models", { keyPrefix: "compress.tradeOff" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const [saving, setSaving] = useState<Saving>("faster");
  const points = useMemo(
    (): Point[] => [
      { name: model.name, smaller: 1, faster: 1, auc: reports[0].before.auc, mark: "original" },
      ...reports.map(
        ({ modelId, before, after, accepted }): Point => ({
          name: names(modelId),
          smaller: before.bytes / after.bytes,
          faster: before.latencyMs / after.latencyMs,
          auc: after.auc,
          mark: accepted ? "accepted" : "refused",
        }),
      ),
    ],
    [model.name, reports, names],
  );
  const front = useMemo(() => {
    // What was refused is no choice, so it beats nothing.
    const choices = points.flatMap(({ mark, auc, ...one }, i) =>
      mark === "refused" ? [] : [{ i, x: one[saving], y: auc }],
    );
    return paretoFront(choices, { x: "higher", y: "higher" }).map((at) => choices[at].i);
  }, [points, saving]);
  const option = useMemo(() => {
    const base = baseOption(palette);
    const marked = (mark: Point["mark"], symbol: string, colour: string) => ({
      type: "scatter",
      name: t(mark),
      symbol,
      symbolSize: 12,
      itemStyle: { color: colour },
      data: points
        .filter((one) => one.mark === mark)
        .map(({ name, auc, ...one }) => ({ name, value: [one[saving], auc] })),
    });
    return {
      ...base,
      legend: { ...(base.legend as object), show: true },
      tooltip: {
        ...(base.tooltip as object),
        trigger: "item",
        formatter: ({ name, value }: { name: string; value: number[] }) =>
          `${name}\n${t(saving)} ${figures.decimal(value[0], 2)}\nAUC ${figures.auc(value[1])}`,
      },
      xAxis: valueAxis(palette, { name: t(`axis.${saving}`), format: figures.significant }, "x"),
      yAxis: valueAxis(palette, { name: t("axis.auc"), format: figures.auc }, "y"),
      series: [
        {
          type: "line",
          step: "start",
          name: t("front"),
          data: front.map((i) => ({ name: points[i].name, value: [points[i][saving], points[i].auc] })),
          symbol: "none",
          lineStyle: { color: palette.muted, width: 2, type: "dashed" },
          itemStyle: { color: palette.muted },
        },
        marked("original", "diamond", palette.ink),
        marked("accepted", "circle", seriesColour(palette, 2)),
        marked("refused", "triangle", seriesColour(palette, 1)),
      ],
    };
  }, [points, front, saving, palette, figures, t]);

  const isOnFront = new Set(front);
  const refused = points.filter(({ mark }) => mark === "refused").length;
  return (
    <PlotFigure
      title={t("title", { name: model.name })}
      summary={t("summary", { count: reports.length, refused, front: front.length })}
      option={option}
      height={320}
      controls={
        <SegmentedControl
          size="xs"
          aria-label={t("against")}
          value={saving}
          onChange={(value) => setSaving(value as Saving)}
          data={SAVINGS.map((value) => ({ value, label: t(value) }))}
        />
      }
      table={{
        columns: [t("model"), t("verdict"), t("smaller"), t("faster"), t("axis.auc"), t("front")],
        rows: points.map(({ name, mark, smaller, faster, auc }, i) => [
          name,
          t(mark),
          figures.decimal(smaller, 2),
          figures.decimal(faster, 2),
          figures.auc(auc),
          isOnFront.has(i) ? "✓" : "",
        ]),
      }}
    />
  );
}
