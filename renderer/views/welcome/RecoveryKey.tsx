import { Button, Checkbox, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { Check, Copy, Printer } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { recoveryStore } from "../../state/recovery.ts";
import classes from "./WelcomeView.module.css";

/** The recovery key, shown this once. Going on needs the person's word that it is stored. */
export function RecoveryKey({ projectName, recoveryKey }: { projectName: string; recoveryKey: string }) {
  const { t } = useTranslation("welcome");
  const { t: shell } = useTranslation();
  const [stored, setStored] = useState(false);
  return (
    <Stack gap="md">
      <Title order={2} size="h4">
        {t("keyTitle", { name: projectName })}
      </Title>
      <Text size="sm">{t("keyText")}</Text>
      <output className={classes.key} aria-label={t("recoveryKey")}>
        {recoveryKey}
      </output>
      <Group className={classes.screenOnly}>
        <Button variant="default" leftSection={<Printer aria-hidden size={16} />} onClick={() => window.print()}>
          {t("print")}
        </Button>
        <CopyButton value={recoveryKey}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
              onClick={copy}
            >
              {copied ? shell("copied") : shell("copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Checkbox
        className={classes.screenOnly}
        label={t("stored")}
        checked={stored}
        onChange={(event) => setStored(event.currentTarget.checked)}
      />
      <Group justify="flex-end" className={classes.screenOnly}>
        <Button disabled={!stored} onClick={() => recoveryStore.setState({ key: null })}>
          {t("toStudio")}
        </Button>
      </Group>
    </Stack>
  );
}
