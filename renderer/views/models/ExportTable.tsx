// Container images that were written, newest first.
import { Anchor, Code, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExportReport, Model } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute } from "../../state/route.ts";

export function ExportTable({ exports, models }: { exports: readonly ExportReport[]; models: readonly Model[] }) {
  const { t } = useTranslation("models");
  const { bytes, date } = useFormat();
  return (
    <Table fz="sm" aria-label={t("exports.title")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("export.reference")}</Table.Th>
          <Table.Th scope="col">{t("model")}</Table.Th>
          <Table.Th scope="col">{t("export.path")}</Table.Th>
          <Table.Th scope="col" ta="end">
            {t("column.bytes")}
          </Table.Th>
          <Table.Th scope="col">{t("export.at")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {exports.map((report) => (
          <Table.Tr key={report.id}>
            <Table.Th scope="row" fw={500}>
              {report.reference}
            </Table.Th>
            <Table.Td>
              <Anchor inherit href={formatRoute({ view: "models", modelId: report.modelId })}>
                {models.find(({ id }) => id === report.modelId)?.name ?? t("model")}
              </Anchor>
            </Table.Td>
            <Table.Td>
              <Code style={{ overflowWrap: "anywhere" }}>{report.path}</Code>
            </Table.Td>
            <Table.Td ta="end">{bytes(report.bytes)}</Table.Td>
            <Table.Td>{date(report.createdAt)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
