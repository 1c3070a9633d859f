// The answers a reader can give: add, rename, recolour, choose the digit, delete what is unused.
import { ActionIcon, Button, ColorInput, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, LabelClass } from "../../../preload/contract/index.ts";
import { useCall, useClasses } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./ClassEditor.module.css";

const SWATCHES = ["#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#db2777", "#0891b2", "#65a30d", "#475569"];
const COLOR = /^#[0-9a-f]{6}$/;

export function ClassEditor({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("classes.title")}
      size="xl"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Editor />
    </Modal>
  );
}

function Editor() {
  const { t } = useTranslation("library");
  const known = useClasses();
  const [name, setName] = useState("");
  const save = useCall((studio, input: Inputs["labels"]["saveClass"]) => studio.labels.saveClass(input));
  const remove = useCall((studio, id: string) => studio.labels.deleteClass({ id }));
  const refetch = { onSuccess: () => void known.refetch() };
  const list = known.data ?? [];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("classes.text")}
      </Text>
      {list.map((labelClass) => (
        <Row
          key={labelClass.id}
          labelClass={labelClass}
          taken={list.filter(({ id }) => id !== labelClass.id).map(({ key }) => key)}
          onSave={(input) => save.mutate(input, refetch)}
          onDelete={() => remove.mutate(labelClass.id, refetch)}
        />
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === "") return;
          save.mutate(
            { name: name.trim() },
            {
              onSuccess: () => {
                setName("");
                void known.refetch();
              },
            },
          );
        }}
      >
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            className={classes.name}
            label={t("classes.new")}
            maxLength={120}
            value={name}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" leftSection={<Plus aria-hidden size={16} />} disabled={name.trim() === ""}>
            {t("classes.add")}
          </Button>
        </Group>
      </form>
      {(save.error ?? remove.error) && <Refused error={save.error ?? remove.error} />}
    </Stack>
  );
}

interface RowProps {
  labelClass: LabelClass;
  taken: (number | null)[];
  onSave(input: Inputs["labels"]["saveClass"]): void;
  onDelete(): void;
}

/** Saved when a field is left or a choice is made. */
function Row({ labelClass, taken, onSave, onDelete }: RowProps) {
  const { t } = useTranslation("library");
  const { id, name, color, key } = labelClass;
  const [draft, setDraft] = useState<{ name: string; color: string }>({ name, color });
  const save = (change: { name?: string; color?: string; key?: number | null }) =>
    onSave({ id, name, color, key, ...change });
  return (
    <Group align="flex-end" wrap="nowrap" gap="xs" role="group" aria-label={name}>
      <TextInput
        className={classes.name}
        label={t("classes.name")}
        maxLength={120}
        value={draft.name}
        onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        onBlur={() => {
          const next = draft.name.trim();
          if (next === "") setDraft({ ...draft, name });
          else if (next !== name) save({ name: next });
        }}
      />
      <ColorInput
        w={150}
        label={t("classes.color")}
        format="hex"
        swatches={SWATCHES}
        value={draft.color}
        eyeDropperButtonProps={{ "aria-label": t("classes.pick") }}
        onChange={(value) => setDraft({ ...draft, color: value })}
        onChangeEnd={(value) => COLOR.test(value.toLowerCase()) && save({ color: value.toLowerCase() })}
        onBlur={() => {
          const next = draft.color.toLowerCase();
          if (!COLOR.test(next)) setDraft({ ...draft, color });
          else if (next !== color) save({ color: next });
        }}
      />
      <Select
        w={110}
        label={t("classes.key")}
        allowDeselect={false}
        data={[
          { value: "", label: t("classes.noKey") },
          ...Array.from({ length: 9 }, (_, index) => ({
            value: String(index + 1),
            label: String(index + 1),
            disabled: taken.includes(index + 1),
          })),
        ]}
        value={key === null ? "" : String(key)}
        onChange={(value) => save({ key: value ? Number(value) : null })}
      />
      <ActionIcon
        size="lg"
        variant="default"
        className={classes.delete}
        aria-label={t("classes.delete", { name })}
        onClick={onDelete}
      >
        <Trash2 aria-hidden size={16} />
      </ActionIcon>
    </Group>
  );
}
