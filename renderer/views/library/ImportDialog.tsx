// Brings images in: files of this window (drop, choose), a path of the workstation, labels of a table. Ends with a report.
import { Button, FileButton, Group, Modal, Progress, Radio, Stack, Tabs, Text } from "@mantine/core";
import { FileText, FolderUp, HardDrive, Sparkles, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { DEFAULT_DEIDENTIFY, type ImportReport, type Inputs, type Job } from "../../../preload/contract/index.ts";
import { useCall, useJobs } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { DeidentifyChoice } from "./DeidentifyChoice.tsx";
import classes from "./ImportDialog.module.css";
import { CsvReport, ImportReportView } from "./ImportReportView.tsx";
import { filesOfDrop, filesOfInput, type LabelsFrom, type NamedFile, uploadFiles } from "./upload.ts";

export interface ImportDialogProps {
  opened: boolean;
  /** what was dropped on the window, by its path; null: nothing */
  path: string | null;
  onClose(): void;
}

export function ImportDialog({ opened, path, onClose }: ImportDialogProps) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  const [busy, setBusy] = useState(false);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("import.title")}
      size="xl"
      closeOnEscape={!busy}
      closeOnClickOutside={!busy}
      withCloseButton={!busy}
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Tabs key={path} defaultValue={path === null ? "files" : "path"} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="files" disabled={busy} leftSection={<Upload aria-hidden size={16} />}>
            {t("import.files")}
          </Tabs.Tab>
          <Tabs.Tab value="path" disabled={busy} leftSection={<HardDrive aria-hidden size={16} />}>
            {t("import.path")}
          </Tabs.Tab>
          <Tabs.Tab value="csv" disabled={busy} leftSection={<FileText aria-hidden size={16} />}>
            {t("import.csv")}
          </Tabs.Tab>
          <Tabs.Tab value="sample" disabled={busy} leftSection={<Sparkles aria-hidden size={16} />}>
            {t("import.sample")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="files">
          <FromFiles onBusy={setBusy} />
        </Tabs.Panel>
        <Tabs.Panel value="path">
          <FromPath dropped={path} />
        </Tabs.Panel>
        <Tabs.Panel value="csv">
          <FromCsv />
        </Tabs.Panel>
        <Tabs.Panel value="sample">
          <FromSample />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}

function LabelsChoice({ value, onChange }: { value: LabelsFrom; onChange(value: LabelsFrom): void }) {
  const { t } = useTranslation("library");
  return (
    <Radio.Group
      label={t("import.labels")}
      value={value}
      onChange={(next) => onChange(next === "folders" ? "folders" : "none")}
    >
      <Stack gap="xs" mt="xs">
        <Radio value="none" label={t("import.labelsNone")} />
        <Radio value="folders" label={t("import.labelsFolders")} />
      </Stack>
    </Radio.Group>
  );
}

function FromFiles({ onBusy }: { onBusy(busy: boolean): void }) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  const studio = useStudio();
  const [labels, setLabels] = useState<LabelsFrom>("none");
  const [deidentify, setDeidentify] = useState(DEFAULT_DEIDENTIFY);
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState<{ done: number; total: number; stop: AbortController } | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const [error, setError] = useState<unknown>(null);
  const folder = useRef<HTMLInputElement>(null);

  const send = async (files: NamedFile[]) => {
    if (files.length === 0) return;
    const stop = new AbortController();
    setReport(null);
    setError(null);
    setSending({ done: 0, total: files.length, stop });
    onBusy(true);
    try {
      setReport(
        await uploadFiles(studio, files, {
          labels,
          deidentify,
          signal: stop.signal,
          onProgress: (done) => setSending({ done, total: files.length, stop }),
        }),
      );
    } catch (problem) {
      setError(problem);
    } finally {
      setSending(null);
      onBusy(false);
    }
  };

  return (
    <Stack gap="md">
      <DeidentifyChoice value={deidentify} onChange={setDeidentify} />
      <LabelsChoice value={labels} onChange={setLabels} />
      {sending ? (
        <Stack gap="xs">
          <Progress value={(sending.done / sending.total) * 100} aria-label={t("import.title")} />
          <Group justify="space-between">
            <Text size="sm" role="status">
              {shell("jobs.of", { done: sending.done, total: sending.total })}
            </Text>
            <Button size="compact-sm" variant="default" onClick={() => sending.stop.abort()}>
              {shell("cancel")}
            </Button>
          </Group>
        </Stack>
      ) : (
        <section
          className={classes.drop}
          aria-label={t("import.drop")}
          data-over={over || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void filesOfDrop(event.dataTransfer).then(send);
          }}
        >
          <Text>{t("import.drop")}</Text>
          <Text size="sm" c="dimmed">
            {t("import.formats")}
          </Text>
          <Group>
            <FileButton multiple onChange={(files) => void send(files.map((file) => ({ name: file.name, file })))}>
              {(props) => (
                <Button {...props} variant="default" leftSection={<Upload aria-hidden size={16} />}>
                  {t("import.chooseFiles")}
                </Button>
              )}
            </FileButton>
            <input
              ref={folder}
              type="file"
              hidden
              aria-label={t("import.chooseFolder")}
              {...{ webkitdirectory: "" }}
              onChange={(event) => {
                const files = filesOfInput(event.currentTarget.files);
                event.currentTarget.value = "";
                void send(files);
              }}
            />
            <Button
              variant="default"
              leftSection={<FolderUp aria-hidden size={16} />}
              onClick={() => folder.current?.click()}
            >
              {t("import.chooseFolder")}
            </Button>
          </Group>
        </section>
      )}
      {error !== null && <Refused error={error} />}
      {report && <ImportReportView report={report} />}
    </Stack>
  );
}

