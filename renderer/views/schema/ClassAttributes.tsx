// What is asked of every shape of a class. The same rules as for questions.
import { Button, Checkbox, Group, NumberInput, Paper, Select, Stack, Text, TextInput } from "@mantine/core";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type {
  AttributeDefinition,
  AttributeInput,
  AttributeKind,
  SchemaUsage,
} from "../../../preload/contract/index.ts";
import { useAttributeUsage, useCall } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ChoiceRows, Tool } from "./ChoiceRows.tsx";
import {
  type AttributeDraft,
  attributeDraft,
  attributeInput,
  changed,
  type DraftChoice,
  moved,
  problemOf,
} from "./draft.ts";
import { KindDialog } from "./KindDialog.tsx";
import { MergeDialog } from "./MergeDialog.tsx";
import classes from "./schema.module.css";

const KINDS = ["choice", "number", "text", "flag"] as const;

export interface ClassAttributesProps {
  classId: string;
  attributes: readonly AttributeDefinition[];
}

export function ClassAttributes({ classId, attributes }: ClassAttributesProps) {
  const { t } = useTranslation("schema");
  const usage = useAttributeUsage(classId);
  const save = useCall((api, input: AttributeInput[]) => api.schema.saveAttributes({ classId, attributes: input }));
  const [drafts, setDrafts] = useState(() => attributes.map(attributeDraft));
  useEffect(() => setDrafts(attributes.map(attributeDraft)), [attributes]);
  const problem = drafts.map((draft) => limitsOf(draft) ?? problemOf(draft)).find((found) => found !== null) ?? null;
  const clean = JSON.stringify(drafts) === JSON.stringify(attributes.map(attributeDraft));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) save.mutate(drafts.map(attributeInput), { onSuccess: () => void usage.refetch() });
      }}
    >
      <Stack gap="sm">
        {drafts.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("attributes.none")}
          </Text>
        )}
        {drafts.map((draft, at) => (
          <AttributeCard
            key={draft.row}
            classId={classId}
            draft={draft}
            usage={usage.data?.find(({ id }) => id === draft.id)}
            clean={clean}
            onChange={(change) => setDrafts(changed(drafts, draft.row, change))}
            onMove={{
              up: at > 0 ? () => setDrafts(moved(drafts, at, -1)) : null,
              down: at < drafts.length - 1 ? () => setDrafts(moved(drafts, at, 1)) : null,
            }}
            onDelete={() => setDrafts(drafts.filter(({ row }) => row !== draft.row))}
          />
        ))}
        {save.error && <Refused error={save.error} />}
        <Group>
          <Button
            variant="default"
            leftSection={<Plus aria-hidden size={16} />}
            onClick={() => setDrafts([...drafts, attributeDraft(null)])}
          >
            {t("attributes.add")}
          </Button>
          <Button type="submit" disabled={problem !== null || clean} loading={save.isPending}>
            {t("form.save")}
          </Button>
          {problem !== null && (
            <Text size="sm" c="dimmed" role="status">
              {t(`problems.${problem}`)}
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}

const limitsOf = ({ kind, min, max }: AttributeDraft) =>
  kind === "number" && min !== null && max !== null && min > max ? ("limits" as const) : null;

interface AttributeCardProps {
  classId: string;
  draft: AttributeDraft;
  usage: SchemaUsage | undefined;
  clean: boolean;
  onChange(change: Partial<AttributeDraft>): void;
  onMove: { up: (() => void) | null; down: (() => void) | null };
  onDelete(): void;
}

function AttributeCard({ classId, draft, usage, clean, onChange, onMove, onDelete }: AttributeCardProps) {
  const { t } = useTranslation("schema");
  const studio = useStudio();
  const [kind, setKind] = useState<AttributeKind | null>(null);
  const [merging, setMerging] = useState<DraftChoice | null>(null);
  const { id, name } = draft;
  const shown = name.trim() === "" ? t("attributes.unnamed") : name;
  const count = usage?.count ?? 0;
  return (
    <Paper withBorder p="sm" role="group" aria-label={shown}>
      <Stack gap="xs">
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <TextInput
            size="xs"
            className={classes.grow}
            label={t("attributes.name")}
            maxLength={120}
            value={name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
          <Select
            size="xs"
            w={150}
            label={t("form.kind")}
            allowDeselect={false}
            data={KINDS.map((one) => ({ value: one, label: t(`attributeKinds.${one}`) }))}
            value={draft.kind}
            onChange={(next) => {
              if (!next || next === draft.kind) return;
              if (id !== null && count > 0) setKind(next as AttributeKind);
              else onChange({ kind: next as AttributeKind });
            }}
          />
          <Tool label={t("options.up", { name: shown })} icon={ArrowUp} onClick={onMove.up} />
          <Tool label={t("options.down", { name: shown })} icon={ArrowDown} onClick={onMove.down} />
          <Tool
            label={t("options.delete", { name: shown })}
            icon={Trash2}
            onClick={id === null || usage?.said === false ? onDelete : null}
          />
        </Group>
        {draft.kind === "number" && (
          <Group gap="xs" grow>
            <Limit label={t("attributes.min")} value={draft.min} onChange={(min) => onChange({ min })} />
            <Limit label={t("attributes.max")} value={draft.max} onChange={(max) => onChange({ max })} />
            <TextInput
              size="xs"
              label={t("attributes.unit")}
              maxLength={40}
              value={draft.unit}
              onChange={(event) => onChange({ unit: event.currentTarget.value })}
            />
          </Group>
        )}
        {draft.kind === "choice" && (
          <ChoiceRows
            choices={draft.options}
            onChange={(options) => onChange({ options })}
            usage={usage}
            keys={false}
            onMerge={clean && id !== null && draft.options.length > 1 ? setMerging : null}
          />
        )}
        {id !== null && (
          <Group justify="space-between">
            <Checkbox
              size="xs"
              label={t("form.archived")}
              checked={draft.archived}
              onChange={(event) => onChange({ archived: event.currentTarget.checked })}
            />
            <Text size="xs" c="dimmed">
              {t("attributes.given", { count })}
            </Text>
          </Group>
        )}
      </Stack>
      {id !== null && kind && (
        <KindDialog
          from={t(`attributeKinds.${draft.kind}`)}
          to={t(`attributeKinds.${kind}`)}
          preview={() => studio.schema.previewAttributeKind({ classId, attributeId: id, kind })}
          change={() => studio.schema.changeAttributeKind({ classId, attributeId: id, kind })}
          onClose={() => setKind(null)}
        />
      )}
      {id !== null && merging?.id && (
        <MergeDialog
          from={merging}
          choices={draft.options}
          count={usage?.choices.find((choice) => choice.id === merging.id)?.count ?? 0}
          merge={(into) => studio.schema.mergeChoices({ classId, attributeId: id, from: merging.id ?? "", into })}
          onClose={() => setMerging(null)}
        />
      )}
    </Paper>
  );
}

function Limit({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number | null;
  onChange(value: number | null): void;
}) {
  return (
    <NumberInput
      size="xs"
      label={label}
      value={value ?? ""}
      onChange={(next) => onChange(typeof next === "number" ? next : null)}
    />
  );
}
