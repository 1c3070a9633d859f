// A report of one model or of several beside each other: looked at here, printed, or saved as a page or a PDF.
import { Alert, Button, Checkbox, Code, Group, MultiSelect, Radio, Select, Stack, Text } from "@mantine/core";
import { CircleCheck, Eye, FileText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { groupAttributeSchema, type Inputs, MOST_CROSSED, type ModelReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAppInfo, useCall, useJobs, useMay } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { type JudgedPart, PartChoice } from "./EvaluationSection.tsx";
import { JobOutcome } from "./JobOutcome.tsx";
import { ReportPreview } from "./ReportPreview.tsx";

type Data = Inputs["comparison"]["reportPage"];
type Format = NonNullable<Inputs["comparison"]["report"]["format"]>;
type Language = NonNullable<Data["language"]>;

/** Attributes that every project may know; questions are asked for in the fairness tab and on the command line. */
const ATTRIBUTES = ["sex", "age", "site", "manufacturer", "scanner", "view", "modality"] as const;

export function ReportPanel({ modelIds }: { modelIds: readonly string[] }) {
  const { t, i18n } = useTranslation("report");
  const { t: fairness } = useTranslation("fairness");
  const { bytes } = useFormat();
  const info = useAppInfo();
  const jobs = useJobs().data;
  const [part, setPart] = useState<JudgedPart>("test");
  const [language, setLanguage] = useState<Language>(i18n.language === "zh-CN" ? "zh-CN" : "en");
  const [groups, setGroups] = useState<string[]>([]);
  const [format, setFormat] = useState<Format>("html");
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const show = useCall((studio, input: Data) => studio.comparison.reportPage(input));
  const save = useCall((studio, input: Inputs["comparison"]["report"]) => studio.comparison.report(input));
  const maySave = useMay("comparison.report");
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  const job = jobs?.find(({ id }) => id === save.data?.id) ?? save.data ?? null;
  const done = job?.state === "done" ? (job.result as ModelReport) : null;
  const data: Data = {
    modelIds: [...modelIds],
    part,
    language,
    groups: groups.map((one) => groupAttributeSchema.parse(one)),
  };
  return (
    <Section title={t(modelIds.length > 1 ? "panel.titleMany" : "panel.title")}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("panel.about")}
      </Text>
      <Group align="end">
        <Stack gap={4}>
          <Text size="sm">{t("panel.part")}</Text>
          <PartChoice part={part} onChange={setPart} />
        </Stack>
        <Select
          label={t("panel.language")}
          w={160}
          allowDeselect={false}
          value={language}
          onChange={(value) => setLanguage(value === "zh-CN" ? "zh-CN" : "en")}
          data={[
            { value: "en", label: "English" },
            { value: "zh-CN", label: "简体中文" },
          ]}
        />
        <MultiSelect
          label={t("panel.groups")}
          w={320}
          maxValues={MOST_CROSSED}
          value={groups}
          onChange={setGroups}
          placeholder={groups.length === 0 ? t("panel.noGroups") : undefined}
          data={ATTRIBUTES.map((value) => ({ value, label: fairness(`attribute.${value}`) }))}
        />
        <Button
          variant="default"
          leftSection={<Eye size={16} aria-hidden />}
          loading={show.isPending}
          onClick={() => show.mutate(data)}
        >
          {t("panel.show")}
        </Button>
      </Group>
      {show.error ? <Refused error={show.error} onRetry={() => show.mutate(data)} /> : null}
      {show.data ? <ReportPreview html={show.data.html} /> : null}
      {maySave ? (
        <Stack maw={640}>
          <Radio.Group label={t("panel.format")} value={format} onChange={(value) => setFormat(value as Format)}>
            <Stack gap="xs" mt="xs">
              <Radio value="html" label={t("panel.html")} description={t("panel.htmlHelp")} />
              <Radio
                value="pdf"
                label={t("panel.pdf")}
                description={t(info.data?.host === "electron" ? "panel.pdfHelp" : "panel.pdfBrowser")}
              />
            </Stack>
          </Radio.Group>
          <PathField label={t("panel.folder")} kind="folder" value={shownFolder} onChange={setFolder} />
          <Checkbox
            label={t("panel.overwrite")}
            checked={overwrite}
            onChange={(event) => setOverwrite(event.currentTarget.checked)}
          />
          <Button
            leftSection={<FileText size={16} aria-hidden />}
            loading={save.isPending || job?.state === "running"}
            style={{ alignSelf: "flex-start" }}
            onClick={() => save.mutate({ ...data, format, folder: shownFolder || undefined, overwrite })}
          >
            {t("panel.save")}
          </Button>
        </Stack>
      ) : null}
      {save.error ? <Refused error={save.error} /> : null}
      <JobOutcome job={job} />
      {done ? (
        <Alert color="green" variant="light" icon={<CircleCheck size={18} aria-hidden />} role="status">
          <Text size="sm">{t("panel.done", { size: bytes(done.bytes) })}</Text>
          <Code style={{ overflowWrap: "anywhere" }}>{done.path}</Code>
        </Alert>
      ) : null}
    </Section>
  );
}
