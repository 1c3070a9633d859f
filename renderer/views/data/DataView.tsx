// Data: the frozen snapshots of the project, and the form that freezes the next one.
import { Badge, Button, Code, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { Play, Snowflake } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Snapshot } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useClasses, useFacets, useMay, useSnapshots } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { startNewRun } from "../runs/new-run.ts";
import { BalanceSection } from "./BalanceSection.tsx";
import { SnapshotForm } from "./SnapshotForm.tsx";

// biome-ignore lint/suspicious/noShadowRestrictedNames: the room is called Data; the page never uses the DOM's DataView
export function DataView() {
  const { t } = useTranslation("data");
  const snapshots = useSnapshots();
  const facets = useFacets();
  const classes = useClasses();
  const mayFreeze = useMay("snapshots.create");
  const [frozen, setFrozen] = useState<string | null>(null);
  const error = snapshots.error ?? facets.error ?? classes.error;

  const retry = () => {
    for (const query of [snapshots, facets, classes]) void query.refetch();
  };

  return (
    <>
      <ViewHeader title={t("title")} text={t("intro")} />
      <ViewBody>
        {error ? <Refused error={error} onRetry={retry} /> : null}
        {!snapshots.data || !facets.data || !classes.data ? (
          error ? null : (
            <Loading />
          )
        ) : facets.data.total === 0 ? (
          <EmptyState icon={Snowflake} title={t("empty.title")} text={t("empty.text")}>
            <Button onClick={() => navigate({ view: "library" })}>{t("empty.action")}</Button>
          </EmptyState>
        ) : (
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
            {mayFreeze && (
              <SnapshotForm
                facets={facets.data}
                classes={classes.data}
                proposedName={t("form.proposed", { number: snapshots.data.length + 1 })}
                onFrozen={(snapshot) => setFrozen(snapshot.id)}
              />
            )}
            <Stack component="section" aria-label={t("list")}>
              {snapshots.data.length === 0 ? <Text c="dimmed">{t("none")}</Text> : null}
              {snapshots.data.map((snapshot) => (
                <SnapshotCard key={snapshot.id} snapshot={snapshot} isNew={snapshot.id === frozen} />
              ))}
            </Stack>
          </SimpleGrid>
        )}
      </ViewBody>
    </>
  );
}

function SnapshotCard({ snapshot, isNew }: { snapshot: Snapshot; isNew: boolean }) {
  const { t } = useTranslation("data");
  const { number, date } = useFormat();
  const titleId = useId();
  const mayTrain = useMay("runs.start");
  const card = useRef<HTMLElement>(null);
  // The result of freezing is what the person asked for: bring it into sight and under the keyboard.
  useEffect(() => {
    if (isNew) card.current?.focus();
  }, [isNew]);
  return (
    <Paper
      withBorder
      p="md"
      component="article"
      aria-labelledby={titleId}
      ref={card}
      tabIndex={isNew ? -1 : undefined}
      data-snapshot={snapshot.name}
    >
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Group gap="xs">
              <Title order={2} size="h4" id={titleId}>
                {snapshot.name}
              </Title>
              {isNew ? <Badge variant="light">{t("justFrozen")}</Badge> : null}
            </Group>
            <Text size="sm" c="dimmed">
              {t("frozenAt", { at: date(snapshot.createdAt), seed: snapshot.seed })}
            </Text>
          </div>
          {mayTrain && (
            <Button
              leftSection={<Play size={16} aria-hidden />}
              variant={isNew ? "filled" : "default"}
              aria-label={t("trainOn", { name: snapshot.name })}
              onClick={() => startNewRun(snapshot.id)}
            >
              {t("train")}
            </Button>
          )}
        </Group>
        <Table fz="sm" withTableBorder aria-label={t("countsOf", { name: snapshot.name })}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("partTitle")}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t("images")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("patients")}
              </Table.Th>
              {snapshot.classes.map((item) => (
                <Table.Th key={item.id} scope="col">
                  <Group justify="flex-end">
                    <ClassBadge name={item.name} color={item.color} />
                  </Group>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {snapshot.counts.map((row) => (
              <Table.Tr key={row.part}>
                <Table.Th scope="row" fw={500}>
                  {t(`part.${row.part}`)}
                </Table.Th>
                <Table.Td ta="end">{number(row.images)}</Table.Td>
                <Table.Td ta="end">{number(row.patients)}</Table.Td>
                {row.perClass.map((count, index) => (
                  <Table.Td key={snapshot.classes[index].id} ta="end">
                    {number(count)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <BalanceSection snapshot={snapshot} />
        <Text size="xs" c="dimmed">
          {t("hash")} <Code title={snapshot.hash}>{snapshot.hash.slice(0, 16)}…</Code> {t("hashHelp")}
        </Text>
      </Stack>
    </Paper>
  );
}
