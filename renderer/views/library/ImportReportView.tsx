// What an import did: counts, and each refused file with its reason, to read and to copy.
import { Button, CopyButton, Group, Stack, Table, Text } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ImportReport, LabelImportReport } from "../../../preload/contract/index.ts";
import { useRefusalText } from "../../ui/Refused.tsx";
import classes from "./ImportDialog.module.css";

/** Rows shown; the copied list is whole. */
const SHOWN = 200;

export function ImportReportView({ report }: { report: ImportReport }) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  const text = useRefusalText();
  const { refused } = report;
  return (
    <Stack gap="xs">
      <Text role="status" fw={600}>
        {t("report.summary", { imported: report.imported, duplicates: report.duplicates, labelled: report.labelled })}
      </Text>
      {report.deidentified > 0 && <Text size="sm">{t("deidentify.imported", { count: report.deidentified })}</Text>}
      {refused.length > 0 && (
        <>
          <Group justify="space-between">
            <Text size="sm">{t("report.refused", { count: refused.length })}</Text>
            <CopyButton value={refused.map(({ file, code, message }) => `${file}\t${code}\t${message}`).join("\n")}>
              {({ copied, copy }) => (
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={copied ? <Check aria-hidden size={14} /> : <Copy aria-hidden size={14} />}
                  onClick={copy}
                >
                  {copied ? shell("copied") : shell("copy")}
                </Button>
              )}
            </CopyButton>
          </Group>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <section className={classes.refused} tabIndex={0} aria-label={t("report.list")}>
            <Table verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("report.file")}</Table.Th>
                  <Table.Th>{t("report.reason")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {refused.slice(0, SHOWN).map((entry) => (
                  <Table.Tr key={`${entry.file} ${entry.code}`}>
                    <Table.Td className={classes.file}>{entry.file}</Table.Td>
                    <Table.Td>
                      {text(Object.assign(new Error(entry.message), { code: entry.code })).what}
                      <Text size="xs" c="dimmed" lang="en">
                        {entry.message}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </section>
        </>
      )}
    </Stack>
  );
}

export function CsvReport({ report }: { report: LabelImportReport }) {
  const { t } = useTranslation("library");
  return (
    <Stack gap="xs">
      <Text role="status" fw={600}>
        {t("report.csv", { count: report.labelled })}
      </Text>
      {report.newClasses.length > 0 && (
        <Text size="sm">{t("report.newClasses", { names: report.newClasses.join(", ") })}</Text>
      )}
      {report.unmatched.length > 0 && (
        <Text size="sm">{t("report.unmatched", { names: report.unmatched.join(", ") })}</Text>
      )}
    </Stack>
  );
}
