// Makes a work list: which images, who reads, how often, what is hidden.
import { Button, Checkbox, Group, NumberInput, Radio, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Inputs, Member } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { libraryStore } from "../../state/library.ts";
import { useCall, useImagePage, useModels } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";

type Which = "all" | "filtered" | "selected";

export interface NewListFormProps {
  members: readonly Member[];
  total: number;
  proposedName: string;
}

export function NewListForm({ members, total, proposedName }: NewListFormProps) {
  const { t } = useTranslation("reading");
  const { t: shell } = useTranslation();
  const format = useFormat();
  const toast = useToast();
  const filter = useStore(libraryStore, (state) => state.filter);
  const selected = useStore(libraryStore, (state) => state.selected);
  const narrowed = Object.values(filter).some((value) => value !== undefined);
  const fitting = useImagePage({ filter, sort: "imported", offset: 0, limit: 1 }).data?.total ?? 0;
  const models = useModels().data ?? [];
  const [typed, setName] = useState<string | null>(null);
  const name = typed ?? proposedName;
  const [which, setWhich] = useState<Which>(selected.size > 0 ? "selected" : narrowed ? "filtered" : "all");
  const [readers, setReaders] = useState<string[]>(() => members.map(({ id }) => id));
  const [reads, setReads] = useState(1);
  const [blinded, setBlinded] = useState(true);
  const [commitFirst, setCommitFirst] = useState(false);
  const [modelId, setModelId] = useState<string | null>(null);
  const create = useCall((studio, input: Inputs["reading"]["create"]) => studio.reading.create(input));
  const makesSense = name.trim() !== "" && readers.length >= reads && readers.length > 0;
  return (
    <Section title={t("new.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!makesSense) return;
          const images =
            which === "selected" ? { imageIds: [...selected] } : { filter: which === "filtered" ? filter : {} };
          create.mutate(
            { name, readers, readsPerCase: reads, blinded, commitFirst, modelId, ...images },
            {
              onSuccess: () => {
                setName(null);
                toast.say(t("new.created"));
              },
            },
          );
        }}
      >
        <Stack gap="md">
          <TextInput label={t("new.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Radio.Group label={t("new.images")} value={which} onChange={(value) => setWhich(value as Which)}>
            <Group mt={4}>
              <Radio value="all" label={t("new.all", { count: total, formatted: format.number(total) })} />
              {narrowed && <Radio value="filtered" label={t("new.filtered", { count: fitting })} />}
              {selected.size > 0 && <Radio value="selected" label={t("new.selected", { count: selected.size })} />}
            </Group>
          </Radio.Group>
          <Checkbox.Group label={t("new.readers")} value={readers} onChange={setReaders}>
            <Group mt={4}>
              {members.map((member) => (
                <Checkbox
                  key={member.id}
                  value={member.id}
                  label={`${member.name} (${shell(`roles.${member.role}`)})`}
                />
              ))}
            </Group>
          </Checkbox.Group>
          <Group align="flex-end">
            <NumberInput
              label={t("new.reads")}
              min={1}
              max={Math.max(1, Math.min(9, readers.length))}
              value={reads}
              onChange={(value) => typeof value === "number" && setReads(value)}
              w={180}
            />
            <Select
              label={t("new.model")}
              placeholder={t("new.noModel")}
              clearable
              data={models.map((model) => ({ value: model.id, label: model.name }))}
              value={modelId}
              onChange={setModelId}
              w={280}
            />
          </Group>
          <Checkbox
            label={t("new.blinded")}
            checked={blinded}
            onChange={(event) => setBlinded(event.currentTarget.checked)}
          />
          <Checkbox
            label={t("new.commitFirst")}
            checked={commitFirst}
            disabled={modelId === null}
            onChange={(event) => setCommitFirst(event.currentTarget.checked)}
          />
          {create.error && <Refused error={create.error} />}
          <Group>
            <Button type="submit" disabled={!makesSense} loading={create.isPending}>
              {t("new.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
