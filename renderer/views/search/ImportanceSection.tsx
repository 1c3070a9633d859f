// Which of the varied parameters made the difference: a table with bars in it, so the figures are there without the drawing.
import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Search } from "../../../preload/contract/index.ts";
import { useImportance } from "../../studio/queries.ts";
import plots from "../../ui/plots/plots.module.css";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useParameterName } from "./use-parameter-name.ts";

/** Fewer finished trials tell nothing about any of several parameters. */
const LEAST = 4;

export function ImportanceSection({ search }: { search: Search }) {
  const { t } = useTranslation("search");
  const figures = useFigures();
  const palette = usePlotPalette();
  const parameterName = useParameterName();
  const importance = useImportance(search.id, search.ended, search.ended >= LEAST);
  const rows = importance.data?.toSorted((a, b) => b.share - a.share) ?? [];
  return (
    <Section title={t("section.importance")}>
      {importance.error ? <Refused error={importance.error} onRetry={() => void importance.refetch()} /> : null}
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("importance.tooFew", { count: LEAST })}
        </Text>
      ) : (
        <>
          <Text size="sm" c="dimmed" mb="xs">
            {t("importance.about")}
          </Text>
          <Table withRowBorders={false} verticalSpacing={4} aria-label={t("section.importance")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col" w="30%">
                  {t("importance.parameter")}
                </Table.Th>
                <Table.Th scope="col">{t("importance.compared")}</Table.Th>
                <Table.Th scope="col" ta="end">
                  {t("importance.share")}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ name, share }) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500}>
                    {parameterName(name)}
                  </Table.Th>
                  <Table.Td aria-hidden>
                    <div className={plots.barTrack}>
                      <div className={plots.bar} style={{ width: `${100 * share}%`, background: palette.series[0] }} />
                    </div>
                  </Table.Td>
                  <Table.Td ta="end">{figures.percent(share)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </>
      )}
    </Section>
  );
}
