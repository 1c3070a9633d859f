// Truth by prediction, as a real table of buttons: each cell opens the images behind it.
//
// Colour says how much of the row a cell holds (blue right, orange wrong); the number and the percent say it without colour.
import { Text } from "@mantine/core";
import { type CSSProperties, useId } from "react";
import { useTranslation } from "react-i18next";
import classes from "./plots.module.css";
import { useFigures } from "./use-plot-style.ts";

export interface ConfusionCell {
  /** Indices into classes. */
  truth: number;
  predicted: number;
}

export interface ConfusionMatrixProps {
  title: string;
  classes: readonly { id: string; name: string }[];
  /** [truth][predicted] */
  confusion: readonly (readonly number[])[];
  selected: ConfusionCell | null;
  onSelect: (cell: ConfusionCell | null) => void;
}

export function ConfusionMatrix({ title, classes: names, confusion, selected, onSelect }: ConfusionMatrixProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const figures = useFigures();
  const titleId = useId();
  return (
    <figure className={classes.figure} aria-labelledby={titleId}>
      <Text component="h3" id={titleId} fw={600} size="sm">
        {title}
      </Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-labelledby={titleId}>
        <table className={classes.matrix}>
          <thead>
            <tr>
              <td />
              <th colSpan={names.length} scope="colgroup">
                {t("confusion.predicted")}
              </th>
            </tr>
            <tr>
              <th scope="col">{t("confusion.truth")}</th>
              {names.map((name) => (
                <th key={name.id} scope="col">
                  {name.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, truth) => {
              const total = row.reduce((sum, count) => sum + count, 0);
              return (
                <tr key={names[truth].id}>
                  <th scope="row">{names[truth].name}</th>
                  {row.map((count, predicted) => {
                    const share = total === 0 ? 0 : count / total;
                    const pressed = selected?.truth === truth && selected.predicted === predicted;
                    return (
                      <td key={names[predicted].id}>
                        <button
                          type="button"
                          className={classes.cell}
                          data-right={truth === predicted}
                          style={{ "--cell-share": share } as CSSProperties}
                          aria-pressed={pressed}
                          disabled={count === 0}
                          onClick={() => onSelect(pressed ? null : { truth, predicted })}
                        >
                          <span className={classes.cellCount}>{figures.integer(count)}</span>
                          <span className="visually-hidden">
                            {t("confusion.cell", { count, truth: names[truth].name, predicted: names[predicted].name })}
                          </span>
                          <span className={classes.cellShare}>{total === 0 ? "–" : figures.percent(share)}</span>
                        </button>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <Text component="figcaption" size="xs" c="dimmed" maw={320}>
        {t("confusion.caption")}
      </Text>
    </figure>
  );
}
