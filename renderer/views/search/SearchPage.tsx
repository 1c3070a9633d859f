// One search: how far it is, the best so far, what mattered, and every trial.
import { Alert, Badge, Button, Group, NumberInput, Progress, Stack, Text } from "@mantine/core";
import { ArrowLeft, Columns2, Play, Square, TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { bestTrials, type Inputs, type Search, type SearchTrial } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useCall, useJobs, useMay, useRuns, useSearch, useSnapshots } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ParallelPlot } from "../compare/ParallelPlot.tsx";
import { rowsOf } from "../compare/run-columns.ts";
import { RunState } from "../runs/RunState.tsx";
import { BestSoFarPlot } from "./BestSoFarPlot.tsx";
import { ImportanceSection } from "./ImportanceSection.tsx";
import { TrialTable } from "./TrialTable.tsx";

/** The compare view takes no more at once. */
const COMPARED = 6;

export function SearchPage({ searchId }: { searchId: string }) {
  const { t } = useTranslation("search");
  const answer = useSearch(searchId);
  const search = answer.data?.search;
  const trials = answer.data?.trials ?? [];
  const mayWork = useMay("searches.resume");
  const cancel = useCall((studio, id: string) => studio.searches.cancel({ id }));
  const best = search ? bestTrials(search.plan, trials) : [];
  return (
    <>
      <ViewHeader title={search?.name ?? t("search")} text={search ? <SearchLine search={search} /> : ""}>
        <Button
          variant="default"
          leftSection={<ArrowLeft size={16} aria-hidden />}
          onClick={() => navigate({ view: "search", searchId: null })}
        >
          {t("allSearches")}
        </Button>
        {search?.state === "running" && mayWork ? (
          <Button
            variant="default"
            leftSection={<Square size={16} aria-hidden />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate(searchId)}
          >
            {t("cancel")}
          </Button>
        ) : null}
        {best.length > 0 ? (
          <Button
            leftSection={<Columns2 size={16} aria-hidden />}
            onClick={() =>
              navigate(
                best.length === 1
                  ? { view: "runs", runId: best[0]!.runId }
                  : { view: "compare", runIds: best.slice(0, COMPARED).map(({ runId }) => runId) },
              )
            }
          >
            {t(best.length === 1 ? "openBest" : "compareBest")}
          </Button>
        ) : null}
      </ViewHeader>
      <ViewBody>
        {answer.error ? <Refused error={answer.error} onRetry={() => void answer.refetch()} /> : null}
        {cancel.error ? <Refused error={cancel.error} /> : null}
        {answer.isPending ? <Loading /> : null}
        {search ? <SearchBody search={search} trials={trials} best={best} mayWork={mayWork} /> : null}
      </ViewBody>
    </>
  );
}

function SearchLine({ search: { plan } }: { search: Search }) {
  const { t } = useTranslation("search");
  const snapshot = useSnapshots().data?.find(({ id }) => id === plan.snapshotId);
  return t("line", {
    snapshot: snapshot?.name ?? "–",
    sampler: t(`sampler.${plan.sampler}`),
    objectives: plan.objectives.map((objective) => t(`objective.${objective}`)).join(", "),
  });
}

interface SearchBodyProps {
  search: Search;
  trials: readonly SearchTrial[];
  best: readonly SearchTrial[];
  mayWork: boolean;
}

function SearchBody({ search, trials, best, mayWork }: SearchBodyProps) {
  const { t } = useTranslation("search");
  const runs = useRuns().data;
  const rows = useMemo(() => {
    const own = new Set(trials.map(({ runId }) => runId));
    return rowsOf(runs?.filter(({ id }) => own.has(id)) ?? [], () => "");
  }, [runs, trials]);
  const chosen = useMemo(() => best.slice(0, COMPARED).map(({ runId }) => runId), [best]);
  return (
    <>
      {search.error ? <Refused error={storedRefusal(search.error)} /> : null}
      {search.state === "interrupted" || search.state === "cancelled" ? (
        <Alert
          color="yellow"
          variant="light"
          icon={<TriangleAlert size={18} aria-hidden />}
          title={t(`stopped.${search.state}`)}
        >
          {t("stopped.next")}
        </Alert>
      ) : null}
      <Section title={t("section.state")} aside={<RunState state={search.state} />}>
        <SearchProgress search={search} />
        {search.state !== "running" && mayWork ? <Resume search={search} /> : null}
      </Section>
      {best.length > 0 ? (
        <Section title={t("section.best")} aside={<Badge tt="none">{t("bestCount", { count: best.length })}</Badge>}>
          <BestSoFarPlot plan={search.plan} trials={trials} />
        </Section>
      ) : null}
      <ImportanceSection search={search} />
      {rows.length > 1 ? (
        <Section title={t("section.parallel")}>
          <ParallelPlot rows={rows} chosen={chosen} />
        </Section>
      ) : null}
      <Section title={t("section.trials")}>
        <TrialTable plan={search.plan} trials={trials} best={best} />
      </Section>
    </>
  );
}

function SearchProgress({ search }: { search: Search }) {
  const { t } = useTranslation("search");
  const { duration } = useFormat();
  const jobs = useJobs().data ?? [];
  const own = jobs.filter(
    ({ kind, subject, state }) => kind === "search" && subject === search.id && state === "running",
  );
  const { trials, minutes } = search.plan;
  const done = Math.max(search.ended, ...own.map(({ progress }) => progress.done));
  const left = own.flatMap(({ progress }) => progress.secondsLeft ?? []);
  const parts = [
    t("ofTrials", { ended: search.ended, trials }),
    t(minutes === null ? "spent" : "spentOf", { time: duration(search.seconds), of: duration(60 * (minutes ?? 0)) }),
    ...(left.length > 0 && search.state === "running" ? [t("left", { time: duration(Math.min(...left)) })] : []),
  ];
  const percent = Math.min(100, Math.floor((100 * done) / trials));
  return (
    <Stack gap={4}>
      <Progress.Root size="md">
        <Progress.Section
          value={percent}
          animated={search.state === "running"}
          color={search.state === "running" ? undefined : "gray"}
          aria-label={t("progressOf", { name: search.name })}
          aria-valuetext={`${percent} %`}
        />
      </Progress.Root>
      <Text size="sm" role="status">
        {parts.join(" · ")}
      </Text>
    </Stack>
  );
}

function Resume({ search }: { search: Search }) {
  const { t } = useTranslation("search");
  const { trials } = search.plan;
  const ended = search.state === "done";
  const [typed, setTyped] = useState<number | null>(ended ? trials + 10 : trials);
  const resume = useCall((studio, input: Inputs["searches"]["resume"]) => studio.searches.resume(input));
  return (
    <>
      <Group align="end" mt="sm">
        <NumberInput
          label={t("resume.trials")}
          w={180}
          min={1}
          max={1000}
          allowDecimal={false}
          allowNegative={false}
          value={typed ?? ""}
          onChange={(value) => setTyped(typeof value === "number" ? value : null)}
        />
        <Button
          variant="default"
          leftSection={<Play size={16} aria-hidden />}
          disabled={typed === null || (ended && typed <= trials)}
          loading={resume.isPending}
          onClick={() => resume.mutate({ id: search.id, trials: typed ?? undefined })}
        >
          {t(ended ? "resume.more" : "resume.goOn")}
        </Button>
      </Group>
      {resume.error ? <Refused error={resume.error} /> : null}
    </>
  );
}
