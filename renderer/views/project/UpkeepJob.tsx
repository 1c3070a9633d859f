// The newest job of some kinds: its progress with Cancel while it runs, then how it ended.
import { Alert, Text } from "@mantine/core";
import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JobKind } from "../../../preload/contract/index.ts";
import { useJobs } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";

export interface UpkeepJobProps {
  kinds: readonly JobKind[];
  /** What came of it, or null where that is said elsewhere. */
  done(result: unknown, kind: JobKind): string | null;
}

export function UpkeepJob({ kinds, done }: UpkeepJobProps) {
  const { t } = useTranslation("project");
  const jobs = useJobs().data ?? [];
  const job = jobs.find(({ kind }) => kinds.includes(kind));
  if (!job) return null;
  if (job.state === "running") return <RunningJob job={job} />;
  if (job.state === "failed" && job.error) return <Refused error={storedRefusal(job.error)} />;
  if (job.state !== "done") {
    return (
      <Text size="sm" c="dimmed" role="status">
        {t(job.state === "cancelled" ? "health.jobCancelled" : "health.jobInterrupted")}
      </Text>
    );
  }
  const text = done(job.result, job.kind);
  if (text === null) return null;
  return (
    <Alert color="green" variant="light" icon={<CircleCheck aria-hidden size={18} />} role="status">
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {text}
      </Text>
    </Alert>
  );
}
