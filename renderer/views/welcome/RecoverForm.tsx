import { Button, Group, Stack, Text, Textarea, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs } from "../../../preload/contract/index.ts";
import { keys, useCall } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { useRetryWait } from "../../ui/useRetryWait.ts";
import { isAcceptable, NewPassphrase } from "./NewPassphrase.tsx";

/** The printed key opens the project and a new passphrase replaces the forgotten one. */
export function RecoverForm(props: { path: string; onBack(): void }) {
  const { t } = useTranslation("welcome");
  const queryClient = useQueryClient();
  const [path, setPath] = useState(props.path);
  const [recoveryKey, setRecoveryKey] = useState("");
  const [pair, setPair] = useState({ passphrase: "", again: "" });
  const recover = useCall((studio, input: Inputs["projects"]["recover"]) => studio.projects.recover(input));
  const waiting = Boolean(useRetryWait(recover.error));
  const ready = !waiting && path !== "" && recoveryKey.trim() !== "" && isAcceptable(pair);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        recover.mutate(
          { path, recoveryKey: recoveryKey.trim(), passphrase: pair.passphrase },
          { onSuccess: (project) => queryClient.setQueryData(keys.current, project) },
        );
      }}
    >
      <Stack gap="md">
        <Title order={2} size="h4">
          {t("recover")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("recoverHelp")}
        </Text>
        <PathField label={t("project")} description={t("projectHelp")} kind="project" value={path} onChange={setPath} />
        <Textarea
          label={t("recoveryKey")}
          aria-required
          autosize
          minRows={2}
          spellCheck={false}
          autoComplete="off"
          value={recoveryKey}
          onChange={(event) => setRecoveryKey(event.currentTarget.value)}
        />
        <NewPassphrase value={pair} onChange={setPair} />
        {recover.error && <Refused error={recover.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onBack}>
            {t("back")}
          </Button>
          <Button type="submit" disabled={!ready} loading={recover.isPending}>
            {t("openNow")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
