// One work list: what is asked, how far everybody is, and the way to the next case.
import { ActionIcon, Badge, Button, Group, Progress, Table, Text, Tooltip } from "@mantine/core";
import { BookOpenCheck, Rows3, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { WorkList } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useCall, useMay, useReads } from "../../studio/queries.ts";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";
import { nextRead, openRead } from "./read-next.ts";

export function WorkListCard({ list, mayManage }: { list: WorkList; mayManage: boolean }) {
  const { t } = useTranslation("reading");
  const toast = useToast();
  const reads = useReads(list.id).data;
  const next = reads ? nextRead(reads) : null;
  const remove = useCall((studio, id: string) => studio.reading.remove({ id }));
  const maySeeCases = useMay("reading.cases");
  const { name } = list;
  return (
    <Section
      title={name}
      aside={
        <Group gap={6}>
          <Badge variant="default">{t("list.cases", { count: list.cases })}</Badge>
          <Badge variant="default">{t("list.reads", { count: list.readsPerCase })}</Badge>
          {list.blinded && <Badge variant="light">{t("list.blinded")}</Badge>}
          {list.commitFirst && <Badge variant="light">{t("list.commitFirst")}</Badge>}
          {list.discrepancies > 0 && (
            <Badge variant="light" color="orange">
              {t("list.differ", { count: list.discrepancies })}
            </Badge>
          )}
          {list.adjudicated > 0 && <Badge variant="light">{t("list.decided", { count: list.adjudicated })}</Badge>}
        </Group>
      }
    >
      <ReaderTable list={list} />
      <Group>
        {next && (
          <Button
            leftSection={<BookOpenCheck aria-hidden size={16} />}
            aria-label={t("list.nextOf", { name })}
            onClick={() => openRead(next)}
          >
            {t("list.next")}
          </Button>
        )}
        {reads && !next && <Text c="dimmed">{t(reads.length > 0 ? "list.done" : "list.notYours")}</Text>}
        {maySeeCases && (
          <Button
            variant="default"
            leftSection={<Rows3 aria-hidden size={16} />}
            aria-label={t("list.openListOf", { name })}
            onClick={() => navigate({ view: "reading", listId: list.id, position: null })}
          >
            {t("list.openList")}
          </Button>
        )}
        {mayManage && (
          <Tooltip label={t("list.remove")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t("list.removeOf", { name })}
              loading={remove.isPending}
              onClick={() => {
                if (window.confirm(t("list.removeSure"))) remove.mutate(list.id, { onError: toast.refused });
              }}
            >
              <Trash2 aria-hidden size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    </Section>
  );
}

/** How far each reader is, and how long a case takes. */
export function ReaderTable({ list }: { list: WorkList }) {
  const { t } = useTranslation("reading");
  const format = useFormat();
  return (
    <Table fz="sm" aria-label={t("page.progress")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("reader")}</Table.Th>
          <Table.Th scope="col">{t("committed")}</Table.Th>
          <Table.Th scope="col" w="40%">
            {t("page.progress")}
          </Table.Th>
          <Table.Th scope="col" ta="end">
            {t("median")}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {list.readers.map(({ id, name, committed, assigned, medianSeconds }) => (
          <Table.Tr key={id}>
            <Table.Td>{name}</Table.Td>
            <Table.Td>{t("of", { done: format.number(committed), total: format.number(assigned) })}</Table.Td>
            <Table.Td>
              <Progress
                value={(100 * committed) / Math.max(1, assigned)}
                aria-label={t("of", { done: committed, total: assigned })}
              />
            </Table.Td>
            <Table.Td ta="end">
              {medianSeconds === null ? "–" : t("seconds", { value: format.number(medianSeconds, 1) })}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
