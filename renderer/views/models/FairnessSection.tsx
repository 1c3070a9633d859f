// How the model does for one group of patients and for another: groups by tags or answers, their figures with intervals, and the differences.
//
// Every figure stands as text beside its picture, so the table is its own accessible version. Groups too small to be judged are listed and left blank.
import { Alert, Group, MultiSelect, NumberInput, SegmentedControl, Select, Stack, Table, Text } from "@mantine/core";
import { Info, UsersRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { FairnessReport, GroupFigures, Inputs, Model } from "../../../preload/contract/index.ts";
import { LEAST_IN_GROUP, MOST_CROSSED } from "../../../preload/contract/index.ts";
import { useFairness } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { type Fact, FactList } from "../../ui/FactList.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useAttributeText, useGroupText } from "../../ui/use-group-text.ts";
import { Waiting } from "../../ui/Waiting.tsx";
import { type JudgedPart, PartChoice } from "./EvaluationSection.tsx";
import { FairnessBeside } from "./FairnessBeside.tsx";
import { FairnessRules } from "./FairnessRules.tsx";
import classes from "./FairnessSection.module.css";
import { FairnessThresholds } from "./FairnessThresholds.tsx";

const FIGURES = ["auc", "sensitivity", "specificity", "selectionRate", "ppv", "accuracy"] as const;
type Figure = (typeof FIGURES)[number];
const DIFFERENCES = ["demographicParity", "equalOpportunity", "equalisedOdds", "auc"] as const;
const DEFAULT_MINIMUM = 20;

export function FairnessSection({ model }: { model: Model }) {
  const { t } = useTranslation("fairness");
  const [part, setPart] = useState<JudgedPart>("validation");
  const [by, setBy] = useState<string[]>(["sex"]);
  const [minimum, setMinimum] = useState(DEFAULT_MINIMUM);
  const [positive, setPositive] = useState<number | undefined>();
  const input = { modelId: model.id, part, by, minimum, positive };
  const query = useFairness(input);
  const report = query.data;
  return (
    <Section title={t("title")} aside={<PartChoice part={part} onChange={setPart} />}>
      <Text size="sm" c="dimmed" maw={760}>
        {t("what")}
      </Text>
      <Choices
        {...{ model, by, minimum, report }}
        positive={positive ?? report?.positive ?? null}
        onBy={setBy}
        onMinimum={setMinimum}
        onPositive={setPositive}
      />
      {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.isPending && !query.error ? <Waiting text={t("computing")} /> : null}
      {report ? <Report report={report} input={input} parentId={model.parentId} /> : null}
    </Section>
  );
}

interface ChoicesProps {
  model: Model;
  by: string[];
  minimum: number;
  positive: number | null;
  report: FairnessReport | undefined;
  onBy(by: string[]): void;
  onMinimum(minimum: number): void;
  onPositive(positive: number): void;
}

function Choices({ model, by, minimum, positive, report, onBy, onMinimum, onPositive }: ChoicesProps) {
  const { t } = useTranslation("fairness");
  const name = useAttributeText(report);
  const offered = new Set([
    ...by,
    ...(report?.available ?? []).filter(({ known }) => known > 0).map((one) => one.attribute),
  ]);
  return (
    <Group align="flex-start" gap="md">
      <MultiSelect
        label={t("by")}
        description={t("byHelp", { count: MOST_CROSSED })}
        w={320}
        maxValues={MOST_CROSSED}
        value={by}
        onChange={onBy}
        data={[...offered].map((attribute) => ({ value: attribute, label: name(attribute) }))}
      />
      <Select
        label={t("positive")}
        description={t("positiveHelp")}
        w={220}
        allowDeselect={false}
        value={positive === null ? null : String(positive)}
        onChange={(value) => value !== null && onPositive(Number(value))}
        data={model.classes.map((item, index) => ({ value: String(index), label: item.name }))}
      />
      <NumberInput
        label={t("minimum")}
        description={t("minimumHelp")}
        w={220}
        min={LEAST_IN_GROUP}
        max={1_000_000}
        allowDecimal={false}
        value={minimum}
        onChange={(value) => typeof value === "number" && value >= LEAST_IN_GROUP && onMinimum(value)}
      />
    </Group>
  );
}

interface ReportProps {
  report: FairnessReport;
  input: Inputs["fairness"]["audit"];
  parentId: string | null;
}

function Report({ report, input, parentId }: ReportProps) {
  const { t } = useTranslation("fairness");
  const [figure, setFigure] = useState<Figure>("auc");
  const groupName = useGroupText(report);
  if (report.available.every(({ known }) => known === 0)) {
    return <EmptyState icon={UsersRound} title={t("nothingKnown")} text={t("nothingKnownText")} />;
  }
  return (
    <Stack gap="lg">
      <SegmentedControl
        aria-label={t("figure")}
        style={{ alignSelf: "flex-start" }}
        value={figure}
        onChange={(value) => setFigure(value as Figure)}
        data={FIGURES.map((value) => ({ value, label: t(`figures.${value}`) }))}
      />
      <GroupTable report={report} figure={figure} />
      <FairnessRules report={report} figure={figure} nameOf={groupName} />
      {parentId === null ? null : <FairnessBeside input={input} parentId={parentId} figure={figure} />}
      {report.by.length > 0 ? <Differences report={report} /> : null}
      <FairnessThresholds report={report} nameOf={groupName} />
    </Stack>
  );
}

function GroupTable({ report, figure }: { report: FairnessReport; figure: Figure }) {
  const { t } = useTranslation("fairness");
  const figures = useFigures();
  const groupName = useGroupText(report);
  const rows = [
    { name: t("all"), group: report.overall, worst: false },
    ...report.groups.map((group, index) => ({ name: groupName(group), group, worst: index === report.worst })),
  ];
  const overall = report.overall.figures?.[figure]?.value ?? null;
  return (
    <div className={classes.scroll}>
      <Table captionSide="top" verticalSpacing={6} aria-label={t("table", { figure: t(`figures.${figure}`) })}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("column.group")}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.cases")}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.patients")}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.positives")}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t(`figures.${figure}`)}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.interval")}
            </Table.Th>
            <Table.Th scope="col" w="26%" aria-hidden>
              <Group justify="space-between" wrap="nowrap">
                <span>0</span>
                <span>{figure === "auc" ? "1" : figures.percent(1)}</span>
              </Group>
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.ece")}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("column.bias")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, group, worst }, index) => (
            <Table.Tr key={index === 0 ? "all" : group.values.join("\n")}>
              <Table.Th scope="row" fw={index === 0 ? 700 : 500}>
                {name}
                {worst ? (
                  <Text span size="xs" c="dimmed" ml="xs">
                    {t("worst")}
                  </Text>
                ) : null}
              </Table.Th>
              <Table.Td className={classes.number}>{figures.integer(group.cases)}</Table.Td>
              <Table.Td className={classes.number}>{figures.integer(group.patients)}</Table.Td>
              <Table.Td className={classes.number}>{figures.percent(group.positives / group.cases)}</Table.Td>
              {group.figures === null ? (
                <Table.Td colSpan={5} c="dimmed">
                  {t("tooFew", { minimum: report.minimum })}
                </Table.Td>
              ) : (
                <FigureCells figure={figure} figures={group.figures} overall={overall} />
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt={4}>
        {t("legend")}
      </Text>
    </div>
  );
}

