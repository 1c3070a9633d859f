// The parts of ECharts that our plots draw with; everything else stays out of the bundle.
//
// This file is only reached through `import()` (see PlotFigure.tsx), so no view pays for it before a plot is on screen.
// The canvas renderer is used because it writes no style attributes: it works under `style-src 'self' 'nonce-…'`. For the same reason
// tooltips are drawn on the canvas (`renderMode: "richText"`) and never as HTML.
import { BarChart, LineChart, LinesChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart,
  LineChart,
  LinesChart,
  ParallelChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export { init };
