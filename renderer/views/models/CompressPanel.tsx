// A smaller, faster version of a trained model: the limit first, then what it cost. What broke the limit is shown as refused.
import { Anchor, Button, Group, NumberInput, Stack, Text } from "@mantine/core";
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

export function CompressPanel({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const figures = useFigures();
  const [points, setPoints] = useState<number | string>(1);
  const jobs = useJobs();
  const models = useModels();
  const children = childrenOf(models.data ?? [], model.id);
  const job = newestJob(jobs.data ?? [], "compress", model.id);
  const compress = useCall((studio, input: Inputs["models"]["compress"]) => studio.models.compress(input));
  const valid = typeof points === "number" && points >= 0 && points <= LARGEST_POINTS;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (valid) compress.mutate({ modelId: model.id, maxAucDrop: points * POINT });
  };

  return (
    <Stack gap="lg">
      <Section title={t("compress.title")}>
        <Text size="sm" c="dimmed" maw={720}>
          {t("compress.about")}
        </Text>
        <form onSubmit={submit}>
          <Stack align="flex-start">
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
