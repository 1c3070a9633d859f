// What all our ECharts options share: quiet axes in the theme's colours, names with units, tooltips drawn on the canvas.
import type { EChartsCoreOption } from "echarts/core";
import type { PlotPalette } from "./palette.ts";

export interface Axis {
  /** With its unit, where it has one. */
  name: string;
  min?: number;
  max?: number;
  /** Steps, epochs and cases come in whole numbers. */
  whole?: boolean;
  format: (value: number) => string;
}

const FONT_SIZE = 12;

export function valueAxis(palette: PlotPalette, axis: Axis, direction: "x" | "y") {
  return {
    type: "value",
    name: axis.name,
    nameLocation: "middle",
    nameGap: direction === "x" ? 26 : 44,
    nameTextStyle: { color: palette.muted, fontSize: FONT_SIZE },
    min: axis.min,
    max: axis.max,
    scale: axis.min === undefined,
    axisLabel: { color: palette.muted, fontSize: FONT_SIZE, hideOverlap: true, formatter: axis.format },
    minInterval: axis.whole ? 1 : undefined,
    axisLine: { show: true, lineStyle: { color: palette.muted } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.rule } },
    ...(axis.min === 0 && axis.max === 1 ? { interval: 0.2 } : { splitNumber: 4 }),
  };
}

export function baseOption(palette: PlotPalette): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: "inherit", color: palette.ink, fontSize: FONT_SIZE },
    grid: { left: 60, right: 16, top: 30, bottom: 40 },
    legend: {
      top: 0,
      left: 0,
      type: "plain",
      itemWidth: 26,
      itemHeight: 8,
      textStyle: { color: palette.ink, fontSize: FONT_SIZE },
      inactiveColor: palette.muted,
    },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: palette.surface,
      borderColor: palette.muted,
      textStyle: { color: palette.ink, fontSize: FONT_SIZE },
    },
  };
}
