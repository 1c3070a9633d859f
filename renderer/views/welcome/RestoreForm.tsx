import { Button, Group, PasswordInput, Progress, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Progress as JobProgress } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { keys, useAppInfo } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";

/** A backup becomes a project again: copied, checked in full, opened. Leaving the form stops it and leaves nothing behind. */
export function RestoreForm({ onBack }: { onBack(): void }) {
  const { t } = useTranslation("welcome");
  const { t: shell } = useTranslation();
  const format = useFormat();
  const studio = useStudio();
  const queryClient = useQueryClient();
  const info = useAppInfo();
  const [backup, setBackup] = useState("");
  const [folder, setFolder] = useState<string | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const [progress, setProgress] = useState<JobProgress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const running = progress !== null;

  const restore = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setError(null);
    setProgress({ done: 0, total: 0, unit: "bytes", secondsLeft: null, note: "copying" });
    try {
      const input = { backup, passphrase, ...(folder ? { folder } : {}) };
      for await (const event of await studio.upkeep.restore(input, { signal: controller.signal })) {
        if (event.type === "progress") setProgress(event.progress);
        else {
          navigate({ view: "library" });
          queryClient.setQueryData(keys.current, event.project);
        }
      }
    } catch (refusal) {
      if (!controller.signal.aborted) setError(refusal);
    } finally {
      if (stop.current === controller) setProgress(null);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (backup !== "" && passphrase !== "" && !running) void restore();
      }}
    >
      <Stack gap="md">
        <Title order={2} size="h4">
          {t("restore.title")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("restore.about")}
        </Text>
        <PathField
          label={t("restore.backup")}
          description={t("restore.backupHelp")}
          kind="folder"
          value={backup}
          onChange={setBackup}
        />
        <PasswordInput
          label={t("passphrase")}
          description={t("restore.passphraseHelp")}
          autoComplete="current-password"
          aria-required
          value={passphrase}
          visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
        />
        <PathField
          label={t("folder")}
          kind="folder"
          value={folder ?? info.data?.projectsFolder ?? ""}
          onChange={setFolder}
        />
        {progress && (
          <Stack gap={6}>
            <Progress.Root>
              <Progress.Section
                value={progress.total > 0 ? Math.min(100, (100 * progress.done) / progress.total) : 100}
                animated={progress.total === 0}
                aria-label={t("restore.title")}
              />
            </Progress.Root>
            <Text size="xs" c="dimmed" role="status">
              {t(progress.note === "verifying" ? "restore.verifying" : "restore.copying")}
              {progress.secondsLeft !== null &&
                ` · ${shell("jobs.left", { time: format.duration(progress.secondsLeft) })}`}
            </Text>
          </Stack>
        )}
        {error !== null && <Refused error={error} />}
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => {
              if (running) {
                stop.current?.abort();
                setProgress(null);
              } else onBack();
            }}
          >
            {running ? t("restore.cancel") : t("back")}
          </Button>
          <Button type="submit" disabled={backup === "" || passphrase === ""} loading={running}>
            {t("restore.now")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
