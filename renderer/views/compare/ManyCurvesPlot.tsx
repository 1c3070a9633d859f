// One metric of all found runs, thinned by the studio, so that a thousand curves cross and draw at once. Compared runs stand out in colour.
import { Group, Select, Slider, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunPoint, ThinnedCurve } from "../../../preload/contract/index.ts";
import { baseOption, valueAxis } from "../../ui/plots/chart-option.ts";
import { PlotFigure } from "../../ui/plots/PlotFigure.tsx";
import { seriesColour } from "../../ui/plots/palette.ts";
import { smooth } from "../../ui/plots/smoothing.ts";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Waiting } from "../../ui/Waiting.tsx";
import type { OverviewPlotProps } from "./OverviewPlots.tsx";
import { useThinnedCurves } from "./use-run-data.ts";

const METRICS = ["train/loss", "validation/loss", "validation/auc", "validation/accuracy"] as const;
type Metric = (typeof METRICS)[number];
const AXES = ["step", "epoch", "time"] as const;
type Axis = (typeof AXES)[number];
const MOST_ROWS = 200;

interface Line {
  runId: string;
  name: string;
  points: [number, number][];
}

/** Seconds of a point: a run keeps no clock for its points, so its own mean pace stands in. */
function xOf(curve: ThinnedCurve, axis: Axis, pace: number): number[] {
  if (axis === "step") return curve.steps;
  return axis === "epoch" ? curve.epochs : curve.steps.map((step) => step * pace);
}

export function ManyCurvesPlot({ rows, chosen }: OverviewPlotProps) {
  const { t } = useTranslation("compare");
  const figures = useFigures();
  const palette = usePlotPalette();
  const [metric, setMetric] = useState<Metric>("train/loss");
  const [axis, setAxis] = useState<Axis>("epoch");
  const [smoothing, setSmoothing] = useState(0);
  const [part, name] = metric.split("/") as [RunPoint["part"], string];
  const running = rows.some(({ run }) => run.state === "running");
  const curves = useThinnedCurves(name, part, running);

  const lines = useMemo(() => {
    const byRun = new Map(curves.data?.map((curve) => [curve.runId, curve]));
    return rows.flatMap(({ run }): Line[] => {
      const curve = byRun.get(run.id);
      if (curve === undefined) return [];
      const x = xOf(curve, axis, run.step > 0 ? run.seconds / run.step : 0);
      const y = smoothing === 0 ? curve.values : smooth(curve.values, smoothing);
      return [{ runId: run.id, name: run.name, points: x.map((value, i) => [value, y[i]]) }];
    });
  }, [rows, curves.data, axis, smoothing]);

  const option = useMemo(() => {
    const base = baseOption(palette);
    const coloured = chosen.flatMap((id) => lines.find(({ runId }) => runId === id) ?? []);
    const others = lines.filter(({ runId }) => !chosen.includes(runId));
    return {
      ...base,
      tooltip: { ...(base.tooltip as object), trigger: "item" },
      xAxis: valueAxis(palette, { name: t(`picture.axis.${axis}`), format: figures.significant }, "x"),
      yAxis: valueAxis(palette, { name: t(`picture.metric.${metric}`), format: figures.significant }, "y"),
      series: [
        {
          // One series of many lines: a thousand series would each cost their own model, legend entry and pass.
          type: "lines",
          coordinateSystem: "cartesian2d",
          polyline: true,
          silent: others.length > 200,
          data: others.map((line) => ({ name: line.name, coords: line.points })),
          lineStyle: { color: palette.muted, width: 1, opacity: others.length > 50 ? 0.25 : 0.6, curveness: 0 },
          tooltip: { formatter: ({ name: run }: { name: string }) => run },
          z: 2,
        },
        // `lines` knows no extent of its own: these give the axes theirs, and draw what stands out.
        { type: "scatter", data: extent(lines), symbolSize: 0, silent: true },
        ...coloured.map((line, index) => ({
          type: "line",
          name: line.name,
          data: line.points,
          showSymbol: false,
          itemStyle: { color: seriesColour(palette, index) },
          lineStyle: { color: seriesColour(palette, index), width: 2.5 },
          z: 4,
        })),
      ],
    };
  }, [lines, chosen, palette, figures, axis, metric, t]);

  const shown = lines.slice(0, MOST_ROWS);
  return (
    <>
      {curves.error ? <Refused error={curves.error} onRetry={() => void curves.refetch()} /> : null}
      <Group gap="md" align="end">
        <Select
          size="xs"
          w={200}
          label={t("picture.metricChoice")}
          allowDeselect={false}
          value={metric}
          onChange={(value) => setMetric(METRICS.find((one) => one === value) ?? "train/loss")}
          data={METRICS.map((value) => ({ value, label: t(`picture.metric.${value}`) }))}
        />
        <Select
          size="xs"
          w={200}
          label={t("picture.axisChoice")}
          allowDeselect={false}
          value={axis}
          onChange={(value) => setAxis(AXES.find((one) => one === value) ?? "epoch")}
          data={AXES.map((value) => ({ value, label: t(`picture.axis.${value}`) }))}
        />
        <Group gap="sm" wrap="nowrap">
          <Text size="sm">{t("picture.smoothing")}</Text>
          <Slider
            w={140}
            min={0}
            max={0.95}
            step={0.05}
            value={smoothing}
            onChange={setSmoothing}
            label={null}
            thumbLabel={t("picture.smoothing")}
          />
          <Text size="sm" c="dimmed" miw={36}>
            {figures.decimal(smoothing, 2)}
          </Text>
        </Group>
      </Group>
      {curves.isPending && !curves.error ? <Waiting text={t("picture.waiting")} /> : null}
      {curves.data ? (
        <PlotFigure
          title={t("picture.curvesTitle", { metric: t(`picture.metric.${metric}`) })}
          summary={t("picture.curvesSummary", { count: lines.length })}
          option={option}
          height={320}
          table={{
            columns: [
              t("column.name"),
              t("picture.first"),
              t("picture.last"),
              t("picture.lowest"),
              t("picture.highest"),
            ],
            rows: shown.map(({ name: run, points }) => {
              const values = points.map(([, y]) => y);
              const ends = [values[0], values[values.length - 1], Math.min(...values), Math.max(...values)];
              return [run, ...ends.map(figures.significant)];
            }),
            note:
              lines.length > shown.length ? t("picture.more", { shown: shown.length, all: lines.length }) : undefined,
          }}
        />
      ) : null}
    </>
  );
}

/** The corners of everything that is drawn. */
function extent(lines: readonly Line[]): [number, number][] {
  const low: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { points } of lines) {
    for (const point of points) {
      for (const i of [0, 1] as const) {
        low[i] = Math.min(low[i], point[i]);
        high[i] = Math.max(high[i], point[i]);
      }
    }
  }
  return lines.length === 0 ? [] : [low, high];
}
