// Smaller, faster versions of a model: the steps, the limits, then what each cost. What broke a limit is shown as refused.
import { Anchor, Button, Group, MultiSelect, NumberInput, Stack, Text } from "@mantine/core";
import { Minimize2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type CompressionReport, type Inputs, MOST_CROSSED, type Model } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute } from "../../state/route.ts";
import { useCall, useCompressions, useJobs, useModels } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { CompressionResult } from "./CompressionResult.tsx";
import { CompressionSteps } from "./CompressionSteps.tsx";
import { recipeOf, type StepDraft, withStep } from "./compression-draft.ts";
import { JobOutcome } from "./JobOutcome.tsx";
import { ModelBadges } from "./ModelBadges.tsx";
import { newestJob } from "./model-job.ts";
import { TradeOffPlot } from "./TradeOffPlot.tsx";

/** One AUC point is 0.01; the contract's largest limit is 50 points. */
const POINT = 0.01;
const LARGEST_POINTS = 50;

const OTHER_LIMITS = ["accuracy", "worstClass", "worstGroup", "smaller", "faster"] as const;
type OtherLimit = (typeof OTHER_LIMITS)[number];
/** An empty field is no limit. */
const NO_LIMITS: Record<OtherLimit, number | string> = {
  accuracy: "",
  worstClass: "",
  worstGroup: "",
  smaller: "",
  faster: "",
};
/** Tags of files that groups are told apart by; the fairness tab knows questions as well. */
const ATTRIBUTES = ["sex", "age", "site", "manufacturer", "scanner", "view", "modality"] as const;

export function CompressPanel({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const { t: fairness } = useTranslation("fairness");
  const figures = useFigures();
  const [points, setPoints] = useState<number | string>(1);
  const [steps, setSteps] = useState<readonly StepDraft[]>(withStep([], "quantise"));
  const [groupBy, setGroupBy] = useState<string[]>([]);
  const [others, setOthers] = useState<Record<OtherLimit, number | string>>(NO_LIMITS);
  const jobs = useJobs();
  const models = useModels();
  const reports = useCompressions(model.id);
  const byId = new Map((models.data ?? []).map((one) => [one.id, one]));
  const names = (id: string) => byId.get(id)?.name ?? id.slice(0, 8);
  const job = newestJob(jobs.data ?? [], "compress", model.id);
  const compress = useCall((studio, input: Inputs["models"]["compress"]) => studio.models.compress(input));
  const validPoints = typeof points === "number" && points >= 0 && points <= LARGEST_POINTS;
  const recipe = recipeOf(steps);
  const validGroups = typeof others.worstGroup !== "number" || groupBy.length > 0;
  const valid = validPoints && validGroups && recipe !== null;
  const limit = (name: OtherLimit, unit: number) => (typeof others[name] === "number" ? others[name] * unit : null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!validPoints || !validGroups || recipe === null) return;
    compress.mutate({
      modelId: model.id,
      recipe,
      limits: {
        maxAucDrop: points * POINT,
        maxAccuracyDrop: limit("accuracy", POINT),
        maxWorstClassDrop: limit("worstClass", POINT),
        maxWorstGroupDrop: limit("worstGroup", POINT),
        groupBy,
        minSmaller: limit("smaller", 1),
        minFaster: limit("faster", 1),
      },
    });
  };

  return (
    <Stack gap="lg">
      <Section title={t("compress.title")}>
        <Text size="sm" c="dimmed" maw={720}>
          {t("compress.intro")}
        </Text>
        <form onSubmit={submit}>
          <Stack align="flex-start">
            <CompressionSteps steps={steps} onChange={setSteps} />
            <NumberInput
              label={t("compress.limit")}
              description={t("compress.limitHelp", { drop: validPoints ? figures.decimal(points * POINT) : "–" })}
              min={0}
              max={LARGEST_POINTS}
              step={0.5}
              decimalScale={2}
              value={points}
              onChange={setPoints}
              error={validPoints ? undefined : t("compress.limitRange")}
              w={420}
              maw="100%"
            />
            <Group align="flex-end">
              {OTHER_LIMITS.map((name) => (
                <NumberInput
                  key={name}
                  label={t(`compress.limits.${name}`)}
                  placeholder={t("compress.noLimit")}
                  min={name === "smaller" || name === "faster" ? 0.1 : 0}
                  max={name === "smaller" || name === "faster" ? 100 : LARGEST_POINTS}
                  decimalScale={2}
                  value={others[name]}
                  onChange={(value) => setOthers({ ...others, [name]: value })}
                />
              ))}
            </Group>
            <MultiSelect
              label={t("compress.groupBy")}
              description={t("compress.groupByHelp", { count: MOST_CROSSED })}
              maxValues={MOST_CROSSED}
              value={groupBy}
              onChange={setGroupBy}
              data={ATTRIBUTES.map((value) => ({ value, label: fairness(`attribute.${value}`) }))}
              error={validGroups ? undefined : t("compress.groupByNeeded")}
              w={420}
              maw="100%"
            />
            <Button
              type="submit"
              leftSection={<Minimize2 size={16} aria-hidden />}
              loading={compress.isPending}
              disabled={!valid || job?.state === "running"}
            >
              {t("compress.start")}
            </Button>
            {recipe === null ? (
              <Text size="sm" c="dimmed" role="status">
                {t("compress.incomplete")}
              </Text>
            ) : null}
          </Stack>
        </form>
        {compress.error ? <Refused error={compress.error} /> : null}
        <JobOutcome job={job} />
      </Section>
      {reports.error ? <Refused error={reports.error} onRetry={() => void reports.refetch()} /> : null}
      {reports.data && reports.data.length > 0 ? (
        <Section title={t("compress.versions")}>
          <TradeOffPlot model={model} reports={reports.data} names={names} />
          {reports.data.map((report) => {
            const made = byId.get(report.modelId);
            return made ? <MadeModel key={made.id} model={made} report={report} /> : null;
          })}
        </Section>
      ) : null}
    </Stack>
  );
}

function MadeModel({ model, report }: { model: Model; report: CompressionReport }) {
  const { date } = useFormat();
  return (
    <Stack component="article" aria-label={model.name} gap="sm">
      <Group gap="sm">
        <Anchor inherit fw={600} href={formatRoute({ view: "models", modelId: model.id })}>
          {model.name}
        </Anchor>
        <ModelBadges model={model} />
        <Text size="sm" c="dimmed">
          {date(model.createdAt)}
        </Text>
      </Group>
      <CompressionResult report={report} modelName={model.name} />
    </Stack>
  );
}
