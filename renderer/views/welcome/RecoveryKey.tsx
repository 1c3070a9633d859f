import { Stack, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { recoveryStore } from "../../state/recovery.ts";
import { OneTimeKey } from "../../ui/OneTimeKey.tsx";

/** The recovery key of a new project, or of one whose key was renewed. Going on needs the person's word that it is stored. */
export function RecoveryKey({ projectName, recoveryKey }: { projectName: string; recoveryKey: string }) {
  const { t } = useTranslation("welcome");
  const title = t("keyTitle", { name: projectName });
  return (
    <Stack gap="md">
      <Title order={2} size="h4">
        {title}
      </Title>
      <OneTimeKey
        title={title}
        text={t("keyText")}
        recoveryKey={recoveryKey}
        goOn={t("toStudio")}
        onStored={() => recoveryStore.setState({ key: null })}
      />
    </Stack>
  );
}
