// Columns of runs in words: their names, and their values with units.
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { NO_FIGURE } from "../../ui/plots/figures.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { useFieldText } from "../runs/use-field-text.ts";
import { type ColumnId, isRecipeColumn } from "./run-columns.ts";

export interface ColumnText {
  columnName: (column: ColumnId) => string;
  valueText: (column: ColumnId, value: string | number | null) => string;
}

export function useColumnText(): ColumnText {
  const { t } = useTranslation("compare");
  const { t: tRuns } = useTranslation("runs");
  const { number, duration, date } = useFormat();
  const figures = useFigures();
  const fieldText = useFieldText();
  const columnName = useCallback(
    (column: ColumnId) => (isRecipeColumn(column) ? tRuns(`field.${column}`) : t(`column.${column}`)),
    [t, tRuns],
  );
  const valueText = useCallback(
    (column: ColumnId, value: string | number | null): string => {
      if (value === null || value === "") return NO_FIGURE;
      if (isRecipeColumn(column)) return fieldText(column, value);
      if (column === "state") return tRuns(`state.${value as "done"}`);
      if (column === "createdAt") return date(String(value));
      if (typeof value === "string") return value;
      if (column === "validationAuc") return figures.auc(value);
      return column === "seconds" ? duration(value) : number(value);
    },
    [tRuns, number, duration, date, figures, fieldText],
  );
  return { columnName, valueText };
}
