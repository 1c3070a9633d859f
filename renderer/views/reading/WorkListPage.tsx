// One work list: progress, agreement of its readers, and its cases with what was said about them.
import { Button, Group, SegmentedControl, Table, Text } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LabelClass, ReadingCase } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useCases, useClasses, useMay, useWorkLists } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { AgreementSection } from "./AgreementSection.tsx";
import { ReaderTable } from "./WorkListCard.tsx";

const SHOWN = ["all", "differing", "undecided"] as const;
/** Rows drawn at once; a longer list is narrowed by its filter. */
const MOST_ROWS = 500;

export function WorkListPage({ listId }: { listId: string }) {
  const { t } = useTranslation("reading");
  const lists = useWorkLists();
  const list = lists.data?.find(({ id }) => id === listId);
  const [only, setOnly] = useState<(typeof SHOWN)[number]>("all");
  const cases = useCases(listId, only);
  const classes = useClasses().data ?? [];
  if (lists.isPending) return <Loading />;
  return (
    <>
      <ViewHeader title={list?.name ?? t("title")}>
        <Button
          variant="default"
          leftSection={<ArrowLeft aria-hidden size={16} />}
          onClick={() => navigate({ view: "reading", listId: null, position: null })}
        >
          {t("page.back")}
        </Button>
      </ViewHeader>
      <ViewBody>
        {list && (
          <Section title={t("page.progress")}>
            <ReaderTable list={list} />
          </Section>
        )}
        <AgreementSection listId={listId} />
        <Section
          title={t("page.cases")}
          aside={
            <SegmentedControl
              size="xs"
              aria-label={t("page.cases")}
              value={only}
              onChange={(value) => setOnly(SHOWN.find((known) => known === value) ?? "all")}
              data={SHOWN.map((value) => ({ value, label: t(`page.only.${value}`) }))}
            />
          }
        >
          {cases.error ? (
            <Refused error={cases.error} />
          ) : !cases.data ? (
            <Loading />
          ) : cases.data.length === 0 ? (
            <Text c="dimmed">{t("page.none")}</Text>
          ) : (
            <CaseTable cases={cases.data.slice(0, MOST_ROWS)} classes={classes} />
          )}
        </Section>
      </ViewBody>
    </>
  );
}

function CaseTable({ cases, classes }: { cases: readonly ReadingCase[]; classes: readonly LabelClass[] }) {
  const { t } = useTranslation("reading");
  const format = useFormat();
  const mayDecide = useMay("reading.adjudicate");
  return (
    <Table fz="sm" highlightOnHover aria-label={t("page.cases")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("page.case")}</Table.Th>
          <Table.Th scope="col">{t("page.image")}</Table.Th>
          <Table.Th scope="col">{t("page.answers")}</Table.Th>
          <Table.Th scope="col">{t("page.decision")}</Table.Th>
          <Table.Th scope="col" />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {cases.map((one) => {
          const number = format.number(one.position + 1);
          return (
            <Table.Tr key={one.position} data-differs={one.differs || undefined}>
              <Table.Td>{number}</Table.Td>
              <Table.Td>{one.name}</Table.Td>
              <Table.Td>
                <Group gap="md">
                  {one.answers.map(({ readId, reader, classId }) => (
                    <Group key={readId} gap={6} wrap="nowrap">
                      <Text span size="sm" c="dimmed">
                        {reader}
                      </Text>
                      <AnswerBadge classId={classId} classes={classes} />
                    </Group>
                  ))}
                  {!one.complete && (
                    <Text span size="sm" c="dimmed">
                      {t("page.waiting")}
                    </Text>
                  )}
                </Group>
              </Table.Td>
              <Table.Td>{one.decision && <AnswerBadge classId={one.decision.classId} classes={classes} />}</Table.Td>
              <Table.Td ta="end">
                <Button
                  size="compact-sm"
                  variant={mayDecide && one.differs && !one.decision ? "filled" : "default"}
                  disabled={one.answers.length === 0}
                  aria-label={t(mayDecide ? "page.decideOf" : "page.lookOf", { number })}
                  onClick={() => navigate({ view: "reading", listId: one.listId, position: one.position })}
                >
                  {t(mayDecide ? "page.decide" : "page.look")}
                </Button>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

/** A class that somebody gave, or that they gave none. */
export function AnswerBadge({ classId, classes }: { classId: string | null; classes: readonly LabelClass[] }) {
  const { t } = useTranslation("reading");
  const found = classes.find(({ id }) => id === classId);
  return <ClassBadge name={found?.name ?? t("decide.noLabel")} color={found?.color ?? null} />;
}
