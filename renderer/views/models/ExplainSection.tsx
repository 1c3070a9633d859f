// Maps of a whole part beside what readers drew: which methods point where readers pointed, and would they for a model that knows nothing?
import { Alert, Button, Checkbox, Group, NumberInput, Stack, Table, Text } from "@mantine/core";
import { ScanSearch } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type ExplanationMethod,
  type ExplanationReport,
  type ExplanationRow,
  explanationMethodSchema,
  type Inputs,
  type Model,
} from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useExplanationReport, useJobs, useMay } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { Loading } from "../../ui/Loading.tsx";
import plots from "../../ui/plots/plots.module.css";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { type JudgedPart, PartChoice } from "./EvaluationSection.tsx";
import { JobOutcome } from "./JobOutcome.tsx";
import { newestJob } from "./model-job.ts";

const METHODS = explanationMethodSchema.options;
/** A method whose trained model is not this much better than one that knows nothing says little. */
const MARGIN = 0.2;

export function ExplainSection({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const { t: viewer } = useTranslation("viewer");
  const [part, setPart] = useState<JudgedPart>("validation");
  const [methods, setMethods] = useState<string[]>(["grad-cam", "integrated-gradients"]);
  const [limit, setLimit] = useState<number | string>(50);
  const jobs = useJobs();
  const job = newestJob(jobs.data ?? [], "explain-part", model.id);
  const report = useExplanationReport(model.id, part);
  const mayStart = useMay("explanations.overPart");
  const start = useCall((studio, input: Inputs["explanations"]["overPart"]) => studio.explanations.overPart(input));
  const chosen = METHODS.filter((method) => methods.includes(method));
  const valid = chosen.length > 0 && typeof limit === "number" && limit >= 1;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (valid) start.mutate({ modelId: model.id, part, methods: chosen, limit });
  };

  return (
    <Section title={t("explain.title")} aside={<PartChoice part={part} onChange={setPart} />}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("explain.about")}
      </Text>
      {mayStart && (
        <form onSubmit={submit}>
          <Stack align="flex-start">
            <Checkbox.Group
              label={t("explain.methods")}
              value={methods}
              onChange={setMethods}
              error={chosen.length === 0 ? t("explain.methodsNone") : undefined}
            >
              <Group gap="md" mt={4} mb={4}>
                {METHODS.map((method) => (
                  <Checkbox key={method} size="sm" value={method} label={viewer(`explain.methods.${method}`)} />
                ))}
              </Group>
            </Checkbox.Group>
            <NumberInput
              label={t("explain.limit")}
              min={1}
              max={100_000}
              allowDecimal={false}
              value={limit}
              onChange={setLimit}
              w={200}
            />
            <Button
              type="submit"
              leftSection={<ScanSearch size={16} aria-hidden />}
              loading={start.isPending}
              disabled={!valid || job?.state === "running"}
            >
              {t("explain.start")}
            </Button>
          </Stack>
        </form>
      )}
      {start.error ? <Refused error={start.error} /> : null}
      <JobOutcome job={job} />
      {report.error ? <Refused error={report.error} onRetry={() => void report.refetch()} /> : null}
      {report.isPending ? <Loading /> : null}
      {report.data === null ? <Text size="sm">{t("explain.empty")}</Text> : null}
      {report.data ? <ReportTable report={report.data} model={model} /> : null}
    </Section>
  );
}

function ReportTable({ report, model }: { report: ExplanationReport; model: Model }) {
  const { t } = useTranslation("models");
  const { date } = useFormat();
  const figures = useFigures();
  const palette = usePlotPalette();
  const caption = t("explain.result", { date: date(report.createdAt) });
  const bars = ({ pointing, randomisedPointing }: ExplanationRow) => (
    <div aria-hidden style={{ minWidth: 120 }}>
      <div className={plots.barTrack}>
        <div className={plots.bar} style={{ width: `${100 * pointing}%`, background: palette.series[0] }} />
      </div>
      <div className={plots.barTrack} style={{ marginTop: 3 }}>
        <div className={plots.bar} style={{ width: `${100 * randomisedPointing}%`, background: palette.muted }} />
      </div>
    </div>
  );
  return (
    <Stack gap="sm" data-testid="explanation-report">
      <Text size="sm">
        {t("explain.counts", {
          images: t("explain.images", { count: report.images }),
          without: t("explain.without", { count: report.without }),
        })}
      </Text>
      <Table.ScrollContainer minWidth={720}>
        <Table captionSide="top" aria-label={caption}>
          <Table.Caption>{caption}</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("explain.column.method")}</Table.Th>
              <Table.Th scope="col">{t("explain.column.class")}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t("explain.column.images")}
              </Table.Th>
              <Table.Td />
              <Table.Th scope="col" ta="end">
                <span className={plots.swatch} style={{ background: palette.series[0] }} aria-hidden />{" "}
                {t("explain.column.pointing")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                <span className={plots.swatch} style={{ background: palette.muted }} aria-hidden />{" "}
                {t("explain.column.random")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("explain.column.inside")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("explain.column.chance")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("explain.column.iou")}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.rows.map((row) => (
              <Table.Tr key={`${row.asked} ${row.classIndex}`}>
                <Table.Th scope="row" fw={500}>
                  <MethodCell row={row} />
                </Table.Th>
                <Table.Td>
                  <ClassBadge
                    name={model.classes[row.classIndex]?.name ?? ""}
                    color={model.classes[row.classIndex]?.color ?? null}
                  />
                </Table.Td>
                <Table.Td ta="end">{row.images}</Table.Td>
                <Table.Td>{bars(row)}</Table.Td>
                <Table.Td ta="end" fw={600}>
                  {figures.percent(row.pointing)}
                </Table.Td>
                <Table.Td ta="end">{figures.percent(row.randomisedPointing)}</Table.Td>
                <Table.Td ta="end">{figures.percent(row.inside)}</Table.Td>
                <Table.Td ta="end">{figures.percent(row.share)}</Table.Td>
                <Table.Td ta="end">{figures.decimal(row.iou, 2)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Alert variant="light" color="gray" p="xs">
        <Text size="xs">{t("explain.help")}</Text>
      </Alert>
    </Stack>
  );
}

function MethodCell({ row: { asked, method, pointing, randomisedPointing } }: { row: ExplanationRow }) {
  const { t } = useTranslation("models");
  const { t: viewer } = useTranslation("viewer");
  const name = (of: ExplanationMethod) => viewer(`explain.methods.${of}`);
  return (
    <>
      {name(asked)}
      {method !== asked && (
        <Text span display="block" size="xs" c="dimmed">
          {t("explain.instead", { name: name(method) })}
        </Text>
      )}
      {pointing - randomisedPointing < MARGIN && (
        <Text span display="block" size="xs" c="dimmed">
          {t("explain.noBetter")}
        </Text>
      )}
    </>
  );
}
