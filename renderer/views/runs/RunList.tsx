// All runs as a table; ticked ones go to the compare view together.
import { Anchor, Button, Checkbox, Paper, Table, Text } from "@mantine/core";
import { Columns2, FlaskConical, Plus, Telescope } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Run, Snapshot } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute, navigate } from "../../state/route.ts";
import { useDevices, useMay, useRuns, useSnapshots } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { startNewRun } from "./new-run.ts";
import { RunProgressBar } from "./RunProgressBar.tsx";
import { RunState } from "./RunState.tsx";
import { useDeviceText, useNetText } from "./use-field-text.ts";

export function RunList() {
  const { t } = useTranslation("runs");
  const runs = useRuns();
  const snapshots = useSnapshots();
  const devices = useDevices();
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const deviceText = useDeviceText();
  const deviceName = (id: string) =>
    deviceText(
      devices.data?.find((device) => device.id === id),
      id,
    );
  const mayStart = useMay("runs.start");
  const hasSnapshot = (snapshots.data?.length ?? 0) > 0;

  return (
    <>
      <ViewHeader title={t("title")} text={t("intro")}>
        {(runs.data?.length ?? 0) > 1 ? (
          <Button
            variant="default"
            leftSection={<Columns2 size={16} aria-hidden />}
            disabled={ticked.length < 2}
            onClick={() => navigate({ view: "compare", runIds: [...ticked] })}
          >
            {t("compareTicked", { count: ticked.length })}
          </Button>
        ) : null}
        <Button
          variant="default"
          leftSection={<Telescope size={16} aria-hidden />}
          onClick={() => navigate({ view: "search", searchId: null })}
        >
          {t("searches")}
        </Button>
        {hasSnapshot && mayStart ? (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => startNewRun(null)}>
            {t("newRun")}
          </Button>
        ) : null}
      </ViewHeader>
      <ViewBody>
        {runs.error ? <Refused error={runs.error} onRetry={() => void runs.refetch()} /> : null}
        {runs.isPending ? <Loading /> : null}
        {runs.data?.length === 0 ? (
          <EmptyState
            icon={FlaskConical}
            title={t("empty.title")}
            text={t(hasSnapshot ? "empty.text" : "empty.noSnapshot")}
          >
            {!mayStart ? null : hasSnapshot ? (
              <Button onClick={() => startNewRun(null)}>{t("newRun")}</Button>
            ) : (
              <Button onClick={() => navigate({ view: "data" })}>{t("empty.toData")}</Button>
            )}
          </EmptyState>
        ) : null}
        {runs.data && runs.data.length > 0 ? (
          <Paper withBorder>
            <Table.ScrollContainer
              minWidth={860}
              scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("title") } }}
            >
              <Table highlightOnHover aria-label={t("title")} verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">
                      <span className="visually-hidden">{t("tick")}</span>
                    </Table.Th>
                    <Table.Th scope="col">{t("column.name")}</Table.Th>
                    <Table.Th scope="col">{t("column.architecture")}</Table.Th>
                    <Table.Th scope="col">{t("column.snapshot")}</Table.Th>
                    <Table.Th scope="col">{t("column.state")}</Table.Th>
                    <Table.Th scope="col" ta="end">
                      {t("column.validationAuc")}
                    </Table.Th>
                    <Table.Th scope="col">{t("column.device")}</Table.Th>
                    <Table.Th scope="col" ta="end">
                      {t("column.duration")}
                    </Table.Th>
                    <Table.Th scope="col">{t("column.started")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {runs.data.map((run) => (
                    <RunRow
                      key={run.id}
                      run={run}
                      snapshot={snapshots.data?.find(({ id }) => id === run.snapshotId)}
                      device={deviceName(run.device)}
                      ticked={ticked.includes(run.id)}
                      onTick={(on) => setTicked(on ? [...ticked, run.id] : ticked.filter((id) => id !== run.id))}
                    />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Paper>
        ) : null}
      </ViewBody>
    </>
  );
}

interface RunRowProps {
  run: Run;
  snapshot: Snapshot | undefined;
  device: string;
  ticked: boolean;
  onTick: (on: boolean) => void;
}

function RunRow({ run, snapshot, device, ticked, onTick }: RunRowProps) {
  const { t } = useTranslation("runs");
  const netText = useNetText();
  const { duration, date } = useFormat();
  const figures = useFigures();
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          aria-label={t("tickRun", { name: run.name })}
          checked={ticked}
          onChange={(event) => onTick(event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Th scope="row" fw={500}>
        <Anchor inherit href={formatRoute({ view: "runs", runId: run.id })}>
          {run.name}
        </Anchor>
      </Table.Th>
      <Table.Td>{netText(run.recipe)}</Table.Td>
      <Table.Td>{snapshot?.name ?? "–"}</Table.Td>
      <Table.Td>
        <RunState state={run.state} />
        {run.state === "running" ? <RunProgressBar run={run} compact /> : null}
      </Table.Td>
      <Table.Td ta="end">{figures.auc(run.validationAuc)}</Table.Td>
      <Table.Td>
        <Text size="sm">{device}</Text>
      </Table.Td>
      <Table.Td ta="end">{duration(run.seconds)}</Table.Td>
      <Table.Td>{date(run.createdAt)}</Table.Td>
    </Table.Tr>
  );
}
