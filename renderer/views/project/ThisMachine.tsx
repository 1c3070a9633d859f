// Opening without a passphrase on this machine. Shown only where the door has the key store of the system.
import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys, useCall, useKeyStore } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";

export function ThisMachine() {
  const { t } = useTranslation("members");
  const { t: shell } = useTranslation();
  const toast = useToast();
  const queryClient = useQueryClient();
  const store = useKeyStore();
  const [passphrase, setPassphrase] = useState("");
  const remember = useCall((studio) => studio.projects.rememberOnThisMachine({ passphrase }));
  const forget = useCall((studio) => studio.projects.forgetOnThisMachine());
  if (!store.data?.available) return null;
  const changed = (sentence: string) => {
    setPassphrase("");
    toast.say(sentence);
    void queryClient.invalidateQueries({ queryKey: keys.keyStore });
    // Not only made old: the first screen must not offer for a moment what is not so any more.
    queryClient.removeQueries({ queryKey: keys.recent });
  };
  const { remembered } = store.data;
  return (
    <Section title={t("machine.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (remembered) forget.mutate(undefined, { onSuccess: () => changed(t("machine.forgotten")) });
          else remember.mutate(undefined, { onSuccess: () => changed(t("machine.done")) });
        }}
      >
        <Stack gap="sm" maw={480}>
          <Text size="sm" c="dimmed">
            {remembered ? t("machine.isOn") : t("machine.text")}
          </Text>
          {!remembered && (
            <PasswordInput
              label={t("own.current")}
              autoComplete="current-password"
              value={passphrase}
              visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
              onChange={(event) => setPassphrase(event.currentTarget.value)}
            />
          )}
          {remember.error && <Refused error={remember.error} />}
          {forget.error && <Refused error={forget.error} />}
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={remember.isPending || forget.isPending}
              disabled={!remembered && passphrase === ""}
            >
              {remembered ? t("machine.forget") : t("machine.remember")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
