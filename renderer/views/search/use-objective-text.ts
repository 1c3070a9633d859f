// A measure of a trial as the field writes it, with its unit.
import { useCallback } from "react";
import type { SearchObjective } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { NO_FIGURE } from "../../ui/plots/figures.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";

export function useObjectiveText(): (objective: SearchObjective, value: number | null | undefined) => string {
  const figures = useFigures();
  const { bytes } = useFormat();
  return useCallback(
    (objective, value) => {
      if (value === null || value === undefined) return NO_FIGURE;
      switch (objective) {
        case "auc":
        case "loss":
          return figures.decimal(value);
        case "latency":
          return figures.milliseconds(value);
        case "size":
          return bytes(value);
      }
    },
    [figures, bytes],
  );
}
