// The curves of one or more runs together, with the two choices that belong to all of them: the axis and the smoothing.
import { Group, Paper, SegmentedControl, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type CurveMetric, CurvePlot } from "./CurvePlot.tsx";
import type { CurveAxis, PlottedRun } from "./curves.ts";
import { useFigures } from "./use-plot-style.ts";

const METRICS: readonly CurveMetric[] = ["loss", "auc", "accuracy", "learning-rate"];

export function CurvePanel({ runs }: { runs: readonly PlottedRun[] }) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const figures = useFigures();
  const [axis, setAxis] = useState<CurveAxis>("epoch");
  const [smoothing, setSmoothing] = useState(0.6);
  const axisId = useId();
  // The loss plot stands even before its first point; the others come with theirs.
  const metrics = METRICS.filter(
    (metric) => metric === "loss" || runs.some((run) => run.points.some((point) => point.metric === metric)),
  );
  return (
    <Stack gap="md">
      <Group gap="xl" align="center">
        <Group gap="xs">
          <Text size="sm" id={axisId}>
            {t("axisChoice")}
          </Text>
          <SegmentedControl
            size="xs"
            aria-labelledby={axisId}
            value={axis}
            onChange={(value) => setAxis(value === "step" ? "step" : "epoch")}
            data={[
              { value: "epoch", label: t("axis.epoch") },
              { value: "step", label: t("axis.step") },
            ]}
          />
        </Group>
        <Group gap="sm" wrap="nowrap">
          <Text size="sm">{t("smoothing")}</Text>
          <Slider
            w={160}
            min={0}
            max={0.95}
            step={0.05}
            value={smoothing}
            onChange={setSmoothing}
            label={null}
            thumbLabel={t("smoothing")}
          />
          <Text size="sm" c="dimmed" miw={36}>
            {figures.decimal(smoothing, 2)}
          </Text>
        </Group>
      </Group>
      <SimpleGrid cols={{ base: 1, lg: metrics.length > 1 ? 2 : 1 }} spacing="md">
        {metrics.map((metric) => (
          <Paper key={metric} withBorder p="md">
            <CurvePlot runs={runs} metric={metric} axis={axis} smoothing={smoothing} />
          </Paper>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
