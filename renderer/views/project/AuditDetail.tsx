// One entry, whole: what changed field by field, what was said in the labels it covers, where its subject is, its hash.
import { Button, Code, Group, Stack, Table, Text } from "@mantine/core";
import { ExternalLink } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AuditLine, LabelLogLine } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useLabelLog } from "../../studio/audit.ts";
import { useClasses, useQuestions } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { changesOf, coversLabels, placeOf } from "./audit-change.ts";

export function AuditDetail({ line, fieldName }: { line: AuditLine; fieldName(name: string): string }) {
  const { t } = useTranslation("audit");
  const changes = changesOf(line.detail);
  const place = placeOf(line);
  return (
    <Stack gap="sm" align="flex-start">
      {changes.length > 0 && (
        <Table fz="sm" verticalSpacing={4} w="auto" aria-label={t("detail.changes")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("detail.field")}</Table.Th>
              <Table.Th scope="col">{t("detail.before")}</Table.Th>
              <Table.Th scope="col">{t("detail.after")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changes.map(({ field, before, after }) => (
              <Table.Tr key={field}>
                <Table.Th scope="row" fw={500}>
                  {field === "" ? t("detail.whole") : fieldName(field)}
                </Table.Th>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{before ?? ""}</Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{after}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {coversLabels(line.detail) && <LabelLines sequence={line.sequence} />}
      <Group gap="md">
        {place && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<ExternalLink aria-hidden size={14} />}
            onClick={() => navigate(place)}
          >
            {t("detail.open", { name: line.subjectName ?? "" })}
          </Button>
        )}
        {line.subject !== "" && (
          <Text size="xs" c="dimmed">
            {t("detail.subject")} <Code>{line.subject}</Code>
          </Text>
        )}
        <Text size="xs" c="dimmed">
          {line.action} · SHA-256 <Code style={{ overflowWrap: "anywhere" }}>{line.hash}</Code>
        </Text>
      </Group>
    </Stack>
  );
}

function LabelLines({ sequence }: { sequence: number }) {
  const { t } = useTranslation("audit");
  const format = useFormat();
  const said = useLabelLog(sequence);
  const words = useLabelWords();
  if (said.error) return <Refused error={said.error} />;
  if (!said.data) return <Loading />;
  const { total, lines } = said.data;
  return (
    <Stack gap={4}>
      <Table fz="sm" verticalSpacing={4} w="auto" aria-label={t("detail.labels")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("detail.image")}</Table.Th>
            <Table.Th scope="col">{t("detail.what")}</Table.Th>
            <Table.Th scope="col">{t("detail.before")}</Table.Th>
            <Table.Th scope="col">{t("detail.after")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.sequence}>
              <Table.Td>{line.imageName}</Table.Td>
              <Table.Td>{t(`detail.kind.${line.kind}`)}</Table.Td>
              <Table.Td>{words(line.kind, line.before)}</Table.Td>
              <Table.Td>{words(line.kind, line.after)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {total > lines.length && (
        <Text size="xs" c="dimmed">
          {t("detail.more", { shown: format.number(lines.length), total: format.number(total) })}
        </Text>
      )}
    </Stack>
  );
}

interface SaidState {
  classId?: string | null;
  geometry?: { kind: string };
  questionId?: string;
  value?: string | readonly string[];
}

/** A state of the label log in words: names of classes, questions and options as they are now. */
function useLabelWords(): (kind: LabelLogLine["kind"], state: string | null) => string {
  const classes = useClasses().data ?? [];
  const questions = useQuestions().data ?? [];
  return (kind, text) => {
    if (text === null) return "–";
    const state = JSON.parse(text) as SaidState;
    const className = classes.find(({ id }) => id === state.classId)?.name ?? state.classId?.slice(0, 8) ?? "";
    if (kind === "class") return className;
    if (kind === "shape") return [state.geometry?.kind, className].filter(Boolean).join(" · ");
    const question = questions.find(({ id }) => id === state.questionId);
    const values = [state.value ?? ""]
      .flat()
      .map((value) => question?.options.find(({ id }) => id === value)?.name ?? value);
    return `${question?.name ?? ""}: ${values.join(", ")}`;
  };
}
