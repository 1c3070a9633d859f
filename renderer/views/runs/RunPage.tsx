// One run: its curves while they grow, how long it still takes, a way to stop and to go on, and at the end what came out.
import { Alert, Button } from "@mantine/core";
import { ArrowLeft, Box, Columns2, Play, Repeat, Square, TriangleAlert } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Run, RunMemory, RunPoint } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useCall, useDevices, useMay, usePoints, useRun, useSnapshots } from "../../studio/queries.ts";
import { type Fact, FactList } from "../../ui/FactList.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { CurvePanel } from "../../ui/plots/CurvePanel.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { EvaluationSection } from "../models/EvaluationSection.tsx";
import { RecipeSummary } from "./RecipeSummary.tsx";
import { RunNotes } from "./RunNotes.tsx";
import { RunProgressBar } from "./RunProgressBar.tsx";
import { RunState } from "./RunState.tsx";
import { bestAuc, isResumable } from "./run-progress.ts";
import { useDeviceText, useNetText } from "./use-field-text.ts";

export function RunPage({ runId }: { runId: string }) {
  const { t } = useTranslation("runs");
  const query = useRun(runId);
  const cancel = useCall((studio, id: string) => studio.runs.cancel({ id }));
  const resume = useCall((studio, id: string) => studio.runs.resume({ id }));
  const reproduce = useCall((studio, id: string) => studio.runs.reproduce({ id }));
  const mayReproduce = useMay("runs.reproduce");
  const mayCancel = useMay("runs.cancel");
  const mayResume = useMay("runs.resume");
  const run = query.data;
  const error = cancel.error ?? resume.error ?? reproduce.error;
  return (
    <>
      <ViewHeader title={run?.name ?? t("run")} text={run ? <RunLine run={run} /> : undefined}>
        <Button
          variant="default"
          leftSection={<ArrowLeft size={16} aria-hidden />}
          onClick={() => navigate({ view: "runs", runId: null })}
        >
          {t("allRuns")}
        </Button>
        {run?.state === "running" && mayCancel ? (
          <Button
            variant="default"
            leftSection={<Square size={16} aria-hidden />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate(runId)}
          >
            {t("cancel")}
          </Button>
        ) : null}
        {run && isResumable(run) && mayResume ? (
          <Button
            leftSection={<Play size={16} aria-hidden />}
            loading={resume.isPending}
            onClick={() => resume.mutate(runId)}
          >
            {t("resume")}
          </Button>
        ) : null}
        {run && run.state !== "running" && mayReproduce ? (
          <Button
            variant="default"
            leftSection={<Repeat size={16} aria-hidden />}
            loading={reproduce.isPending}
            onClick={() =>
              reproduce.mutate(runId, { onSuccess: ({ run: { id } }) => navigate({ view: "runs", runId: id }) })
            }
          >
            {t("reproduce")}
          </Button>
        ) : null}
        {run?.modelId ? <ModelButtons runId={runId} modelId={run.modelId} /> : null}
      </ViewHeader>
      <ViewBody>
        {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
        {error ? <Refused error={error} /> : null}
        {query.isPending ? <Loading /> : null}
        {run ? <RunBody run={run} /> : null}
      </ViewBody>
    </>
  );
}

function ModelButtons({ runId, modelId }: { runId: string; modelId: string }) {
  const { t } = useTranslation("runs");
  return (
    <>
      <Button
        variant="default"
        leftSection={<Columns2 size={16} aria-hidden />}
        onClick={() => navigate({ view: "compare", runIds: [runId] })}
      >
        {t("compareWith")}
      </Button>
      <Button leftSection={<Box size={16} aria-hidden />} onClick={() => navigate({ view: "models", modelId })}>
        {t("openModel")}
      </Button>
    </>
  );
}

function RunLine({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const netText = useNetText();
  const snapshot = useSnapshots().data?.find(({ id }) => id === run.snapshotId);
  return t("runLine", {
    architecture: netText(run.recipe),
    snapshot: snapshot?.name ?? "–",
  });
}

function RunBody({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const mayDescribe = useMay("runs.describe");
  const points = usePoints(run.id);
  // A stuck window may have missed some; the end of the run is the time to ask again.
  const refetch = points.refetch;
  const running = run.state === "running";
  const wasRunning = useRef(running);
  useEffect(() => {
    if (wasRunning.current && !running) void refetch();
    wasRunning.current = running;
  }, [running, refetch]);
  const plotted = useMemo(
    () => [{ id: run.id, name: run.name, points: points.data ?? [] }],
    [run.id, run.name, points.data],
  );
  return (
    <>
      {run.state === "failed" && run.error ? <Refused error={storedRefusal(run.error)} /> : null}
      {isResumable(run) ? (
        <Alert
          color="yellow"
          variant="light"
          icon={<TriangleAlert size={18} aria-hidden />}
          title={t(`state.${run.state}`)}
        >
          {t(`stopped.${run.state === "cancelled" ? "cancelled" : "interrupted"}`)}
        </Alert>
      ) : null}
      <Section title={t("section.state")} aside={<RunState state={run.state} />}>
        {run.state === "running" || (run.state !== "done" && run.steps > 0) ? <RunProgressBar run={run} /> : null}
        <RunFacts run={run} points={points.data ?? []} />
      </Section>
      <Section title={t("section.curves")}>
        {points.error ? <Refused error={points.error} onRetry={() => void points.refetch()} /> : null}
        <CurvePanel runs={plotted} />
      </Section>
      {run.modelId === null ? null : <EvaluationSection modelId={run.modelId} />}
      {mayDescribe ? (
        <Section title={t("notes.title")}>
          <RunNotes key={run.id} run={run} />
        </Section>
      ) : null}
      <Section title={t("section.recipe")}>
        <RecipeSummary recipe={run.recipe} />
      </Section>
    </>
  );
}

function RunFacts({ run, points }: { run: Run; points: readonly RunPoint[] }) {
  const { t } = useTranslation("runs");
  const { date, duration, number, bytes } = useFormat();
  const memoryNote = ({ parts, free }: RunMemory): string =>
    parts === 1
      ? t("memoryFree", { free: bytes(free) })
      : t("memoryParts", { batch: number(run.recipe.batchSize), parts: number(parts), free: bytes(free) });
  const figures = useFigures();
  const devices = useDevices();
  const deviceText = useDeviceText();
  const device = deviceText(
    devices.data?.find(({ id }) => id === run.device),
    run.device,
  );
  const facts: Fact[] = [
    {
      name: t("column.validationAuc"),
      // The run's own figure is that of the epoch it keeps; before its first checkpoint the curve is all there is.
      value: figures.auc(run.validationAuc ?? (run.state === "running" ? bestAuc(points) : null)),
      note: run.bestEpoch === null ? undefined : t("bestEpoch", { epoch: number(run.bestEpoch) }),
      strong: true,
    },
    { name: t("column.device"), value: device, note: t("threads", { count: run.threads }) },
    ...(run.state === "running" ? [] : [{ name: t("column.duration"), value: duration(run.seconds) }]),
    ...(run.seconds > 0 && run.waited > 0
      ? [{ name: t("waited"), value: figures.percent(run.waited / run.seconds), note: t("waitedNote") }]
      : []),
    ...(run.memory === null
      ? []
      : [{ name: t("memory"), value: bytes(run.memory.needed), note: memoryNote(run.memory) }]),
    ...(run.parameters === null ? [] : [{ name: t("parameters"), value: number(run.parameters) }]),
    { name: t("column.started"), value: date(run.createdAt) },
    ...(run.finishedAt === null ? [] : [{ name: t("finished"), value: date(run.finishedAt) }]),
  ];
  return <FactList facts={facts} />;
}
