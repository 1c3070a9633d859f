// Long work, always in sight: how many jobs run, how far they are, how long they still take, and a way to stop each.
import { Button, Group, Popover, Progress, Stack, Text, Title } from "@mantine/core";
import { Activity } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useJobs, useMay } from "../../studio/queries.ts";
import { Refused } from "../Refused.tsx";

const FINISHED_SHOWN = 4;

export function JobsButton() {
  const { t } = useTranslation();
  const jobs = useJobs().data ?? [];
  const maySee = useMay("jobs.list");
  const running = jobs.filter(({ state }) => state === "running");
  const finished = jobs.filter(({ state }) => state !== "running").slice(0, FINISHED_SHOWN);
  if (!maySee) return null;
  const label = running.length > 0 ? t("jobs.running", { count: running.length }) : t("jobs.none");
  return (
    <Popover width={380} position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant={running.length > 0 ? "light" : "subtle"}
          color={running.length > 0 ? undefined : "gray"}
          leftSection={<Activity aria-hidden size={16} />}
        >
          {label}
          {running[0] && running[0].progress.total > 0 && ` · ${percent(running[0])} %`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("jobs.title")}>
        <Stack gap="md">
          {running.length === 0 && <Text size="sm">{t("jobs.none")}</Text>}
          {running.map((job) => (
            <RunningJob key={job.id} job={job} />
          ))}
          {finished.length > 0 && (
            <Stack gap={4}>
              <Title order={3} size="h6">
                {t("jobs.recent")}
              </Title>
              {finished.map((job) => (
                <Group key={job.id} justify="space-between" wrap="nowrap">
                  <Text size="sm">{t(`jobs.kind.${job.kind}`)}</Text>
                  <Text size="sm" c="dimmed">
                    {t(`jobs.state.${job.state}`)}
                  </Text>
                </Group>
              ))}
            </Stack>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

const percent = (job: Job) => Math.min(100, Math.floor((job.progress.done / job.progress.total) * 100));

/** One running job with its bar and its Cancel. */
export function RunningJob({ job }: { job: Job }) {
  const { t } = useTranslation();
  const format = useFormat();
  const cancel = useCall((studio, id: string) => studio.jobs.cancel({ id }));
  const mayCancel = useMay("jobs.cancel");
  const name = t(`jobs.kind.${job.kind}`);
  const { done, total, unit, secondsLeft } = job.progress;
  const amount = unit === "bytes" ? format.bytes : format.number;
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>
          {name}
        </Text>
        {mayCancel && (
          <Button
            size="compact-sm"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(job.id)}
            aria-label={t("jobs.cancelOf", { name })}
          >
            {t("jobs.cancel")}
          </Button>
        )}
      </Group>
      <Progress.Root>
        <Progress.Section
          value={total > 0 ? percent(job) : 100}
          animated={total === 0}
          aria-label={name}
          aria-valuetext={total > 0 ? `${percent(job)} %` : undefined}
        />
      </Progress.Root>
      <Text size="xs" c="dimmed" role="status">
        {total > 0 && t("jobs.of", { done: amount(done), total: amount(total) })}
        {secondsLeft !== null && ` · ${t("jobs.left", { time: format.duration(secondsLeft) })}`}
      </Text>
      {cancel.error && <Refused error={cancel.error} />}
    </Stack>
  );
}
