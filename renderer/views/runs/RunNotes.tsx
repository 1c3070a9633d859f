// What people say about a run: its name, tags to find it by, and notes.
import { Button, Group, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Run } from "../../../preload/contract/index.ts";
import { useCall } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";

/** Mounted anew for another run. */
export function RunNotes({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const [name, setName] = useState(run.name);
  const [tags, setTags] = useState(run.tags);
  const [notes, setNotes] = useState(run.notes);
  const save = useCall((studio, input: Inputs["runs"]["describe"]) => studio.runs.describe(input));
  const changed = name !== run.name || notes !== run.notes || tags.join("\n") !== run.tags.join("\n");
  return (
    <>
      <Group align="start" grow>
        <TextInput
          label={t("column.name")}
          value={name}
          maxLength={120}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TagsInput
          label={t("notes.tags")}
          description={t("notes.tagsHelp")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={tags}
          maxTags={20}
          onChange={setTags}
        />
      </Group>
      <Textarea
        label={t("notes.notes")}
        value={notes}
        maxLength={10_000}
        autosize
        minRows={2}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      {save.error ? <Refused error={save.error} /> : null}
      <Group>
        <Button
          variant="default"
          disabled={!changed || name.trim() === ""}
          loading={save.isPending}
          onClick={() => save.mutate({ id: run.id, name, notes, tags })}
        >
          {t("notes.save")}
        </Button>
      </Group>
    </>
  );
}
