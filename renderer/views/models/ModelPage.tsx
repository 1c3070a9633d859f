// One model: what it is, how good it is, smaller versions of it, and the container image that serves it.
import { Alert, Anchor, Button, Code, Group, Stack, Tabs } from "@mantine/core";
import {
  ArrowLeft,
  ChartSpline,
  Container,
  FileText,
  Minimize2,
  Scale,
  ScanSearch,
  TriangleAlert,
  UsersRound,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hasSmallerNumbers, type Model } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute, navigate } from "../../state/route.ts";
import { useCompressionReport, useMay, useModel, useModels, useRun, useSnapshots } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { type Fact, FactList } from "../../ui/FactList.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { CardForm } from "./CardForm.tsx";
import { CompressionResult } from "./CompressionResult.tsx";
import { CompressPanel } from "./CompressPanel.tsx";
import { EvaluationSection } from "./EvaluationSection.tsx";
import { ExplainSection } from "./ExplainSection.tsx";
import { ExportPanel } from "./ExportPanel.tsx";
import { FairnessBeside } from "./FairnessBeside.tsx";
import { FairnessSection } from "./FairnessSection.tsx";
import { ModelBadges } from "./ModelBadges.tsx";
import { NotebookPanel } from "./NotebookPanel.tsx";
import { ReportPanel } from "./ReportPanel.tsx";
import { RulesSection } from "./RulesSection.tsx";
import { SavePanel } from "./SavePanel.tsx";

const TABS = ["evaluation", "explain", "fairness", "rules", "compress", "report", "export"] as const;
type ModelTab = (typeof TABS)[number];

export function ModelPage({ modelId }: { modelId: string }) {
  const { t } = useTranslation("models");
  const query = useModel(modelId);
  const model = query.data;
  return (
    <>
      <ViewHeader title={model?.name ?? t("model")} text={model ? t(`kindLine.${model.kind}`) : undefined}>
        <Button
          variant="default"
          leftSection={<ArrowLeft size={16} aria-hidden />}
          onClick={() => navigate({ view: "models", modelId: null })}
        >
          {t("allModels")}
        </Button>
      </ViewHeader>
      <ViewBody>
        {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
        {query.isPending ? <Loading /> : null}
        {model ? <ModelBody model={model} /> : null}
      </ViewBody>
    </>
  );
}

function ModelBody({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const [tab, setTab] = useState<ModelTab>("evaluation");
  const mayCompress = useMay("models.compress");
  const mayExport = useMay("models.export");
  const report = useCompressionReport(model.kind === "trained" ? null : model.id);
  return (
    <>
      {model.accepted ? null : (
        <Alert color="red" variant="light" icon={<TriangleAlert size={18} aria-hidden />} title={t("refusedTitle")}>
          {report.data?.reason ? <span lang="en">{report.data.reason} </span> : null}
          {t("refusedNext")}
        </Alert>
      )}
      <Section title={t("section.about")} aside={<ModelBadges model={model} />}>
        <ModelFacts model={model} />
      </Section>
      <Tabs
        value={tab}
        onChange={(value) => setTab(TABS.find((tab) => tab === value) ?? "evaluation")}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="evaluation" leftSection={<ChartSpline size={16} aria-hidden />}>
            {t("tab.evaluation")}
          </Tabs.Tab>
          <Tabs.Tab value="fairness" leftSection={<UsersRound size={16} aria-hidden />}>
            {t("tab.fairness")}
          </Tabs.Tab>
          <Tabs.Tab value="rules" leftSection={<Scale size={16} aria-hidden />}>
            {t("tab.rules")}
          </Tabs.Tab>
          <Tabs.Tab value="explain" leftSection={<ScanSearch size={16} aria-hidden />}>
            {t("tab.explain")}
          </Tabs.Tab>
          {(mayCompress || model.kind !== "trained") && (
            <Tabs.Tab value="compress" leftSection={<Minimize2 size={16} aria-hidden />}>
              {t("tab.compress")}
            </Tabs.Tab>
          )}
          <Tabs.Tab value="report" leftSection={<FileText size={16} aria-hidden />}>
            {t("tab.report")}
          </Tabs.Tab>
          {mayExport && (
            <Tabs.Tab value="export" leftSection={<Container size={16} aria-hidden />}>
              {t("tab.export")}
            </Tabs.Tab>
          )}
        </Tabs.List>
        <Tabs.Panel value="evaluation">
          <EvaluationSection modelId={model.id} />
        </Tabs.Panel>
        <Tabs.Panel value="fairness">
          <FairnessSection model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <RulesSection model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="explain">
          <ExplainSection model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="compress">
          <Stack gap="lg">
            {report.error ? <Refused error={report.error} onRetry={() => void report.refetch()} /> : null}
            {model.kind !== "trained" && report.isPending ? <Loading /> : null}
            {report.data ? (
              <Section title={t("compress.result")}>
                <CompressionResult report={report.data} modelName={model.name} />
                {model.parentId === null ? null : (
                  <FairnessBeside
                    input={{ modelId: model.id, by: ["sex"] }}
                    parentId={model.parentId}
                    figure="accuracy"
                  />
                )}
              </Section>
            ) : null}
            {mayCompress && !hasSmallerNumbers(model) ? <CompressPanel model={model} /> : null}
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="report">
          <Stack gap="lg">
            <CardForm modelId={model.id} />
            <ReportPanel modelIds={[model.id]} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="export">
          <Stack gap="lg">
            <ExportPanel model={model} />
            <SavePanel model={model} />
            <NotebookPanel model={model} />
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function ModelFacts({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const { bytes, date, number } = useFormat();
  const run = useRun(model.runId);
  const snapshot = useSnapshots().data?.find(({ id }) => id === model.snapshotId);
  const parent = useModels().data?.find(({ id }) => id === model.parentId);
  // Pixels of real numbers may lie between 0 and 1.
  const digits = model.input.high - model.input.low < 10 ? 3 : 0;
  const facts: Fact[] = [
    { name: t("column.bytes"), value: bytes(model.bytes), note: "ONNX" },
    {
      name: t("fact.input"),
      value: <Code>{`[N, 1, ${model.input.size}, ${model.input.size}]`}</Code>,
      note: t("fact.range", { low: number(model.input.low, digits), high: number(model.input.high, digits) }),
    },
    {
      name: t("fact.classes"),
      value: (
        <Group gap="sm" component="span">
          {model.classes.map((item) => (
            <ClassBadge key={item.id} name={item.name} color={item.color} />
          ))}
        </Group>
      ),
    },
    ...(parent
      ? [
          {
            name: t("fact.parent"),
            value: (
              <Anchor inherit href={formatRoute({ view: "models", modelId: parent.id })}>
                {parent.name}
              </Anchor>
            ),
          },
        ]
      : []),
    ...(run.data
      ? [
          {
            name: t("column.run"),
            value: (
              <Anchor inherit href={formatRoute({ view: "runs", runId: run.data.id })}>
                {run.data.name}
              </Anchor>
            ),
          },
        ]
      : []),
    { name: t("fact.snapshot"), value: snapshot?.name ?? "–" },
    { name: t("column.made"), value: date(model.createdAt) },
  ];
  return <FactList facts={facts} />;
}
