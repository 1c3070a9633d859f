// A container image that was written: where it is, what is in it, and how to run it.
import { Button, Code, CopyButton, Group, Stack, Table, Text } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ExportReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { FactList } from "../../ui/FactList.tsx";
import { Section } from "../../ui/Section.tsx";

export function ExportResult({ report }: { report: ExportReport }) {
  const { t } = useTranslation("models");
  const { bytes, date } = useFormat();
  return (
    <Section title={t("export.result", { reference: report.reference })}>
      <FactList
        facts={[
          { name: t("export.path"), value: <Code>{report.path}</Code> },
          { name: t("column.bytes"), value: bytes(report.bytes) },
          { name: t("export.platform"), value: report.platform },
          { name: t("export.at"), value: date(report.createdAt) },
          { name: t("export.digest"), value: <Code style={{ overflowWrap: "anywhere" }}>{report.digest}</Code> },
        ]}
      />
      <Table fz="sm" withTableBorder aria-label={t("export.layers")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("export.layer")}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.bytes")}
            </Table.Th>
            <Table.Th scope="col">{t("export.digest")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {report.layers.map((layer) => (
            <Table.Tr key={layer.digest}>
              <Table.Th scope="row" fw={500}>
                {layer.name}
              </Table.Th>
              <Table.Td ta="end">{bytes(layer.bytes)}</Table.Td>
              <Table.Td>
                <Code title={layer.digest}>{layer.digest.slice(0, 19)}…</Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Stack gap="xs">
        <Text component="h3" fw={600} size="sm">
          {t("export.commands")}
        </Text>
        {report.commands.map((command) => (
          <Command key={command} command={command} />
        ))}
      </Stack>
    </Section>
  );
}

function Command({ command }: { command: string }) {
  const { t } = useTranslation();
  return (
    <Group wrap="nowrap" gap="xs" align="flex-start">
      <Code block style={{ flex: 1, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {command}
      </Code>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
            onClick={copy}
          >
            {t(copied ? "copied" : "copy")}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
