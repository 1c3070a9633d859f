// How good the compared models are on the same part: figures with their differences, ROC, confusion matrices, disagreements.
import { Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Evaluation, Run } from "../../../preload/contract/index.ts";
import { showImages } from "../../state/library.ts";
import { CalibrationPlot } from "../../ui/plots/CalibrationPlot.tsx";
import { type ConfusionCell, ConfusionMatrix } from "../../ui/plots/ConfusionMatrix.tsx";
import { PrecisionRecallPlot } from "../../ui/plots/PrecisionRecallPlot.tsx";
import { RocPlot } from "../../ui/plots/RocPlot.tsx";
import { defaultPositiveClass } from "../../ui/plots/roc.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { Waiting } from "../../ui/Waiting.tsx";
import { casesOf } from "../models/cases.ts";
import { type JudgedPart, PartChoice } from "../models/EvaluationSection.tsx";
import { DisagreementStrip } from "./DisagreementStrip.tsx";
import { FigureTable } from "./FigureTable.tsx";
import { StatisticsSection } from "./StatisticsSection.tsx";
import { useJudgedRuns } from "./use-run-data.ts";

export function ResultsSection({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation("compare");
  const [part, setPart] = useState<JudgedPart>("validation");
  const { judged, pending, error } = useJudgedRuns(runs, part);
  const unjudged = runs.filter(({ modelId }) => modelId === null);
  const sources = useMemo(() => judged.map(({ run, evaluation }) => ({ name: run.name, evaluation })), [judged]);
  const first = judged[0]?.evaluation;
  const openCell = (run: Run, evaluation: Evaluation, cell: ConfusionCell) =>
    showImages(
      casesOf(evaluation, cell).map(({ imageId }) => imageId),
      t("results.cellOf", {
        name: run.name,
        truth: evaluation.classes[cell.truth].name,
        predicted: evaluation.classes[cell.predicted].name,
      }),
    );
  return (
    <Section title={t("section.results")} aside={<PartChoice part={part} onChange={setPart} />}>
      {error ? <Refused error={error} /> : null}
      {pending ? <Waiting text={t("results.computing")} /> : null}
      {unjudged.length > 0 ? (
        <Text size="sm" c="dimmed">
          {t("results.noModel", { names: unjudged.map(({ name }) => name).join(", ") })}
        </Text>
      ) : null}
      {first ? (
        <Stack gap="lg">
          <FigureTable judged={judged} />
          {judged.length > 1 && !pending ? (
            <StatisticsSection key={part} runs={judged.map(({ run }) => run)} part={part} />
          ) : null}
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <Paper withBorder p="md">
              <RocPlot sources={sources} classId={defaultPositiveClass(first.classes)} />
            </Paper>
            <Paper withBorder p="md">
              <PrecisionRecallPlot sources={sources} classId={defaultPositiveClass(first.classes)} />
            </Paper>
            {judged.map(({ run, evaluation }) => (
              <Paper key={run.id} withBorder p="md">
                <CalibrationPlot calibration={evaluation.calibration} name={run.name} />
              </Paper>
            ))}
          </SimpleGrid>
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
            {judged.map(({ run, evaluation }) => (
              <ConfusionMatrix
                key={run.id}
                title={t("results.confusionOf", { name: run.name })}
                classes={evaluation.classes}
                confusion={evaluation.confusion}
                selected={null}
                onSelect={(cell) => cell && openCell(run, evaluation, cell)}
              />
            ))}
          </SimpleGrid>
          {judged.length > 1 ? <DisagreementStrip key={part} judged={judged} /> : null}
        </Stack>
      ) : null}
    </Section>
  );
}
