// Runs side by side: what was different in their recipes, how they learned, how good they became, and where they disagree.
import { Alert, Button } from "@mantine/core";
import { ArrowLeft, Columns2, Info } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { MOST_COMPARED, type Run } from "../../../preload/contract/index.ts";
import { navigate } from "../../state/route.ts";
import { useRuns } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { CurvePanel } from "../../ui/plots/CurvePanel.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ReportPanel } from "../models/ReportPanel.tsx";
import { newestDone } from "../runs/run-progress.ts";
import { RecipeDiffTable } from "./RecipeDiffTable.tsx";
import { ResultsSection } from "./ResultsSection.tsx";
import { RunsOverview } from "./RunsOverview.tsx";
import { usePlottedRuns } from "./use-run-data.ts";

export function CompareView({ runIds }: { runIds: string[] }) {
  const { t } = useTranslation("compare");
  const query = useRuns();
  const all = query.data;
  const [hasChosen, setHasChosen] = useState(false);
  // Opened without a choice, or with one run: the newest finished ones fill the places up to two, until the person chooses.
  const chosen = useMemo(() => {
    if (!all) return [];
    const known = runIds.filter((id) => all.some((run) => run.id === id)).slice(0, MOST_COMPARED);
    return known.length > 1 || hasChosen ? known : [...new Set([...known, ...newestDone(all, 2)])].slice(0, 2);
  }, [all, runIds, hasChosen]);
  const runs = useMemo(() => chosen.flatMap((id) => all?.find((run) => run.id === id) ?? []), [chosen, all]);

  return (
    <>
      <ViewHeader title={t("title")} text={t("intro")}>
        <Button
          variant="default"
          leftSection={<ArrowLeft size={16} aria-hidden />}
          onClick={() => navigate({ view: "runs", runId: null })}
        >
          {t("allRuns")}
        </Button>
      </ViewHeader>
      <ViewBody>
        {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
        {query.isPending ? <Loading /> : null}
        {all && all.length < 2 ? (
          <EmptyState icon={Columns2} title={t("empty.title")} text={t("empty.text")}>
            <Button onClick={() => navigate({ view: "runs", runId: null })}>{t("empty.action")}</Button>
          </EmptyState>
        ) : null}
        {all && all.length > 1 ? (
          <>
            <RunsOverview
              runs={all}
              chosen={chosen}
              most={MOST_COMPARED}
              onChoose={(ids) => {
                setHasChosen(true);
                navigate({ view: "compare", runIds: ids }, { replace: true });
              }}
            />
            {runs.length < 2 ? (
              <Alert variant="light" icon={<Info size={18} aria-hidden />}>
                {t("chooseTwo")}
              </Alert>
            ) : (
              <Comparison runs={runs} />
            )}
          </>
        ) : null}
      </ViewBody>
    </>
  );
}

function Comparison({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation("compare");
  const { plotted, error } = usePlottedRuns(runs);
  const modelIds = runs.flatMap(({ modelId }) => modelId ?? []);
  const sameSnapshot = runs.every(({ snapshotId }) => snapshotId === runs[0].snapshotId);
  return (
    <>
      {sameSnapshot ? null : (
        <Alert variant="light" color="yellow" icon={<Info size={18} aria-hidden />}>
          {t("differentSnapshots")}
        </Alert>
      )}
      <Section title={t("section.recipes")}>
        <RecipeDiffTable runs={runs} />
      </Section>
      <Section title={t("section.curves")}>
        {error ? <Refused error={error} /> : null}
        <CurvePanel runs={plotted} />
      </Section>
      <ResultsSection runs={runs} />
      {modelIds.length > 1 ? <ReportPanel key={modelIds.join()} modelIds={modelIds} /> : null}
    </>
  );
}
