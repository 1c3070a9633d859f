// A smaller, faster version of a trained model: the limit first, then what it cost. What broke the limit is shown as refused.
import { Anchor, Button, Group, NumberInput, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { Minimize2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Model } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { formatRoute } from "../../state/route.ts";
import { useCall, useCompressionReport, useJobs, useModels } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { CompressionResult } from "./CompressionResult.tsx";
import { JobOutcome } from "./JobOutcome.tsx";
import { ModelBadges } from "./ModelBadges.tsx";
import { newestJob } from "./model-job.ts";
import { childrenOf } from "./model-lineage.ts";

/** One AUC point is 0.01; the contract's largest limit is 50 points. */
const POINT = 0.01;
const LARGEST_POINTS = 50;

const METHODS = ["int8", "prune"] as const;
type Method = (typeof METHODS)[number];
const OTHER_LIMITS = ["accuracy", "worstClass", "smaller", "faster"] as const;
type OtherLimit = (typeof OTHER_LIMITS)[number];
/** An empty field is no limit. */
const NO_LIMITS: Record<OtherLimit, number | string> = { accuracy: "", worstClass: "", smaller: "", faster: "" };

export function CompressPanel({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const figures = useFigures();
  const [points, setPoints] = useState<number | string>(1);
  const [method, setMethod] = useState<Method>("int8");
  const [others, setOthers] = useState<Record<OtherLimit, number | string>>(NO_LIMITS);
  const [share, setShare] = useState<number | string>(50);
  const [epochs, setEpochs] = useState<number | string>(10);
  const [importance, setImportance] = useState<"taylor" | "magnitude">("taylor");
  const jobs = useJobs();
  const models = useModels();
  const children = childrenOf(models.data ?? [], model.id);
  const job = newestJob(jobs.data ?? [], "compress", model.id);
  const compress = useCall((studio, input: Inputs["models"]["compress"]) => studio.models.compress(input));
  const valid = typeof points === "number" && points >= 0 && points <= LARGEST_POINTS;
  const limit = (name: OtherLimit, unit: number) => (typeof others[name] === "number" ? others[name] * unit : null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    compress.mutate({
      modelId: model.id,
      method,
      maxAucDrop: points * POINT,
      maxAccuracyDrop: limit("accuracy", POINT),
      maxWorstClassDrop: limit("worstClass", POINT),
      minSmaller: limit("smaller", 1),
      minFaster: limit("faster", 1),
      ...(typeof share === "number" ? { share: share * POINT } : {}),
      ...(typeof epochs === "number" ? { epochs } : {}),
      importance,
    });
  };

  return (
    <Stack gap="lg">
      <Section title={t("compress.title")}>
        <Text size="sm" c="dimmed" maw={720}>
          {t(method === "int8" ? "compress.about" : "compress.aboutPrune")}
        </Text>
        <form onSubmit={submit}>
          <Stack align="flex-start">
            <SegmentedControl
              aria-label={t("compress.method")}
              value={method}
              onChange={(value) => setMethod(value as Method)}
              data={METHODS.map((value) => ({ value, label: t(`compress.methods.${value}`) }))}
            />
            {method === "prune" ? (
              <Group align="flex-end">
                <NumberInput
                  label={t("compress.share")}
                  min={5}
                  max={95}
                  value={share}
                  onChange={setShare}
                  suffix="%"
                />
                <NumberInput label={t("compress.epochs")} min={0} max={1000} value={epochs} onChange={setEpochs} />
                <Select
                  label={t("compress.importance")}
                  value={importance}
                  allowDeselect={false}
                  onChange={(value) => setImportance(value === "magnitude" ? "magnitude" : "taylor")}
                  data={[
                    { value: "taylor", label: t("compress.taylor") },
                    { value: "magnitude", label: t("compress.magnitude") },
                  ]}
                />
              </Group>
            ) : null}
            <NumberInput
              label={t("compress.limit")}
              description={t("compress.limitHelp", { drop: valid ? figures.decimal(points * POINT) : "–" })}
              min={0}
              max={LARGEST_POINTS}
              step={0.5}
              decimalScale={2}
              value={points}
              onChange={setPoints}
              error={valid ? undefined : t("compress.limitRange")}
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
            <Button
              type="submit"
              leftSection={<Minimize2 size={16} aria-hidden />}
              loading={compress.isPending}
              disabled={!valid || job?.state === "running"}
            >
              {t("compress.start")}
            </Button>
          </Stack>
        </form>
        {compress.error ? <Refused error={compress.error} /> : null}
        <JobOutcome job={job} />
      </Section>
      {children.length > 0 ? (
        <Section title={t("compress.versions")}>
          {children.map((child) => (
            <ChildResult key={child.id} model={child} />
          ))}
        </Section>
      ) : null}
    </Stack>
  );
}

function ChildResult({ model }: { model: Model }) {
  const { date } = useFormat();
  const report = useCompressionReport(model.id);
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
      {report.error ? <Refused error={report.error} onRetry={() => void report.refetch()} /> : null}
      {report.data ? <CompressionResult report={report.data} modelName={model.name} /> : null}
    </Stack>
  );
}
