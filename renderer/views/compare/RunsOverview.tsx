// All runs of the project: found by words and limits, grouped, sorted, drawn together; ticked ones are compared below.
import { Button, Checkbox, Group, Popover, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Columns3, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../../preload/contract/index.ts";
import { useSnapshots } from "../../studio/queries.ts";
import { Section } from "../../ui/Section.tsx";
import { OverviewPlots } from "./OverviewPlots.tsx";
import { RunsExport } from "./RunsExport.tsx";
import { RunsTable } from "./RunsTable.tsx";
import {
  COLUMNS,
  type ColumnId,
  FIRST_COLUMNS,
  filterRows,
  GROUPS,
  groupRows,
  rowsOf,
  type Sorting,
  sortRows,
} from "./run-columns.ts";
import { useColumnText } from "./use-column-text.ts";

const DRAW_AFTER_MS = 250;

interface RunsOverviewProps {
  runs: readonly Run[];
  chosen: readonly string[];
  most: number;
  onChoose: (ids: string[]) => void;
}

export function RunsOverview({ runs, chosen, most, onChoose }: RunsOverviewProps) {
  const { t } = useTranslation("compare");
  const { columnName } = useColumnText();
  const snapshots = useSnapshots().data;
  const [text, setText] = useState("");
  const [columns, setColumns] = useState<readonly ColumnId[]>(FIRST_COLUMNS);
  const [sorting, setSorting] = useState<Sorting>({ column: "createdAt", descending: true });
  const [group, setGroup] = useState<ColumnId | null>(null);
  const rows = useMemo(() => {
    const names = new Map(snapshots?.map(({ id, name }) => [id, name]));
    return rowsOf(runs, (id) => names.get(id) ?? "");
  }, [runs, snapshots]);
  const sorted = useMemo(() => sortRows(rows, sorting), [rows, sorting]);
  const found = useMemo(() => filterRows(sorted, text), [sorted, text]);
  const lines = useMemo(() => groupRows(found, group), [found, group]);
  // The table answers at once; the picture of a thousand runs follows when the typing has stopped.
  const [drawn] = useDebouncedValue(found, DRAW_AFTER_MS);

  return (
    <Section title={t("runs.title")}>
      <Group align="end" gap="sm">
        <TextInput
          label={t("runs.filter")}
          description={t("runs.filterHelp")}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          flex="1 1 320px"
          maw={560}
        />
        <Select
          label={t("runs.group")}
          w={180}
          clearable
          clearButtonProps={{ "aria-label": t("runs.noGroup") }}
          placeholder={t("runs.noGroup")}
          value={group}
          onChange={(id) => setGroup(id)}
          data={GROUPS.map((id) => ({ value: id, label: columnName(id) }))}
        />
        <ColumnChoice columns={columns} onChange={setColumns} />
        <RunsExport runIds={found.map(({ run }) => run.id)} />
      </Group>
      <Text size="sm" role="status" data-testid="runs-found">
        {t("runs.found", { count: found.length, all: runs.length })}
      </Text>
      <RunsTable
        lines={lines}
        columns={columns}
        group={group}
        sorting={sorting}
        onSort={setSorting}
        chosen={chosen}
        most={most}
        onChoose={onChoose}
      />
      <OverviewPlots rows={drawn} chosen={chosen} />
    </Section>
  );
}

function ColumnChoice({
  columns,
  onChange,
}: {
  columns: readonly ColumnId[];
  onChange: (columns: readonly ColumnId[]) => void;
}) {
  const { t } = useTranslation("compare");
  const { columnName } = useColumnText();
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Columns3 size={16} aria-hidden />}>
          {t("runs.columns")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown mah={360} style={{ overflowY: "auto" }}>
        <Stack gap="xs">
          {COLUMNS.filter((id) => id !== "name").map((id) => (
            <Checkbox
              key={id}
              label={columnName(id)}
              checked={columns.includes(id)}
              onChange={(event) =>
                onChange(
                  COLUMNS.filter((other) => (other === id ? event.currentTarget.checked : columns.includes(other))),
                )
              }
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
