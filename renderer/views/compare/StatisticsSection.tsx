// Is one model better, or only luckier? Every pair of the compared models on the cases they share, with corrected p values and decision curves.
import { Paper, Select, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Comparison, Run } from "../../../preload/contract/index.ts";
import { NO_FIGURE } from "../../ui/plots/figures.ts";
import { defaultPositiveClass } from "../../ui/plots/roc.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Waiting } from "../../ui/Waiting.tsx";
import type { JudgedPart } from "../models/EvaluationSection.tsx";
import classes from "./compare.module.css";
import { DecisionCurvePlot } from "./DecisionCurvePlot.tsx";
import { useComparison } from "./use-run-data.ts";

/** The level at which a difference is marked; p values are there for other levels. */
const LEVEL = 0.05;
const FIGURES = ["auc", "accuracy", "loss"] as const;

export function StatisticsSection({ runs, part }: { runs: readonly Run[]; part: JudgedPart }) {
  const { t } = useTranslation("compare");
  const modelIds = runs.flatMap(({ modelId }) => modelId ?? []);
  const query = useComparison(modelIds, part);
  if (modelIds.length < 2) return null;
  const names = new Map(runs.map(({ modelId, name }) => [modelId ?? "", name]));
  return (
    <Stack gap="sm">
      {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.isPending && !query.error ? <Waiting text={t("statistics.computing")} /> : null}
      {query.data ? <Statistics comparison={query.data} nameOf={(id) => names.get(id) ?? id} /> : null}
    </Stack>
  );
}

function Statistics({ comparison, nameOf }: { comparison: Comparison; nameOf: (modelId: string) => string }) {
  const { t } = useTranslation("compare");
  const [positive, setPositive] = useState(() => defaultPositiveClass(comparison.classes));
  const { cases, patients, classes: labelClasses } = comparison;
  return (
    <>
      <PairTable comparison={comparison} nameOf={nameOf} />
      <Text size="xs" c="dimmed">
        {t("statistics.how", { cases, patients })}
      </Text>
      <Paper withBorder p="md">
        {labelClasses.length > 2 ? (
          <Select
            size="xs"
            mb="xs"
            w={240}
            label={t("statistics.positive")}
            allowDeselect={false}
            value={positive}
            onChange={(id) => id && setPositive(id)}
            data={labelClasses.map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : null}
        <DecisionCurvePlot comparison={comparison} classId={positive} nameOf={nameOf} />
      </Paper>
    </>
  );
}

function PairTable({ comparison, nameOf }: { comparison: Comparison; nameOf: (modelId: string) => string }) {
  const { t } = useTranslation("compare");
  const figures = useFigures();
  const pText = (p: number | null) =>
    p === null ? NO_FIGURE : p < 0.001 ? `< ${figures.decimal(0.001)}` : figures.decimal(p);
  const differenceText = { auc: figures.signed, accuracy: figures.points, loss: figures.signed };
  return (
    <Table.ScrollContainer
      minWidth={760}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("statistics.title") } }}
    >
      <Table fz="sm" className={classes.figures} aria-label={t("statistics.title")}>
        <Table.Thead>
          <Table.Tr>
            {(["pair", "figure", "difference", "interval", "p", "holm", "falseDiscovery", "verdict"] as const).map(
              (column) => (
                <Table.Th key={column} scope="col">
                  {t(`statistics.${column}`)}
                </Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {comparison.pairs.flatMap((pair) =>
            FIGURES.map((figure) => {
              const { estimate, p, holm, falseDiscovery } = pair[figure];
              const text = differenceText[figure];
              const low = estimate?.low ?? null;
              const high = estimate?.high ?? null;
              const differs = holm !== null && holm < LEVEL;
              return (
                <Table.Tr
                  key={`${pair.first} ${pair.second} ${figure}`}
                  className={differs ? classes.differs : undefined}
                >
                  <Table.Th scope="row" fw={500}>
                    {t("statistics.minus", { first: nameOf(pair.first), second: nameOf(pair.second) })}
                  </Table.Th>
                  <Table.Td>
                    {t(`statistics.of.${figure === "auc" && comparison.classes.length > 2 ? "aucMacro" : figure}`)}
                    {figure === "accuracy" ? (
                      <Text size="xs" c="dimmed">
                        {t("statistics.discordant", {
                          first: figures.integer(pair.accuracy.onlyFirst),
                          second: figures.integer(pair.accuracy.onlySecond),
                        })}
                      </Text>
                    ) : null}
                  </Table.Td>
                  <Table.Td>{estimate ? text(estimate.value) : NO_FIGURE}</Table.Td>
                  <Table.Td>
                    {low === null || high === null
                      ? NO_FIGURE
                      : t("statistics.range", { low: text(low), high: text(high) })}
                  </Table.Td>
                  <Table.Td>{pText(p)}</Table.Td>
                  <Table.Td fw={differs ? 600 : undefined}>{pText(holm)}</Table.Td>
                  <Table.Td>{pText(falseDiscovery)}</Table.Td>
                  <Table.Td>
                    {holm === null ? t("statistics.untested") : t(differs ? "statistics.differs" : "statistics.chance")}
                  </Table.Td>
                </Table.Tr>
              );
            }),
          )}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
