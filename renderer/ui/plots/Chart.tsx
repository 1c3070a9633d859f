// One ECharts canvas: made once, resized with its box, redrawn when its option changes, disposed with its component.
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef } from "react";
import { init } from "./echarts.ts";

export interface ChartProps {
  option: EChartsCoreOption;
  /** What the picture shows, in words, for people who do not see it. */
  label: string;
  /** CSS px. */
  height: number;
}

export default function Chart({ option, label, height }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);

  useEffect(() => {
    if (!box.current) return;
    const instance = init(box.current, null, { renderer: "canvas" });
    chart.current = instance;
    const observer = new ResizeObserver(() => instance.resize());
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      instance.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    // Replacing (not merging) series and axes lets a run leave the plot; the rest is kept so that an open tooltip survives live points.
    chart.current?.setOption(option, {
      replaceMerge: ["series", "xAxis", "yAxis", "grid", "parallel", "parallelAxis"],
    });
  }, [option]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