interface FigureCellsProps {
  figure: Figure;
  figures: GroupFigures;
  /** Of the whole part, drawn as a line through every row. */
  overall: number | null;
}

function FigureCells({ figure, figures: own, overall }: FigureCellsProps) {
  const { t } = useTranslation("fairness");
  const figures = useFigures();
  const format = figure === "auc" ? figures.auc : figures.percent;
  const found = own[figure];
  return (
    <>
      <Table.Td className={classes.number} fw={600}>
        {found ? format(found.value) : "–"}
      </Table.Td>
      <Table.Td className={classes.number}>
        {found ? t("range", { low: format(found.low), high: format(found.high) }) : t("undefined")}
      </Table.Td>
      <Table.Td aria-hidden>
        <div className={classes.track}>
          {overall === null ? null : <div className={classes.overall} style={{ left: `${100 * overall}%` }} />}
          {found ? (
            <>
              <div
                className={classes.whisker}
                style={{ left: `${100 * found.low}%`, width: `${100 * (found.high - found.low)}%` }}
              />
              <div className={classes.point} style={{ left: `${100 * found.value}%` }} />
            </>
          ) : null}
        </div>
      </Table.Td>
      <Table.Td className={classes.number}>{figures.decimal(own.ece)}</Table.Td>
      <Table.Td className={classes.number}>{figures.signed(own.bias)}</Table.Td>
    </>
  );
}

function Differences({ report }: { report: FairnessReport }) {
  const { t } = useTranslation("fairness");
  const figures = useFigures();
  const groupName = useGroupText(report);
  const facts = DIFFERENCES.flatMap((kind): Fact[] => {
    const found = report.differences[kind];
    if (found === null) return [];
    const format = kind === "auc" ? figures.auc : figures.percent;
    const between = t("between", {
      highest: groupName(report.groups[found.highest]),
      lowest: groupName(report.groups[found.lowest]),
    });
    const interval =
      found.low === null || found.high === null
        ? ""
        : t("interval", { low: format(found.low), high: format(found.high) });
    return [
      { name: t(`difference.${kind}`), value: format(found.value), note: `${interval} ${between}`, strong: true },
    ];
  });
  return (
    <Stack gap="sm">
      <Text component="h3" fw={600} size="sm">
        {t("differences")}
      </Text>
      {facts.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("oneGroup")}
        </Text>
      ) : (
        <FactList facts={facts} />
      )}
      <Alert variant="light" p="xs" icon={<Info size={18} aria-hidden />}>
        <Text size="sm">{t("chance")}</Text>
      </Alert>
    </Stack>
  );
}
