import { Button, Group, PasswordInput, Stack, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs } from "../../../preload/contract/index.ts";
import { keys, useCall } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { useRetryWait } from "../../ui/useRetryWait.ts";

/** Which project, and its passphrase. A wrong one is refused with a sentence and the field keeps the focus. */
export function OpenForm(props: { path: string; onBack(): void; onRecover(path: string): void }) {
  const { t } = useTranslation("welcome");
  const { t: shell } = useTranslation();
  const queryClient = useQueryClient();
  const [path, setPath] = useState(props.path);
  const [passphrase, setPassphrase] = useState("");
  const open = useCall((studio, input: Inputs["projects"]["open"]) => studio.projects.open(input));
  const waiting = Boolean(useRetryWait(open.error));
  const ready = !waiting && path !== "" && passphrase !== "";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        open.mutate({ path, passphrase }, { onSuccess: (project) => queryClient.setQueryData(keys.current, project) });
      }}
    >
      <Stack gap="md">
        <Title order={2} size="h4">
          {t("open")}
        </Title>
        <PathField label={t("project")} description={t("projectHelp")} kind="project" value={path} onChange={setPath} />
        <PasswordInput
          label={t("passphrase")}
          autoComplete="current-password"
          autoFocus={props.path !== ""}
          aria-required
          value={passphrase}
          visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
        />
        {open.error && <Refused error={open.error} />}
        <Group justify="space-between">
          <Button variant="subtle" onClick={() => props.onRecover(path)}>
            {t("useRecovery")}
          </Button>
          <Group>
            <Button variant="default" onClick={props.onBack}>
              {t("back")}
            </Button>
            <Button type="submit" disabled={!ready} loading={open.isPending}>
              {t("openNow")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
