// The page's theme and language, as plots and tables need them.
import { useComputedColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Figures, figuresFor } from "./figures.ts";
import { type PlotPalette, plotPalette } from "./palette.ts";

export function useFigures(): Figures {
  const { i18n } = useTranslation();
  return figuresFor(i18n.language);
}

export function usePlotPalette(): PlotPalette {
  return plotPalette(useComputedColorScheme("light"));
}
