// How far the map in sight can be believed: checked by a job as soon as a map stays on the screen, and the verdict stands above the figures.
import { Alert, Button, Stack, Switch, Table, Text, Title } from "@mantine/core";
import { CircleCheck, CircleHelp, CircleX } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { type Explanation, type Inputs, type TrustReport, trustReportSchema } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useCall, useJobs, useMay } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";

/** A map that is looked at for less is not checked: paging through images must not start a job for each. */
const PAUSE_MS = 700;
/** The contract's: what `passed` means. */
const LIMIT = 0.5;

/** `explanation` is the map that is shown; a new one needs a new component (key). */
export function MapTrust({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation("viewer");
  const { checkMaps } = useStore(viewerStore);
  const [jobId, setJobId] = useState<string | null>(null);
  const jobs = useJobs();
  const mayCancel = useMay("jobs.cancel");
  const check = useCall((studio, input: Inputs["explanations"]["check"]) => studio.explanations.check(input));
  const cancel = useCall((studio, id: string) => studio.jobs.cancel({ id }));
  const { modelId, imageId, frame, asked: method, classIndex } = explanation;
  const job = jobs.data?.find(({ id }) => id === jobId) ?? null;
  const report = job?.state === "done" ? trustReportSchema.safeParse(job.result).data : undefined;
  const { mutate } = check;
  const { mutate: stop } = cancel;

  useEffect(() => {
    if (!checkMaps) return;
    let started: string | null = null;
    let gone = false;
    const timer = setTimeout(() => {
      mutate(
        { modelId, imageId, frame, method, classIndex },
        {
          onSuccess: ({ id }) => {
            started = id;
            if (gone && mayCancel) stop(id);
            if (!gone) setJobId(id);
          },
        },
      );
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
      // A job that has ended stays as it is.
      if (started !== null && mayCancel) stop(started);
    };
  }, [checkMaps, modelId, imageId, frame, method, classIndex, mutate, stop, mayCancel]);

  const start = () => mutate({ modelId, imageId, frame, method, classIndex }, { onSuccess: ({ id }) => setJobId(id) });
  return (
    <Stack gap="xs" component="section" aria-label={t("explain.trust.title")}>
      <Title order={3} size="sm">
        {t("explain.trust.title")}
      </Title>
      <Switch
        size="xs"
        label={t("explain.trust.auto")}
        checked={checkMaps}
        onChange={({ currentTarget }) => viewerStore.setState({ checkMaps: currentTarget.checked })}
      />
      {job?.state === "running" && <RunningJob job={job} />}
      {report && <TrustFiguresTable figures={report.figures} overlap={report.overlap} />}
      {job?.state === "failed" && job.error && <Refused error={storedRefusal(job.error)} />}
      {check.error && <Refused error={check.error} />}
      {!report && job?.state !== "running" && (!checkMaps || job !== null || check.error !== null) && (
        <Button size="xs" variant="default" loading={check.isPending} onClick={start}>
          {t(job === null ? "explain.trust.start" : "explain.trust.again")}
        </Button>
      )}
    </Stack>
  );
}

/** `overlap`: null where readers drew nothing of the class, absent where that was not asked. */
export function TrustFiguresTable({
  figures,
  overlap,
}: Pick<TrustReport, "figures"> & { overlap?: TrustReport["overlap"] }) {
  const { t } = useTranslation("viewer");
  const { decimal, percent } = useFigures();
  const verdict = figures.passed === null ? "unknown" : figures.passed ? "passed" : "failed";
  const Icon = { unknown: CircleHelp, passed: CircleCheck, failed: CircleX }[verdict];
  const rows: [name: string, value: string, note: string][] = [
    [t("explain.trust.stability"), decimal(figures.stability, 2), t("explain.trust.stabilityNote")],
    [
      t("explain.trust.deletion"),
      decimal(figures.deletion, 2),
      t("explain.trust.lowGood", { value: decimal(figures.randomDeletion, 2) }),
    ],
    [
      t("explain.trust.insertion"),
      decimal(figures.insertion, 2),
      t("explain.trust.highGood", { value: decimal(figures.randomInsertion, 2) }),
    ],
    ...(overlap
      ? ([
          [
            t("explain.trust.pointing"),
            t(overlap.pointing ? "explain.trust.yes" : "explain.trust.no"),
            t("explain.trust.pointingNote"),
          ],
          [
            t("explain.trust.inside"),
            percent(overlap.inside),
            t("explain.trust.insideNote", { value: percent(overlap.share) }),
          ],
          [t("explain.trust.iou"), decimal(overlap.iou, 2), t("explain.trust.iouNote")],
        ] satisfies [string, string, string][])
      : []),
  ];
  return (
    <Stack gap="xs" data-testid="trust">
      <Alert
        variant="light"
        p="xs"
        color={{ unknown: "gray", passed: "green", failed: "red" }[verdict]}
        icon={<Icon size={18} aria-hidden />}
        title={t(`explain.trust.${verdict}`)}
      >
        <Text size="xs">
          {t(`explain.trust.${verdict}Text`, {
            value: decimal(figures.randomisation ?? 0, 2),
            limit: decimal(LIMIT, 2),
          })}
        </Text>
      </Alert>
      <Table fz="xs" verticalSpacing={4} horizontalSpacing={4} aria-label={t("explain.trust.title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("explain.trust.figure")}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t("explain.trust.value")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, value, note]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500}>
                {name}
                <Text span display="block" size="xs" c="dimmed" fw={400}>
                  {note}
                </Text>
              </Table.Th>
              <Table.Td ta="end" style={{ verticalAlign: "top" }}>
                {value}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {overlap === null && (
        <Text size="xs" c="dimmed">
          {t("explain.trust.noShapes")}
        </Text>
      )}
      {figures.cascade.length > 0 && (
        <Table
          fz="xs"
          verticalSpacing={2}
          horizontalSpacing={4}
          captionSide="top"
          aria-label={t("explain.trust.cascade")}
        >
          <Table.Caption>{t("explain.trust.cascade")}</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("explain.trust.layers")}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t("explain.trust.similarity")}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {figures.cascade.map(({ layers, similarity }) => (
              <Table.Tr key={layers}>
                <Table.Th scope="row" fw={400}>
                  {layers}
                </Table.Th>
                <Table.Td ta="end">{decimal(similarity, 2)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
