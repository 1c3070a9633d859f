// The choices of a question or an attribute: name, digit, order; archive what was used, delete what never was, make one of two.
import { ActionIcon, Badge, Button, Group, Select, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { Archive, ArchiveRestore, ArrowDown, ArrowUp, Merge, Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { SchemaUsage } from "../../../preload/contract/index.ts";
import { changed, type DraftChoice, moved, withChoice } from "./draft.ts";
import classes from "./schema.module.css";

export interface ChoiceRowsProps {
  choices: readonly DraftChoice[];
  onChange(choices: DraftChoice[]): void;
  usage: SchemaUsage | undefined;
  /** choices have digits */
  keys: boolean;
  /** null: there is something unsaved, or nothing to merge */
  onMerge: ((choice: DraftChoice) => void) | null;
}

export function ChoiceRows({ choices, onChange, usage, keys, onMerge }: ChoiceRowsProps) {
  const { t } = useTranslation("schema");
  return (
    <Stack gap={6}>
      {choices.map((choice, at) => (
        <Row
          key={choice.row}
          choice={choice}
          number={at + 1}
          keys={keys}
          taken={choices.filter(({ row, archived }) => row !== choice.row && !archived).map(({ key }) => key)}
          usage={usage?.choices.find(({ id }) => id === choice.id)}
          into={choices.find(({ id }) => id !== null && id === choice.mergedInto)?.name ?? null}
          onChange={(change) => onChange(changed(choices, choice.row, change))}
          onMove={{
            up: at > 0 ? () => onChange(moved(choices, at, -1)) : null,
            down: at < choices.length - 1 ? () => onChange(moved(choices, at, 1)) : null,
          }}
          onDelete={() => onChange(choices.filter(({ row }) => row !== choice.row))}
          onMerge={onMerge && choice.id !== null && choice.mergedInto === null ? () => onMerge(choice) : null}
        />
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus aria-hidden size={14} />}
          onClick={() => onChange(withChoice(choices))}
        >
          {t("options.add")}
        </Button>
      </div>
    </Stack>
  );
}

interface RowProps {
  choice: DraftChoice;
  number: number;
  keys: boolean;
  taken: (number | null)[];
  usage: SchemaUsage["choices"][number] | undefined;
  /** name of the choice that it was merged into */
  into: string | null;
  onChange(change: Partial<DraftChoice>): void;
  onMove: { up: (() => void) | null; down: (() => void) | null };
  onDelete(): void;
  onMerge: (() => void) | null;
}

function Row({ choice, number, keys, taken, usage, into, onChange, onMove, onDelete, onMerge }: RowProps) {
  const { t } = useTranslation("schema");
  const { id, name, key, archived } = choice;
  const shown = name.trim() === "" ? t("options.unnamed", { number }) : name;
  const deletable = id === null || usage?.said === false;
  return (
    <Group gap={6} wrap="nowrap" align="center" role="group" aria-label={shown}>
      <TextInput
        size="xs"
        className={classes.grow}
        aria-label={t("options.name", { number })}
        placeholder={t("options.placeholder", { number })}
        maxLength={120}
        value={name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      {keys && (
        <Select
          size="xs"
          w={84}
          aria-label={t("options.key", { name: shown })}
          allowDeselect={false}
          disabled={archived}
          data={[
            { value: "", label: t("options.noKey") },
            ...Array.from({ length: 9 }, (_, index) => ({
              value: String(index + 1),
              label: `Alt ${index + 1}`,
              disabled: taken.includes(index + 1),
            })),
          ]}
          value={key === null || archived ? "" : String(key)}
          onChange={(value) => onChange({ key: value ? Number(value) : null })}
        />
      )}
      <span className={classes.use}>
        {archived ? (
          <Badge variant="default">{into === null ? t("archived") : t("options.mergedInto", { name: into })}</Badge>
        ) : (
          <Text span size="xs" c="dimmed">
            {id === null ? t("options.new") : usage ? t("options.given", { count: usage.count }) : ""}
          </Text>
        )}
      </span>
      <Tool label={t("options.up", { name: shown })} icon={ArrowUp} onClick={onMove.up} />
      <Tool label={t("options.down", { name: shown })} icon={ArrowDown} onClick={onMove.down} />
      <Tool label={t("options.merge", { name: shown })} icon={Merge} onClick={onMerge} />
      {deletable ? (
        <Tool label={t("options.delete", { name: shown })} icon={Trash2} onClick={onDelete} />
      ) : (
        <Tool
          label={t(archived ? "options.restore" : "options.archive", { name: shown })}
          icon={archived ? ArchiveRestore : Archive}
          onClick={() => onChange({ archived: !archived, key: null, mergedInto: null })}
        />
      )}
    </Group>
  );
}

export interface ToolProps {
  label: string;
  icon: typeof Merge;
  /** null: not possible now */
  onClick: (() => void) | null;
}

export function Tool({ label, icon: Icon, onClick }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        disabled={onClick === null}
        onClick={() => onClick?.()}
      >
        <Icon aria-hidden size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
