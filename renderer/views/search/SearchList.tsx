// All searches as a table, or what a search is for.
import { Anchor, Button, Paper, Table } from "@mantine/core";
import { ArrowLeft, Plus, Telescope } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute, navigate } from "../../state/route.ts";
import { useMay, useSearches, useSnapshots } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { RunState } from "../runs/RunState.tsx";

const startNew = () => navigate({ view: "search", searchId: "new" });

export function SearchList() {
  const { t } = useTranslation("search");
  const { date, duration } = useFormat();
  const searches = useSearches();
  const snapshots = useSnapshots();
  const mayStart = useMay("searches.start");
  const hasSnapshot = (snapshots.data?.length ?? 0) > 0;
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
        {hasSnapshot && mayStart ? (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={startNew}>
            {t("new.title")}
          </Button>
        ) : null}
      </ViewHeader>
      <ViewBody>
        {searches.error ? <Refused error={searches.error} onRetry={() => void searches.refetch()} /> : null}
        {searches.isPending ? <Loading /> : null}
        {searches.data?.length === 0 ? (
          <EmptyState
            icon={Telescope}
            title={t("empty.title")}
            text={t(hasSnapshot ? "empty.text" : "empty.noSnapshot")}
          >
            {!mayStart ? null : hasSnapshot ? (
              <Button onClick={startNew}>{t("new.title")}</Button>
            ) : (
              <Button onClick={() => navigate({ view: "data" })}>{t("empty.toData")}</Button>
            )}
          </EmptyState>
        ) : null}
        {searches.data && searches.data.length > 0 ? (
          <Paper withBorder>
            <Table highlightOnHover aria-label={t("title")} verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t("column.name")}</Table.Th>
                  <Table.Th scope="col">{t("column.snapshot")}</Table.Th>
                  <Table.Th scope="col">{t("column.state")}</Table.Th>
                  <Table.Th scope="col" ta="end">
                    {t("column.trials")}
                  </Table.Th>
                  <Table.Th scope="col" ta="end">
                    {t("column.time")}
                  </Table.Th>
                  <Table.Th scope="col">{t("column.started")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {searches.data.map((search) => (
                  <Table.Tr key={search.id}>
                    <Table.Th scope="row" fw={500}>
                      <Anchor inherit href={formatRoute({ view: "search", searchId: search.id })}>
                        {search.name}
                      </Anchor>
                    </Table.Th>
                    <Table.Td>{snapshots.data?.find(({ id }) => id === search.plan.snapshotId)?.name ?? "–"}</Table.Td>
                    <Table.Td>
                      <RunState state={search.state} />
                    </Table.Td>
                    <Table.Td ta="end">{t("ofTrials", { ended: search.ended, trials: search.plan.trials })}</Table.Td>
                    <Table.Td ta="end">{duration(search.seconds)}</Table.Td>
                    <Table.Td>{date(search.createdAt)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Paper>
        ) : null}
      </ViewBody>
    </>
  );
}