function FromPath({ dropped }: { dropped: string | null }) {
  const { t } = useTranslation("library");
  const [path, setPath] = useState(dropped ?? "");
  const [labels, setLabels] = useState<LabelsFrom>("none");
  const [deidentify, setDeidentify] = useState(DEFAULT_DEIDENTIFY);
  const start = useCall((studio, input: Inputs["images"]["importPath"]) => studio.images.importPath(input));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim() !== "") start.mutate({ path: path.trim(), labels, deidentify });
      }}
    >
      <Stack gap="md">
        <PathField
          label={t("import.pathLabel")}
          description={t("import.formats")}
          kind="any"
          value={path}
          onChange={setPath}
        />
        <DeidentifyChoice value={deidentify} onChange={setDeidentify} />
        <LabelsChoice value={labels} onChange={setLabels} />
        <Group justify="flex-end">
          <Button type="submit" disabled={path.trim() === ""} loading={start.isPending}>
            {t("import.start")}
          </Button>
        </Group>
        {start.error && <Refused error={start.error} />}
        {start.data && <ImportJob started={start.data} />}
      </Stack>
    </form>
  );
}

function FromSample() {
  const { t } = useTranslation("library");
  const start = useCall((studio) => studio.images.importSample({}));
  return (
    <Stack gap="md">
      <Text size="sm">{t("first.sampleText")}</Text>
      <Group justify="flex-end">
        <Button loading={start.isPending} onClick={() => start.mutate(undefined)}>
          {t("first.sample")}
        </Button>
      </Group>
      {start.error && <Refused error={start.error} />}
      {start.data && <ImportJob started={start.data} />}
    </Stack>
  );
}

/** Follows an import that the studio runs; its progress first, then its report. */
function ImportJob({ started }: { started: Job }) {
  const job = useJobs().data?.find(({ id }) => id === started.id) ?? started;
  if (job.state === "running") return <RunningJob job={job} />;
  if (job.error) return <Refused error={Object.assign(new Error(job.error.message), { code: job.error.code })} />;
  const report = reportOf(job);
  return report && <ImportReportView report={report} />;
}

/** The result of an import job; the contract says its kind by the job's kind. */
function reportOf(job: Job): ImportReport | null {
  const result = job.result;
  if (typeof result !== "object" || result === null || !("imported" in result)) return null;
  return result as ImportReport;
}

function FromCsv() {
  const { t } = useTranslation("library");
  const [text, setText] = useState<string | null>(null);
  const read = useCall((studio, csv: string) => studio.labels.importCsv({ csv }));
  const { mutate } = read;
  useEffect(() => {
    if (text !== null) mutate(text);
  }, [text, mutate]);
  return (
    <Stack gap="md">
      <Text size="sm">{t("import.csvText")}</Text>
      <Group>
        <FileButton accept=".csv,text/csv,text/plain" onChange={(file) => void file?.text().then(setText)}>
          {(props) => (
            <Button
              {...props}
              variant="default"
              loading={read.isPending}
              leftSection={<FileText aria-hidden size={16} />}
            >
              {t("import.chooseCsv")}
            </Button>
          )}
        </FileButton>
      </Group>
      {read.error && <Refused error={read.error} />}
      {read.data && <CsvReport report={read.data} />}
    </Stack>
  );
}
