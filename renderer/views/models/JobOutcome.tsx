// The newest job of a kind on this model: its progress with Cancel while it runs, the reason when it did not end well.
import { Alert, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../preload/contract/index.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";

export function JobOutcome({ job }: { job: Job | null }) {
  const { t } = useTranslation("models");
  if (!job || job.state === "done") return null;
  if (job.state === "running") return <RunningJob job={job} />;
  if (job.state === "failed" && job.error) return <Refused error={storedRefusal(job.error)} />;
  return (
    <Alert variant="light" color="gray" p="xs">
      <Text size="sm">{t(job.state === "cancelled" ? "job.cancelled" : "job.interrupted")}</Text>
    </Alert>
  );
}
