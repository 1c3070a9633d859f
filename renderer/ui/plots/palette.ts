// Colours of the plots in both themes.
//
// Series colours keep 3:1 against their theme's surface (WCAG 1.4.11) and differ for the common kinds of colour blindness (after
// Okabe and Ito); colour is never alone: parts differ by dash, runs by name in legend and table.
export interface PlotPalette {
  ink: string;
  muted: string;
  rule: string;
  surface: string;
  series: readonly string[];
}

const LIGHT: PlotPalette = {
  ink: "#1f2329",
  muted: "#565d66",
  rule: "#d5d9de",
  surface: "#ffffff",
  series: ["#0067b0", "#b8450a", "#0b7a55", "#9d3c80", "#7a5c00", "#4b5563"],
};

const DARK: PlotPalette = {
  ink: "#eceef1",
  muted: "#a9b0b9",
  rule: "#3c424a",
  surface: "#242424",
  series: ["#5ab4f5", "#ff9d5c", "#4fd1a5", "#f095cd", "#e5c04d", "#b8c0cc"],
};

export function plotPalette(scheme: "light" | "dark"): PlotPalette {
  return scheme === "dark" ? DARK : LIGHT;
}

export function seriesColour(palette: PlotPalette, index: number): string {
  return palette.series[index % palette.series.length];
}
