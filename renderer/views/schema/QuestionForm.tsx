// One question: what is asked, of what, how it is answered. Nothing is changed before "Save", but merges and another kind of an
// answered question, which ask first.
import { Button, Checkbox, Group, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Question, QuestionInput, QuestionKind } from "../../../preload/contract/index.ts";
import { useCall, useUsage } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ChoiceRows } from "./ChoiceRows.tsx";
import { type DraftChoice, problemOf, questionDraft, questionInput } from "./draft.ts";
import { KindDialog } from "./KindDialog.tsx";
import { MergeDialog } from "./MergeDialog.tsx";

const LEVELS = ["image", "series", "patient"] as const;
const KINDS = ["single", "multi", "ordinal", "text"] as const;

export interface QuestionFormProps {
  /** null: a new one */
  question: Question | null;
  /** hears the id of what was saved, or null where it was deleted or given up */
  onDone(id: string | null): void;
}

export function QuestionForm({ question, onDone }: QuestionFormProps) {
  const { t } = useTranslation("schema");
  const { t: shell } = useTranslation();
  const studio = useStudio();
  const usage = useUsage(question?.id ?? null);
  const save = useCall((api, input: QuestionInput) => api.schema.saveQuestion(input));
  const remove = useCall((api, id: string) => api.schema.deleteQuestion({ id }));
  const [draft, setDraft] = useState(() => questionDraft(question));
  const [kind, setKind] = useState<QuestionKind | null>(null);
  const [merging, setMerging] = useState<DraftChoice | null>(null);
  useEffect(() => {
    if (question) setDraft(questionDraft(question));
  }, [question]);
  const id = question?.id ?? null;
  const said = usage.data?.said ?? question !== null;
  const problem = problemOf(draft);
  const clean = question !== null && JSON.stringify(draft) === JSON.stringify(questionDraft(question));
  const change = (more: Partial<typeof draft>) => setDraft({ ...draft, ...more });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) save.mutate(questionInput(draft, id), { onSuccess: (saved) => onDone(saved.id) });
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("form.name")}
          placeholder={t("form.namePlaceholder")}
          maxLength={120}
          value={draft.name}
          data-autofocus
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Group grow align="flex-start">
          <Select
            label={t("form.level")}
            description={said && question ? t("form.levelStays") : t("form.levelHelp")}
            allowDeselect={false}
            disabled={said}
            data={LEVELS.map((level) => ({ value: level, label: t(`levels.${level}`) }))}
            value={draft.level}
            onChange={(level) => level && change({ level: level as typeof draft.level })}
          />
          <Select
            label={t("form.kind")}
            description={t(`kindHelp.${draft.kind}`)}
            allowDeselect={false}
            data={KINDS.map((one) => ({ value: one, label: t(`kinds.${one}`) }))}
            value={draft.kind}
            onChange={(next) => {
              if (!next || next === draft.kind) return;
              if (question && said) setKind(next as QuestionKind);
              else change({ kind: next as QuestionKind });
            }}
          />
        </Group>
        <Textarea
          label={t("form.help")}
          description={t("form.helpHelp")}
          autosize
          minRows={1}
          maxLength={2000}
          value={draft.help}
          onChange={(event) => change({ help: event.currentTarget.value })}
        />
        <Stack gap={4} role="group" aria-label={t("options.title")}>
          <Text size="sm" fw={500}>
            {t("options.title")}
          </Text>
          <Text size="xs" c="dimmed">
            {t(
              draft.kind === "text"
                ? "options.helpText"
                : draft.kind === "ordinal"
                  ? "options.helpOrdinal"
                  : "options.help",
            )}
          </Text>
          <ChoiceRows
            choices={draft.options}
            onChange={(options) => change({ options })}
            usage={usage.data}
            keys
            onMerge={clean && draft.kind !== "text" && draft.options.length > 1 ? setMerging : null}
          />
        </Stack>
        <Checkbox
          label={t("form.required")}
          description={t("form.requiredHelp")}
          checked={draft.required}
          onChange={(event) => change({ required: event.currentTarget.checked })}
        />
        {question && (
          <Checkbox
            label={t("form.archived")}
            description={t("form.archivedHelp")}
            checked={draft.archived}
            onChange={(event) => change({ archived: event.currentTarget.checked })}
          />
        )}
        {(save.error ?? remove.error) && <Refused error={save.error ?? remove.error} />}
        <Group>
          <Button type="submit" disabled={problem !== null || clean} loading={save.isPending}>
            {t("form.save")}
          </Button>
          <Button variant="default" onClick={() => onDone(null)}>
            {shell(question && clean ? "close" : "cancel")}
          </Button>
          {problem !== null && (
            <Text size="sm" c="dimmed" role="status">
              {t(`problems.${problem}`)}
            </Text>
          )}
          {question && usage.data?.said === false && (
            <Button
              variant="subtle"
              color="red"
              ms="auto"
              loading={remove.isPending}
              onClick={() => remove.mutate(question.id, { onSuccess: () => onDone(null) })}
            >
              {t("form.delete")}
            </Button>
          )}
        </Group>
      </Stack>
      {question && kind && (
        <KindDialog
          from={t(`kinds.${question.kind}`)}
          to={t(`kinds.${kind}`)}
          preview={() => studio.schema.previewKind({ questionId: question.id, kind })}
          change={() => studio.schema.changeKind({ questionId: question.id, kind })}
          onClose={() => setKind(null)}
        />
      )}
      {question && merging?.id && (
        <MergeDialog
          from={merging}
          choices={draft.options}
          count={usage.data?.choices.find((choice) => choice.id === merging.id)?.count ?? 0}
          merge={(into) => studio.schema.mergeOptions({ questionId: question.id, from: merging.id ?? "", into })}
          onClose={() => setMerging(null)}
        />
      )}
    </form>
  );
}
