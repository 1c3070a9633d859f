// The found runs in one picture: their curves, their recipes as parallel coordinates, or one figure against another.
import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { memo, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { ManyCurvesPlot } from "./ManyCurvesPlot.tsx";
import { ParallelPlot } from "./ParallelPlot.tsx";
import type { RunRow } from "./run-columns.ts";
import { ScatterPlot } from "./ScatterPlot.tsx";

const PICTURES = ["curves", "parallel", "scatter"] as const;
type Picture = (typeof PICTURES)[number];

export interface OverviewPlotProps {
  rows: readonly RunRow[];
  /** Runs that are compared: drawn in colour over the others. */
  chosen: readonly string[];
}

/** Drawn again for other runs only, not for each letter of a filter. */
export const OverviewPlots = memo(function OverviewPlots(props: OverviewPlotProps) {
  const { t } = useTranslation("compare");
  const [picture, setPicture] = useState<Picture>("curves");
  const labelId = useId();
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Text size="sm" id={labelId}>
          {t("picture.choose")}
        </Text>
        <SegmentedControl
          size="xs"
          aria-labelledby={labelId}
          value={picture}
          onChange={(value) => setPicture(PICTURES.find((one) => one === value) ?? "curves")}
          data={PICTURES.map((value) => ({ value, label: t(`picture.${value}`) }))}
        />
      </Group>
      {picture === "curves" ? <ManyCurvesPlot {...props} /> : null}
      {picture === "parallel" ? <ParallelPlot {...props} /> : null}
      {picture === "scatter" ? <ScatterPlot {...props} /> : null}
    </Stack>
  );
});
