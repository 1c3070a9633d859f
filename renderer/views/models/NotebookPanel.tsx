// The model with pictures of one part as a folder for Jupyter. What would leave stands there before the button does anything.
import { Alert, Button, Checkbox, Code, Group, NumberInput, Stack, Text } from "@mantine/core";
import { CircleCheck, NotebookText, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Model, NotebookReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAppInfo, useCall, useJobs, useNotebookLeaving } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { type JudgedPart, PartChoice } from "./EvaluationSection.tsx";
import { JobOutcome } from "./JobOutcome.tsx";

export function NotebookPanel({ model }: { model: Model }) {
  const { t, i18n } = useTranslation("report");
  const { bytes, number } = useFormat();
  const info = useAppInfo();
  const jobs = useJobs().data;
  const [part, setPart] = useState<JudgedPart>("test");
  const [images, setImages] = useState<number | null>(null);
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const leaving = useNotebookLeaving({ modelId: model.id, part, images });
  const write = useCall((studio, input: Inputs["comparison"]["notebook"]) => studio.comparison.notebook(input));
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  const job = jobs?.find(({ id }) => id === write.data?.id) ?? write.data ?? null;
  const done = job?.state === "done" ? (job.result as NotebookReport) : null;
  const what = leaving.data;
  const language = i18n.language === "zh-CN" ? "zh-CN" : "en";
  return (
    <Section title={t("notebook.title")}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("notebook.about")}
      </Text>
      <Stack maw={640}>
        <Group align="end">
          <Stack gap={4}>
            <Text size="sm">{t("panel.part")}</Text>
            <PartChoice part={part} onChange={setPart} />
          </Stack>
          <NumberInput
            label={t("notebook.images")}
            w={220}
            min={1}
            max={what?.available}
            allowDecimal={false}
            placeholder={t("notebook.all")}
            value={images ?? ""}
            onChange={(value) => setImages(typeof value === "number" && value >= 1 ? Math.floor(value) : null)}
          />
        </Group>
        {leaving.error ? <Refused error={leaving.error} onRetry={() => void leaving.refetch()} /> : null}
        {what ? (
          <Alert
            variant="light"
            color="yellow"
            icon={<TriangleAlert size={18} aria-hidden />}
            title={t("notebook.leaves")}
          >
            <Text size="sm">
              {t("notebook.pictures", { count: what.images, all: number(what.available), side: what.side })}
            </Text>
            <Text size="sm">{t("notebook.stays")}</Text>
            <Text size="sm">
              {t("notebook.text", {
                deidentified: number(what.deidentified),
                unseen: number(what.textUnseen),
                suspected: number(what.textSuspected),
              })}
            </Text>
          </Alert>
        ) : null}
        <PathField label={t("panel.folder")} kind="folder" value={shownFolder} onChange={setFolder} />
        <Checkbox
          label={t("panel.overwrite")}
          checked={overwrite}
          onChange={(event) => setOverwrite(event.currentTarget.checked)}
        />
        <Button
          variant="default"
          leftSection={<NotebookText size={16} aria-hidden />}
          loading={write.isPending || job?.state === "running"}
          disabled={!what}
          style={{ alignSelf: "flex-start" }}
          onClick={() =>
            write.mutate({ modelId: model.id, part, images, language, folder: shownFolder || undefined, overwrite })
          }
        >
          {t("notebook.start")}
        </Button>
      </Stack>
      {write.error ? <Refused error={write.error} /> : null}
      <JobOutcome job={job} />
      {done ? (
        <Alert color="green" variant="light" icon={<CircleCheck size={18} aria-hidden />} role="status">
          <Text size="sm">{t("notebook.done", { count: done.images, size: bytes(done.bytes) })}</Text>
          <Code style={{ overflowWrap: "anywhere" }}>{done.path}</Code>
        </Alert>
      ) : null}
    </Section>
  );
}
