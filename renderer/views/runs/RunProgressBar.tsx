// Progress of one run: bar, steps, time left, phase.
import { Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job, Run } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useJobs } from "../../studio/queries.ts";
import { runProgress } from "./run-progress.ts";

/** The job that trains the run, where the studio still lists it. */
export function useRunJob(run: Run | undefined): Job | undefined {
  const jobs = useJobs();
  return run ? jobs.data?.find((job) => job.id === run.jobId) : undefined;
}

export function RunProgressBar({ run, compact = false }: { run: Run; compact?: boolean }) {
  const { t, i18n } = useTranslation("runs");
  const { number, duration } = useFormat();
  const progress = runProgress(run, useRunJob(run));
  const percent = progress.share === null ? null : Math.floor(progress.share * 100);
  const parts: string[] = [];
  if (progress.steps > 0) {
    parts.push(t("progress.steps", { step: number(progress.step), steps: number(progress.steps) }));
  }
  if (progress.secondsLeft !== null) parts.push(t("progress.left", { time: duration(progress.secondsLeft) }));
  const phase = `progress.phase.${progress.note}`;
  if (progress.note !== "" && i18n.exists(phase, { ns: "runs" })) parts.unshift(t(phase as "progress.phase.training"));
  return (
    <Stack gap={4} miw={compact ? 140 : undefined}>
      <Progress.Root size={compact ? "sm" : "md"}>
        <Progress.Section
          value={percent ?? 100}
          animated={run.state === "running"}
          striped={percent === null}
          color={run.state === "running" ? undefined : "gray"}
          aria-label={t("progress.of", { name: run.name })}
          aria-valuetext={percent === null ? t("progress.unknown") : `${percent} %`}
        />
      </Progress.Root>
      <Text size="xs" c="dimmed">
        {parts.join(" · ")}
      </Text>
    </Stack>
  );
}
