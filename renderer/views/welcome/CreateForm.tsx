import { Button, Group, Stack, TextInput, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs } from "../../../preload/contract/index.ts";
import { recoveryStore } from "../../state/recovery.ts";
import { navigate } from "../../state/route.ts";
import { keys, useAppInfo, useCall } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { isAcceptable, NewPassphrase } from "./NewPassphrase.tsx";

/** Name, reader, passphrase, folder; then the recovery key is shown (RecoveryKey). */
export function CreateForm({ onBack }: { onBack(): void }) {
  const { t } = useTranslation("welcome");
  const queryClient = useQueryClient();
  const info = useAppInfo();
  const [name, setName] = useState("");
  const [member, setMember] = useState("");
  const [folder, setFolder] = useState<string | null>(null);
  const [pair, setPair] = useState({ passphrase: "", again: "" });
  const create = useCall((studio, input: Inputs["projects"]["create"]) => studio.projects.create(input));
  const ready = name.trim() !== "" && member.trim() !== "" && isAcceptable(pair);

  const submit = () => {
    if (!ready) return;
    recoveryStore.setState({ creating: true });
    const input = {
      name: name.trim(),
      member: member.trim(),
      passphrase: pair.passphrase,
      ...(folder ? { folder } : {}),
    };
    create.mutate(input, {
      onSuccess: ({ project, recoveryKey }) => {
        recoveryStore.setState({ creating: false, key: { projectName: project.name, recoveryKey } });
        navigate({ view: "library" });
        queryClient.setQueryData(keys.current, project);
      },
      onError: () => recoveryStore.setState({ creating: false }),
    });
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="md">
        <Title order={2} size="h4">
          {t("create")}
        </Title>
        <TextInput
          label={t("name")}
          data-autofocus
          aria-required
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t("member")}
          description={t("memberHelp")}
          aria-required
          maxLength={120}
          autoComplete="name"
          value={member}
          onChange={(event) => setMember(event.currentTarget.value)}
        />
        <NewPassphrase value={pair} onChange={setPair} />
        <PathField
          label={t("folder")}
          kind="folder"
          value={folder ?? info.data?.projectsFolder ?? ""}
          onChange={setFolder}
        />
        {create.error && <Refused error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            {t("back")}
          </Button>
          <Button type="submit" disabled={!ready} loading={create.isPending}>
            {t("createNow")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
