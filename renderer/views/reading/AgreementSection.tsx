// How far the readers of a list agree, with intervals.
import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Figure } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAgreement } from "../../studio/queries.ts";
import { Section } from "../../ui/Section.tsx";

export function AgreementSection({ listId }: { listId: string }) {
  const { t } = useTranslation("reading");
  const report = useAgreement(listId);
  // Hidden from readers of a blinded list: the cases below say why.
  if (report.error || !report.data) return null;
  const { pairs, fleissKappa, alpha, cases, reason } = report.data;
  return (
    <Section title={t("agreement.title")}>
      <Text size="sm" c="dimmed">
        {t("agreement.text")}
      </Text>
      {reason !== null && (
        <Text size="sm">{t(`agreement.reasons.${reason === "one-class" ? reason : "no-shared-cases"}`)}</Text>
      )}
      {cases > 0 && (
        <Table fz="sm" aria-label={t("agreement.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("agreement.pair")}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t("agreement.cases")}
              </Table.Th>
              <Table.Th scope="col">{t("agreement.percent")}</Table.Th>
              <Table.Th scope="col">{t("agreement.kappa")}</Table.Th>
              <Table.Th scope="col">{t("agreement.dice")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pairs.map((pair) => (
              <Table.Tr key={pair.readers.join("\n")}>
                <Table.Td>{pair.readers.join(" – ")}</Table.Td>
                <Table.Td ta="end">{pair.cases}</Table.Td>
                <Table.Td>
                  <FigureText figure={pair.percent} />
                </Table.Td>
                <Table.Td>
                  <FigureText figure={pair.kappa} />
                </Table.Td>
                <Table.Td>
                  <FigureText figure={pair.dice} />
                </Table.Td>
              </Table.Tr>
            ))}
            <Table.Tr>
              <Table.Td>{t("agreement.all")}</Table.Td>
              <Table.Td ta="end">{cases}</Table.Td>
              <Table.Td colSpan={3}>
                {t("agreement.fleiss")} <FigureText figure={fleissKappa} /> · {t("agreement.alpha")}{" "}
                <FigureText figure={alpha} />
              </Table.Td>
            </Table.Tr>
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function FigureText({ figure: { value, low, high } }: { figure: Figure }) {
  const { t } = useTranslation("reading");
  const format = useFormat();
  if (value === null) return <>{t("agreement.none")}</>;
  return (
    <>
      {format.number(value, 2)}
      {low !== null && high !== null && (
        <Text span size="xs" c="dimmed">
          {" "}
          ({t("agreement.interval", { low: format.number(low, 2), high: format.number(high, 2) })})
        </Text>
      )}
    </>
  );
}
