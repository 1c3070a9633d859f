// What a search varies, a row each: from, to and scale, or the choices. Every part is an ordinary field, so the keyboard is enough.
import { ActionIcon, Checkbox, Group, MultiSelect, NumberInput, Paper, Select, Stack, Text } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { isSearchable, SEARCHABLE, type SearchValue } from "../../../preload/contract/index.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import type { RecipeField } from "../runs/recipe-fields.ts";
import { useFieldText } from "../runs/use-field-text.ts";
import {
  type ChoiceDraft,
  limitsOf,
  newParameter,
  type ParameterDraft,
  problemOf,
  type RangeDraft,
} from "./space-draft.ts";
import { useParameterName } from "./use-parameter-name.ts";

interface SpaceEditorProps {
  drafts: readonly ParameterDraft[];
  onChange: (drafts: ParameterDraft[]) => void;
}

export function SpaceEditor({ drafts, onChange }: SpaceEditorProps) {
  const { t } = useTranslation("search");
  const parameterName = useParameterName();
  const left = Object.keys(SEARCHABLE).filter((name) => !drafts.some((draft) => draft.name === name));
  const replace = (at: number, draft: ParameterDraft) => onChange(drafts.map((one, i) => (i === at ? draft : one)));
  return (
    <Stack gap="xs">
      {drafts.map((draft, i) => (
        <Paper key={draft.name} withBorder p="sm" component="fieldset" m={0}>
          <Group component="div" align="end" gap="sm" wrap="wrap">
            <Text component="legend" fw={600} size="sm" w={180} pb={6}>
              {parameterName(draft.name)}
            </Text>
            {draft.kind === "choice" ? (
              <Choices draft={draft} onChange={(one) => replace(i, one)} />
            ) : (
              <Range draft={draft} onChange={(one) => replace(i, one)} />
            )}
            <ActionIcon
              variant="default"
              size="lg"
              ms="auto"
              aria-label={t("space.remove", { name: parameterName(draft.name) })}
              onClick={() => onChange(drafts.filter((one) => one !== draft))}
            >
              <Trash2 size={16} aria-hidden />
            </ActionIcon>
          </Group>
        </Paper>
      ))}
      {drafts.length === 0 ? (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {t("space.empty")}
        </Text>
      ) : null}
      <Select
        label={t("space.add")}
        placeholder={t("space.addPlaceholder")}
        maw={360}
        searchable
        value={null}
        onChange={(name) => {
          if (name !== null && isSearchable(name)) onChange([...drafts, newParameter(name)]);
        }}
        data={left.map((name) => ({ value: name, label: parameterName(name) }))}
      />
    </Stack>
  );
}

function Range({ draft, onChange }: { draft: RangeDraft; onChange: (draft: RangeDraft) => void }) {
  const { t } = useTranslation("search");
  const figures = useFigures();
  const parameterName = useParameterName();
  const problem = problemOf(draft);
  const { low, high } = limitsOf(draft.name)!;
  const text =
    problem === "limits"
      ? t("space.problem.limits", { low: figures.significant(low), high: figures.significant(high) })
      : problem && t(`space.problem.${problem}`);
  const name = parameterName(draft.name);
  const common = { w: 150, hideControls: true, allowDecimal: draft.kind === "float", allowNegative: false } as const;
  const numberOf = (typed: string | number) => (typeof typed === "number" ? typed : null);
  return (
    <>
      <NumberInput
        {...common}
        label={t("space.low")}
        aria-label={`${name}: ${t("space.low")}`}
        value={draft.low ?? ""}
        error={text !== null}
        onChange={(typed) => onChange({ ...draft, low: numberOf(typed) })}
      />
      <NumberInput
        {...common}
        label={t("space.high")}
        aria-label={`${name}: ${t("space.high")}`}
        value={draft.high ?? ""}
        error={text !== null}
        onChange={(typed) => onChange({ ...draft, high: numberOf(typed) })}
      />
      <Checkbox
        label={t("space.log")}
        aria-label={`${name}: ${t("space.log")}`}
        checked={draft.log}
        pb={8}
        onChange={(event) => onChange({ ...draft, log: event.currentTarget.checked })}
      />
      {text === null ? null : (
        <Text size="sm" c="var(--mantine-color-error)" role="alert" pb={6}>
          {text}
        </Text>
      )}
    </>
  );
}

function Choices({ draft, onChange }: { draft: ChoiceDraft; onChange: (draft: ChoiceDraft) => void }) {
  const { t } = useTranslation("search");
  const fieldText = useFieldText();
  const parameterName = useParameterName();
  const row = SEARCHABLE[draft.name];
  const all: readonly SearchValue[] = row.kind === "choice" ? row.options : draft.options;
  const textOf = (value: SearchValue) => fieldText(draft.name as RecipeField, value);
  return (
    <MultiSelect
      label={t("space.options")}
      aria-label={`${parameterName(draft.name)}: ${t("space.options")}`}
      flex="1 1 300px"
      value={draft.options.map(String)}
      error={problemOf(draft) === null ? undefined : t("space.problem.options")}
      onChange={(chosen) => onChange({ ...draft, options: all.filter((value) => chosen.includes(String(value))) })}
      data={all.map((value) => ({ value: String(value), label: textOf(value) }))}
    />
  );
}
