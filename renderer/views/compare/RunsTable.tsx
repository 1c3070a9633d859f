// A table of any number of runs; only the rows in sight exist. A real table, so a screen reader counts its rows and names its columns.
import { Table, UnstyledButton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { formatRoute } from "../../state/route.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import classes from "./compare.module.css";
import { type ColumnId, NUMBERS, type RunRow, type Sorting, type TableLine } from "./run-columns.ts";
import { useColumnText } from "./use-column-text.ts";

/** CSS px, as in compare.module.css. */
const ROW_HEIGHT = 36;
const HEIGHT = 400;

export interface RunsTableProps {
  lines: readonly TableLine[];
  columns: readonly ColumnId[];
  group: ColumnId | null;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  chosen: readonly string[];
  most: number;
  onChoose: (ids: string[]) => void;
}

const isNumber = (column: ColumnId) => NUMBERS.includes(column);

export function RunsTable({ lines, columns, group, sorting, onSort, chosen, most, onChoose }: RunsTableProps) {
  const { t } = useTranslation("compare");
  const { columnName, valueText } = useColumnText();
  const figures = useFigures();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 3,
    // Before the box is measured: enough rows to fill it.
    initialRect: { width: 0, height: HEIGHT },
  });
  const shown = rows.getVirtualItems();
  const above = shown[0]?.start ?? 0;
  const below = rows.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const sort = (column: ColumnId) =>
    onSort({ column, descending: sorting.column === column ? !sorting.descending : isNumber(column) });
  const latest = useRef({ chosen, onChoose });
  useEffect(() => {
    latest.current = { chosen, onChoose };
  });
  const tick = useCallback((id: string, on: boolean) => {
    const { chosen: before, onChoose: choose } = latest.current;
    choose(on ? [...before, id] : before.filter((other) => other !== id));
  }, []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section ref={scroller} className={classes.runs} aria-label={t("runs.table")} tabIndex={0}>
      <Table stickyHeader fz="sm" aria-label={t("runs.table")} aria-rowcount={lines.length + 1} layout="auto">
        <Table.Thead>
          <Table.Tr aria-rowindex={1}>
            <Table.Th scope="col" w={40}>
              <span className="visually-hidden">{t("runs.tick")}</span>
            </Table.Th>
            {columns.map((column) => {
              const sorted = sorting.column === column;
              return (
                <Table.Th
                  key={column}
                  scope="col"
                  aria-sort={sorted ? (sorting.descending ? "descending" : "ascending") : undefined}
                >
                  <UnstyledButton fz="sm" fw={600} className={classes.sort} onClick={() => sort(column)}>
                    {columnName(column)}
                    {sorted ? (
                      sorting.descending ? (
                        <ArrowDown size={14} aria-hidden />
                      ) : (
                        <ArrowUp size={14} aria-hidden />
                      )
                    ) : null}
                  </UnstyledButton>
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {above > 0 ? <Space height={above} columns={columns.length + 1} /> : null}
          {shown.map(({ index, key }) => {
            const line = lines[index];
            if (line.kind === "run") {
              const { id } = line.row.run;
              const ticked = chosen.includes(id);
              return (
                <Row
                  key={key}
                  row={line.row}
                  rowIndex={index + 2}
                  columns={columns}
                  ticked={ticked}
                  disabled={!ticked && chosen.length >= most}
                  onTick={tick}
                />
              );
            }
            return (
              <tr key={key} aria-rowindex={index + 2} className={classes.group}>
                <th scope="rowgroup" colSpan={columns.length + 1}>
                  {t("runs.groupLine", {
                    name: `${group ? columnName(group) : ""}: ${group ? valueText(group, line.value) : ""}`,
                    count: line.count,
                    auc: figures.auc(line.bestAuc),
                  })}
                </th>
              </tr>
            );
          })}
          {below > 0 ? <Space height={below} columns={columns.length + 1} /> : null}
        </Table.Tbody>
      </Table>
    </section>
  );
}

/** The height of the rows that are not there. */
function Space({ height, columns }: { height: number; columns: number }) {
  return (
    <tr style={{ height }}>
      <td colSpan={columns} />
    </tr>
  );
}

interface RowProps {
  row: RunRow;
  rowIndex: number;
  columns: readonly ColumnId[];
  ticked: boolean;
  disabled: boolean;
  onTick: (id: string, on: boolean) => void;
}

/** Plain elements: a filter makes all rows in sight anew, and styled components would take most of its time. */
const Row = memo(function Row({ row, rowIndex, columns, ticked, disabled, onTick }: RowProps) {
  const { t } = useTranslation("compare");
  const { valueText } = useColumnText();
  const { run } = row;
  return (
    <tr aria-rowindex={rowIndex}>
      <td>
        <input
          type="checkbox"
          className={classes.tick}
          aria-label={t("runs.tickRun", { name: run.name })}
          checked={ticked}
          disabled={disabled}
          onChange={(event) => onTick(run.id, event.currentTarget.checked)}
        />
      </td>
      {columns.map((column) => {
        const text = valueText(column, row.values[column]);
        if (column === "name") {
          return (
            <th key={column} scope="row">
              <a className={classes.link} href={formatRoute({ view: "runs", runId: run.id })}>
                {run.name}
              </a>
            </th>
          );
        }
        return (
          <td key={column} data-number={isNumber(column) || undefined} title={column === "notes" ? text : undefined}>
            {column === "state" ? <span className={classes.state} data-state={run.state} aria-hidden /> : null}
            {column === "tags"
              ? run.tags.map((tag) => (
                  <span key={tag} className={classes.tag}>
                    {tag}
                  </span>
                ))
              : text}
          </td>
        );
      })}
    </tr>
  );
});
