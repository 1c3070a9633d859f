// Entries of any number; only those in sight exist.
//
// One element holds the focus (a grid) and names the active row, so arrow keys cost no re-focusing: up, down, page, home and end move, Enter or
// space opens an entry, Escape closes it. What an open entry offers is reached by Tab.
import { Button, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight, ScrollText } from "lucide-react";
import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AuditFilter, AuditLine } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAuditLines } from "../../studio/audit.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { AuditDetail } from "./AuditDetail.tsx";
import classes from "./audit.module.css";
import { changesOf, isKnownAction } from "./audit-change.ts";

const ROW_HEIGHT = 40;
/** The head of the table lies above the first row and, scrolled, over the others. */
const HEAD_HEIGHT = 38;
const ROWS_A_PAGE = 10;
const COLUMNS = ["number", "time", "member", "action", "subject", "change"] as const;

export interface AuditTableHandle {
  focus(): void;
  /** Goes to an entry by its number; only without a filter. */
  show(sequence: number): void;
}

export interface AuditTableProps {
  filter: AuditFilter;
  filtered: boolean;
  /** number of the first entry that does not hold */
  broken: number | null;
  onClear(): void;
  ref: Ref<AuditTableHandle>;
}

export function AuditTable({ filter, filtered, broken, onClear, ref }: AuditTableProps) {
  const { t } = useTranslation("audit");
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLTableElement>(null);
  const gridId = useId();
  const [active, setActive] = useState(0);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [range, setRange] = useState({ first: 0, last: 0 });
  const lines = useAuditLines(filter, range.first, range.last);
  const total = lines.total ?? 0;
  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
    onChange: (instance) => {
      const first = instance.range?.startIndex ?? 0;
      const last = instance.range?.endIndex ?? 0;
      setRange((old) => (old.first === first && old.last === last ? old : { first, last }));
    },
  });
  const goTo = (index: number) => {
    const next = Math.max(0, Math.min(total - 1, index));
    setActive(next);
    rows.scrollToIndex(next);
  };
  const toggle = (sequence: number, open?: boolean) =>
    setOpened((before) => {
      const next = new Set(before);
      if (open ?? !before.has(sequence)) next.add(sequence);
      else next.delete(sequence);
      return next;
    });
  useImperativeHandle(ref, () => ({
    focus: () => grid.current?.focus(),
    show: (sequence) => {
      goTo(total - sequence);
      toggle(sequence, true);
      grid.current?.focus();
    },
  }));
  const onKeyDown = (event: KeyboardEvent) => {
    // Keys of what an open entry offers are its own.
    if (event.target !== grid.current) return;
    const sequence = lines.at(active)?.sequence;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: ROWS_A_PAGE,
      PageUp: -ROWS_A_PAGE,
      Home: -active,
      End: total - 1 - active,
    };
    if (event.key in steps) goTo(active + (steps[event.key] ?? 0));
    else if (sequence === undefined) return;
    else if (event.key === "Enter" || event.key === " ") toggle(sequence);
    else if (event.key === "ArrowRight") toggle(sequence, true);
    else if (event.key === "ArrowLeft" || event.key === "Escape") toggle(sequence, false);
    else return;
    event.preventDefault();
  };

  if (lines.error) return <Refused error={lines.error} onRetry={lines.retry} />;
  if (lines.total === null) return <Loading />;
  if (total === 0) {
    return (
      <EmptyState icon={ScrollText} title={t("empty.title")} text={t(filtered ? "empty.filtered" : "empty.text")}>
        {filtered && (
          <Button variant="default" onClick={onClear}>
            {t("filter.clear")}
          </Button>
        )}
      </EmptyState>
    );
  }
  const rowId = (index: number) => `${gridId}-${index}`;
  const items = rows.getVirtualItems();
  const above = (items[0]?.start ?? HEAD_HEIGHT) - HEAD_HEIGHT;
  const below = rows.getTotalSize() - ((items.at(-1)?.end ?? HEAD_HEIGHT) - HEAD_HEIGHT);
  return (
    <>
      <Text size="sm" c="dimmed" role="status">
        {t(filtered ? "found" : "total", { count: total })}
      </Text>
      <div ref={scroller} className={classes.scroller}>
        <table
          ref={grid}
          className={classes.table}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table may be a grid (ARIA in HTML), and this one has its keys
          role="grid"
          aria-label={t("title")}
          aria-rowcount={total + 1}
          aria-activedescendant={rowId(active)}
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr aria-rowindex={1}>
              {COLUMNS.map((column) => (
                <th key={column} scope="col" data-column={column}>
                  {t(`columns.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <Space height={above} />
          {items.map(({ index, key }) => {
            const line = lines.at(index);
            return (
              <tbody key={key} ref={rows.measureElement} data-index={index}>
                <Row
                  id={rowId(index)}
                  index={index}
                  line={line}
                  active={index === active}
                  opened={line !== undefined && opened.has(line.sequence)}
                  broken={broken !== null && line?.sequence === broken}
                  onToggle={() => {
                    setActive(index);
                    if (line) toggle(line.sequence);
                  }}
                />
              </tbody>
            );
          })}
          <Space height={below} />
        </table>
      </div>
    </>
  );
}

/** Room for the rows that are not in sight. */
function Space({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tbody aria-hidden>
      <tr>
        <td colSpan={COLUMNS.length} style={{ height, padding: 0, border: 0 }} />
      </tr>
    </tbody>
  );
}

interface RowProps {
  id: string;
  index: number;
  line: AuditLine | undefined;
  active: boolean;
  opened: boolean;
  broken: boolean;
  onToggle(): void;
}

function Row({ id, index, line, active, opened, broken, onToggle }: RowProps) {
  const { t, i18n } = useTranslation("audit");
  const format = useFormat();
  if (!line) {
    return (
      <tr id={id} aria-rowindex={index + 2} className={classes.row} data-active={active || undefined}>
        <td colSpan={COLUMNS.length} className={classes.quiet}>
          {t("missing")}
        </td>
      </tr>
    );
  }
  const { sequence, at, member, action, subject, subjectName, detail } = line;
  const field = (name: string) =>
    i18n.exists(`fields.${name}`, { ns: "audit" }) ? t(`fields.${name}` as "fields.name") : name;
  const change = changesOf(detail)
    .slice(0, 3)
    .map(({ field: name, before, after }) => {
      const said = before === undefined ? after : `${before} → ${after}`;
      return name === "" ? said : `${field(name)}: ${said}`;
    })
    .join("; ");
  return (
    <>
      <tr
        id={id}
        aria-rowindex={index + 2}
        className={classes.row}
        data-active={active || undefined}
        data-broken={broken || undefined}
      >
        <td>
          <button type="button" className={classes.number} aria-expanded={opened} tabIndex={-1} onClick={onToggle}>
            <ChevronRight aria-hidden size={14} className={classes.chevron} data-open={opened || undefined} />
            {sequence}
            {broken && <span className="visually-hidden">{t("doesNotHold")}</span>}
          </button>
        </td>
        <td>
          <time dateTime={at}>{format.date(at)}</time>
        </td>
        <td>{member}</td>
        <td>{isKnownAction(action) ? t(`actions.${action}`) : action}</td>
        <td title={subject}>{subjectName ?? subject.slice(0, 8)}</td>
        <td className={classes.quiet}>{change}</td>
      </tr>
      {opened && (
        <tr>
          <td colSpan={COLUMNS.length} className={classes.detail}>
            <AuditDetail line={line} fieldName={field} />
          </td>
        </tr>
      )}
    </>
  );
}
