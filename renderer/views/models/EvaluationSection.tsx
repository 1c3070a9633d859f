// What a model does on a part of its snapshot: figures, ROC, calibration, confusion matrix, and the cases behind them.
//
// Validation comes first: choices are made on it. The test part is one tab away and says why one should look at it last.
import { Alert, Paper, SegmentedControl, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { Info } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Evaluation, Part } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useEvaluation, useModel } from "../../studio/queries.ts";
import { type Fact, FactList } from "../../ui/FactList.tsx";
import { CalibrationPlot } from "../../ui/plots/CalibrationPlot.tsx";
import { type ConfusionCell, ConfusionMatrix } from "../../ui/plots/ConfusionMatrix.tsx";
import { RocPlot } from "../../ui/plots/RocPlot.tsx";
import { defaultPositiveClass } from "../../ui/plots/roc.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { Waiting } from "../../ui/Waiting.tsx";
import { type CaseCard, CaseStrip } from "./CaseStrip.tsx";
import { casesOf } from "./cases.ts";
import classes from "./EvaluationSection.module.css";

/** Parts that a model is judged on. */
export type JudgedPart = Exclude<Part, "train">;

export function EvaluationSection({ modelId }: { modelId: string }) {
  const { t } = useTranslation("models");
  const [part, setPart] = useState<JudgedPart>("validation");
  const evaluation = useEvaluation(modelId, part);
  return (
    <Section title={t("evaluation.title")} aside={<PartChoice part={part} onChange={setPart} />}>
      {part === "test" ? (
        <Alert variant="light" p="xs" icon={<Info size={18} aria-hidden />}>
          <Text size="sm">{t("evaluation.testOnce")}</Text>
        </Alert>
      ) : null}
      {evaluation.error ? <Refused error={evaluation.error} onRetry={() => void evaluation.refetch()} /> : null}
      {evaluation.isPending && !evaluation.error ? <Waiting text={t("evaluation.computing")} /> : null}
      {evaluation.data ? <EvaluationBody key={`${modelId}/${part}`} evaluation={evaluation.data} /> : null}
    </Section>
  );
}

export function PartChoice({ part, onChange }: { part: JudgedPart; onChange: (part: JudgedPart) => void }) {
  const { t } = useTranslation("models");
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("evaluation.part")}
      value={part}
      onChange={(value) => onChange(value === "test" ? "test" : "validation")}
      data={[
        { value: "validation", label: t("plots.part.validation") },
        { value: "test", label: t("plots.part.test") },
      ]}
    />
  );
}

function EvaluationBody({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("models");
  const figures = useFigures();
  const { number } = useFormat();
  const [cell, setCell] = useState<ConfusionCell | null>(null);
  const [positive, setPositive] = useState(() => defaultPositiveClass(evaluation.classes));
  const cards = useMemo(
    () =>
      casesOf(evaluation, cell).map(
        ({ imageId, truth, predicted, probabilities }): CaseCard => ({
          imageId,
          lines: [
            { name: t("cases.truth"), value: evaluation.classes[truth].name },
            {
              name: t("cases.predicted"),
              value: `${evaluation.classes[predicted].name} ${figures.percent(probabilities[predicted])}`,
            },
          ],
          verdict: truth === predicted ? `✓ ${t("cases.right")}` : `✗ ${t("cases.wrong")}`,
        }),
      ),
    [evaluation, cell, figures, t],
  );
  const sources = useMemo(() => [{ name: t("plots.roc.model"), evaluation }], [evaluation, t]);
  const name = (index: number) => evaluation.classes[index].name;
  const { auc, accuracy, calibration } = evaluation;
  const interval = (low: string, high: string) => t("evaluation.interval", { low, high });
  const facts: Fact[] = [
    {
      name: evaluation.classes.length > 2 ? t("evaluation.aucMacro") : "AUC",
      value: figures.auc(auc?.value ?? null),
      note: auc ? interval(figures.auc(auc.low), figures.auc(auc.high)) : t("plots.roc.noAuc"),
      strong: true,
    },
    {
      name: t("evaluation.accuracy"),
      value: figures.percent(accuracy.value),
      note: interval(figures.percent(accuracy.low), figures.percent(accuracy.high)),
      strong: true,
    },
    { name: t("evaluation.ece"), value: figures.decimal(calibration.ece), note: t("evaluation.eceHelp"), strong: true },
    ...(evaluation.classes.length === 2
      ? [
          {
            name: t("evaluation.threshold"),
            value: figures.decimal(evaluation.threshold),
            note: t("evaluation.thresholdHelp", { name: evaluation.classes[1].name }),
            strong: true,
          },
        ]
      : []),
    { name: t("evaluation.cases"), value: number(evaluation.cases.length), strong: true },
  ];
  const model = useModel(evaluation.modelId).data?.name ?? t("model");
  const about = { model, part: t(`plots.part.${evaluation.part}`) };
  const reason = cell
    ? t("cases.reasonCell", { ...about, truth: name(cell.truth), predicted: name(cell.predicted) })
    : t("cases.reason", about);
  const title = cell
    ? t("cases.ofCell", { truth: name(cell.truth), predicted: name(cell.predicted), count: cards.length })
    : t("cases.worst", { count: cards.length });
  return (
    <Stack gap="lg">
      <FactList facts={facts} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Paper withBorder p="md">
          <Select
            size="xs"
            mb="xs"
            w={240}
            label={t("evaluation.positive")}
            allowDeselect={false}
            value={positive}
            onChange={(id) => id && setPositive(id)}
            data={evaluation.classes.map((item) => ({ value: item.id, label: item.name }))}
          />
          <RocPlot sources={sources} classId={positive} />
        </Paper>
        <Paper withBorder p="md">
          <CalibrationPlot calibration={calibration} />
        </Paper>
      </SimpleGrid>
      <div className={classes.beside}>
        <ConfusionMatrix
          title={t("evaluation.confusion")}
          classes={evaluation.classes}
          confusion={evaluation.confusion}
          selected={cell}
          onSelect={setCell}
        />
        <CaseStrip
          title={title}
          reason={reason}
          cards={cards}
          none={t("cases.none")}
          onShowAll={cell ? () => setCell(null) : undefined}
        />
      </div>
    </Stack>
  );
}
