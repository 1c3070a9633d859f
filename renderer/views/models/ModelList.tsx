// All models of the project, and every container image that was written from them.
import { Anchor, Button, Paper, Table } from "@mantine/core";
import { Box } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CompressionReport, Model, Run } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute, navigate } from "../../state/route.ts";
import { useCompressionReport, useExports, useModels, useRuns } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ExportTable } from "./ExportTable.tsx";
import { ModelBadges } from "./ModelBadges.tsx";

export function ModelList() {
  const { t } = useTranslation("models");
  const models = useModels();
  const runs = useRuns();
  const exports = useExports();
  const hasRuns = (runs.data?.length ?? 0) > 0;
  return (
    <>
      <ViewHeader title={t("title")} text={t("intro")} />
      <ViewBody>
        {models.error ? <Refused error={models.error} onRetry={() => void models.refetch()} /> : null}
        {models.isPending ? <Loading /> : null}
        {models.data?.length === 0 ? (
          <EmptyState icon={Box} title={t("empty.title")} text={t("empty.text")}>
            <Button onClick={() => navigate({ view: hasRuns ? "runs" : "data", runId: null })}>
              {t(hasRuns ? "empty.toRuns" : "empty.toData")}
            </Button>
          </EmptyState>
        ) : null}
        {models.data && models.data.length > 0 ? (
          <Paper withBorder>
            <Table.ScrollContainer
              minWidth={760}
              scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("title") } }}
            >
              <Table highlightOnHover verticalSpacing="sm" aria-label={t("title")}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t("column.name")}</Table.Th>
                    <Table.Th scope="col">{t("column.kind")}</Table.Th>
                    <Table.Th scope="col" ta="end">
                      {t("column.bytes")}
                    </Table.Th>
                    <Table.Th scope="col" ta="end">
                      {t("column.validationAuc")}
                    </Table.Th>
                    <Table.Th scope="col">{t("column.run")}</Table.Th>
                    <Table.Th scope="col">{t("column.made")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {models.data.map((model) => (
                    <ModelRow key={model.id} model={model} run={runs.data?.find(({ id }) => id === model.runId)} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Paper>
        ) : null}
        {exports.error ? <Refused error={exports.error} onRetry={() => void exports.refetch()} /> : null}
        {exports.data && exports.data.length > 0 ? (
          <Section title={t("exports.title")}>
            <ExportTable exports={exports.data} models={models.data ?? []} />
          </Section>
        ) : null}
      </ViewBody>
    </>
  );
}

function ModelRow({ model, run }: { model: Model; run: Run | undefined }) {
  const { t } = useTranslation("models");
  const { bytes, date } = useFormat();
  const figures = useFigures();
  const report = useCompressionReport(model.kind === "trained" ? null : model.id).data ?? null;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        <Anchor inherit href={formatRoute({ view: "models", modelId: model.id })}>
          {model.name}
        </Anchor>
      </Table.Th>
      <Table.Td>
        <ModelBadges model={model} />
      </Table.Td>
      <Table.Td ta="end">{bytes(model.bytes)}</Table.Td>
      <Table.Td ta="end">{figures.auc(validationAuc(model, run, report))}</Table.Td>
      <Table.Td>
        {run ? (
          <Anchor inherit href={formatRoute({ view: "runs", runId: run.id })}>
            {run.name}
          </Anchor>
        ) : (
          t("noRun")
        )}
      </Table.Td>
      <Table.Td>{date(model.createdAt)}</Table.Td>
    </Table.Tr>
  );
}

/** Of the model itself: a compressed model has its own figure, never its parent's. */
function validationAuc(model: Model, run: Run | undefined, report: CompressionReport | null): number | null {
  if (model.kind === "trained") return run?.validationAuc ?? null;
  return report?.after.auc ?? null;
}
