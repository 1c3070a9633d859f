// After how long without anybody the project is locked: a setting of the machine, for every project on it.
import { ActionIcon, Menu } from "@mantine/core";
import { TimerReset } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { IDLE_LOCK_MINUTES } from "../../../preload/contract/app.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { keys, useCall, useMachineSettings } from "../../studio/queries.ts";
import { useToast } from "../useToast.ts";

export function IdleLock() {
  const { t } = useTranslation();
  const format = useFormat();
  const toast = useToast();
  const queryClient = useQueryClient();
  const settings = useMachineSettings().data;
  const save = useCall((studio, idleLockMinutes: number) => studio.app.saveSettings({ idleLockMinutes }));
  const choose = (minutes: string) =>
    save.mutate(Number(minutes), {
      onSuccess: (saved) => queryClient.setQueryData(keys.settings, saved),
      onError: toast.refused,
    });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("idleLock")}>
          <TimerReset aria-hidden size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("idleLockLong")}</Menu.Label>
        <Menu.RadioGroup value={settings ? String(settings.idleLockMinutes) : null} onChange={choose}>
          {IDLE_LOCK_MINUTES.map((minutes) => (
            <Menu.RadioItem key={minutes} value={String(minutes)} closeMenuOnClick>
              {format.minutes(minutes)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
