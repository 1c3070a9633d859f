// What was done to an image so that nobody is recognised in it: a sentence, the attributes by what was done, and the whole report to copy.
import { Button, CopyButton, Table, Text } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDeidentification } from "../studio/queries.ts";

export function DeidentificationFacts({ id, enabled }: { id: string; enabled: boolean }) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  const known = useDeidentification(id, enabled).data;
  if (known === undefined) return null;
  const { report } = known;
  if (report === null) return <Text size="xs">{t("deidentify.notDone")}</Text>;
  return (
    <>
      <Text size="xs">
        {t("deidentify.done", { profile: report.profile, options: report.options.join(", ") || "–" })}
      </Text>
      <Table verticalSpacing={2} fz="xs" aria-label={t("deidentify.report")}>
        <Table.Tbody>
          {Object.entries(report.counts).map(([done, count]) => (
            <Table.Tr key={done}>
              <Table.Th>{t(`deidentify.action.${isAction(done) ? done : "other"}`)}</Table.Th>
              <Table.Td>{count}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {[...report.notes, ...report.warnings].map((sentence) => (
        <Text key={sentence} size="xs" c="dimmed" lang="en">
          {sentence}
        </Text>
      ))}
      <CopyButton value={JSON.stringify(known, null, 2)}>
        {({ copied, copy }) => (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={copied ? <Check aria-hidden size={14} /> : <Copy aria-hidden size={14} />}
            onClick={copy}
          >
            {copied ? shell("copied") : t("deidentify.copy")}
          </Button>
        )}
      </CopyButton>
    </>
  );
}

const ACTIONS = ["removed", "emptied", "replaced", "mapped", "shifted", "cleaned", "kept"] as const;
const isAction = (done: string): done is (typeof ACTIONS)[number] => ACTIONS.some((known) => known === done);
