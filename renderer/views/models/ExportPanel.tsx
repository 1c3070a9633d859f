// Writing the container image that serves the model.
import { Alert, Button, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import { Container, TriangleAlert } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Model } from "../../../preload/contract/index.ts";
import { useAppInfo, useCall, useExports, useJobs } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ExportResult } from "./ExportResult.tsx";
import { ExportTable } from "./ExportTable.tsx";
import { JobOutcome } from "./JobOutcome.tsx";
import { newestJob } from "./model-job.ts";
import { isExportName, proposedExportName } from "./model-lineage.ts";

export function ExportPanel({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const info = useAppInfo();
  const jobs = useJobs();
  const exports = useExports();
  const [name, setName] = useState(() => proposedExportName(model.name));
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const start = useCall((studio, input: Inputs["models"]["export"]) => studio.models.export(input));
  const job = newestJob(jobs.data ?? [], "export", model.id);
  const own = (exports.data ?? []).filter(({ modelId }) => modelId === model.id);
  const valid = isExportName(name);
  const shownFolder = folder ?? info.data?.homeFolder ?? "";

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    start.mutate({ modelId: model.id, name, folder: shownFolder === "" ? undefined : shownFolder, overwrite });
  };

  return (
    <Stack gap="lg">
      <Section title={t("export.title")}>
        <Text size="sm" c="dimmed" maw={720}>
          {t("export.about")}
        </Text>
        {model.accepted ? null : (
          <Alert color="yellow" variant="light" icon={<TriangleAlert size={18} aria-hidden />}>
            {t("export.notAccepted")}
          </Alert>
        )}
        <form onSubmit={submit}>
          <Stack maw={640}>
            <TextInput
              label={t("export.name")}
              description={t("export.nameHelp")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={valid ? undefined : t("export.nameRule")}
              maxLength={63}
              spellCheck={false}
              required
            />
            <PathField
              label={t("export.folder")}
              description={t("export.folderHelp")}
              kind="folder"
              value={shownFolder}
              onChange={setFolder}
            />
            <Checkbox
              label={t("export.overwrite")}
              checked={overwrite}
              onChange={(event) => setOverwrite(event.currentTarget.checked)}
            />
            <Button
              type="submit"
              leftSection={<Container size={16} aria-hidden />}
              loading={start.isPending}
              disabled={!valid || job?.state === "running"}
              style={{ alignSelf: "flex-start" }}
            >
              {t("export.start")}
            </Button>
          </Stack>
        </form>
        {start.error ? <Refused error={start.error} /> : null}
        <JobOutcome job={job} />
      </Section>
      {exports.error ? <Refused error={exports.error} onRetry={() => void exports.refetch()} /> : null}
      {own.length > 0 ? <ExportResult report={own[0]} /> : null}
      {own.length > 1 ? (
        <Section title={t("exports.earlier")}>
          <ExportTable exports={own.slice(1)} models={[model]} />
        </Section>
      ) : null}
    </Stack>
  );
}
