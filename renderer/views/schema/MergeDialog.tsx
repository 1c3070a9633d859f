// Makes one choice of two: says how many answers are rewritten, and that undo gives them back.
import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Refused } from "../../ui/Refused.tsx";
import { useToast } from "../../ui/useToast.ts";
import type { DraftChoice } from "./draft.ts";

export interface MergeDialogProps {
  from: DraftChoice;
  choices: readonly DraftChoice[];
  /** how often it is given now */
  count: number;
  merge(into: string): Promise<{ rewritten: number }>;
  onClose(): void;
}

export function MergeDialog({ from, choices, count, merge, onClose }: MergeDialogProps) {
  const { t } = useTranslation("schema");
  const { t: shell } = useTranslation();
  const toast = useToast();
  const [into, setInto] = useState<string | null>(null);
  const done = useMutation({
    mutationFn: merge,
    gcTime: 0,
    onSuccess: ({ rewritten }) => {
      toast.say(t("merge.done", { count: rewritten }));
      onClose();
    },
  });
  const others = choices.flatMap(({ id, name, archived }) =>
    id === null || id === from.id || archived ? [] : [{ value: id, label: name }],
  );
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("merge.title", { name: from.name })}
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("merge.text", { count, name: from.name })}</Text>
        <Select label={t("merge.into")} data={others} value={into} onChange={setInto} data-autofocus />
        <Text size="xs" c="dimmed">
          {t("merge.undo")}
        </Text>
        {done.error && <Refused error={done.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {shell("cancel")}
          </Button>
          <Button disabled={into === null} loading={done.isPending} onClick={() => into && done.mutate(into)}>
            {t("merge.merge")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
