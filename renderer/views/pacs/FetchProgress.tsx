// A fetch or a time of listening: its progress while it runs, then what came of it.
import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { Images } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Job, PacsReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useJobs } from "../../studio/queries.ts";
import { Refused, useRefusalText } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";

/** Refused objects shown. */
const SHOWN = 20;

export function FetchProgress({ started }: { started: Job }) {
  const { t } = useTranslation("pacs");
  const format = useFormat();
  const job = useJobs().data?.find(({ id }) => id === started.id) ?? started;
  const report = reportOf(job);
  if (job.state === "running") {
    return (
      <Stack gap={4}>
        <RunningJob job={job} />
        {job.progress.total === 0 && (
          <Text size="sm" role="status">
            {t("fetch.soFar", { count: job.progress.done, formatted: format.number(job.progress.done) })}
          </Text>
        )}
      </Stack>
    );
  }
  return (
    <Stack gap="xs">
      {job.error && <Refused error={storedRefusal(job.error)} />}
      {!report && (
        <Text size="sm" role="status">
          {t("fetch.kept", { count: job.progress.done, formatted: format.number(job.progress.done) })}
        </Text>
      )}
      {report && <Report report={report} />}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<Images aria-hidden size={16} />}
          onClick={() => navigate({ view: "library" })}
        >
          {t("fetch.look")}
        </Button>
      </Group>
    </Stack>
  );
}

export function Report({ report }: { report: PacsReport }) {
  const { t } = useTranslation("pacs");
  const format = useFormat();
  const text = useRefusalText();
  const refused = report.refused.length + report.unlisted;
  return (
    <>
      <Text fw={600} role="status">
        {t("fetch.done", {
          count: report.objects,
          formatted: format.number(report.objects),
          imported: format.number(report.imported),
          duplicates: format.number(report.duplicates),
        })}
      </Text>
      {report.failed > 0 && <Text size="sm">{t("fetch.failed", { count: report.failed })}</Text>}
      {refused > 0 && (
        <>
          <Text size="sm">{t("fetch.refused", { count: refused })}</Text>
          <Table fz="xs" aria-label={t("fetch.refusedList")} verticalSpacing={4}>
            <Table.Tbody>
              {report.refused.slice(0, SHOWN).map(({ file, code, message }) => (
                <Table.Tr key={file}>
                  <Table.Td>{file}</Table.Td>
                  <Table.Td>{text(storedRefusal({ code, message })).what}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </>
      )}
    </>
  );
}

/** The contract says a result's kind by the job's kind. */
export function reportOf(job: Job): PacsReport | null {
  const { result } = job;
  return typeof result === "object" && result !== null && "objects" in result ? (result as PacsReport) : null;
}
