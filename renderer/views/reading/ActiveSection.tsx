// Active learning: a queue of the images that teach most, and the curve that says whether choosing them pays.
import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ActiveFigures, Member, Model } from "../../../preload/contract/index.ts";
import { useActiveCurve } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { YieldPlot } from "../../ui/plots/YieldPlot.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { NewQueueForm } from "./NewQueueForm.tsx";

export interface ActiveSectionProps {
  members: readonly Member[];
  models: readonly Model[];
  unlabelled: number;
  mayMake: boolean;
}

export function ActiveSection({ members, models, unlabelled, mayMake }: ActiveSectionProps) {
  const { t } = useTranslation("reading", { keyPrefix: "active" });
  const curve = useActiveCurve();
  const verdict = useVerdict(curve.data?.overall ?? null);
  const rounds = curve.data?.rounds ?? [];
  return (
    <Section title={t("title")}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {t("text")}
        </Text>
        {curve.error && <Refused error={curve.error} onRetry={() => void curve.refetch()} />}
        {rounds.length > 0 && <Text size="sm">{verdict}</Text>}
        {rounds.some(({ figures }) => figures !== null && figures.read.active + figures.read.random > 0) && (
          <YieldPlot rounds={rounds} summary={t("summary")} />
        )}
        {mayMake &&
          (models.length === 0 ? (
            <Text size="sm">{t("noModel")}</Text>
          ) : (
            <NewQueueForm
              members={members}
              models={models}
              unlabelled={unlabelled}
              proposedName={t("proposed", { number: rounds.length + 1 })}
            />
          ))}
      </Stack>
    </Section>
  );
}

/** What the figures over all rounds say, in a sentence; or that they say nothing yet. */
function useVerdict(overall: ActiveFigures | null): string {
  const { t } = useTranslation("reading", { keyPrefix: "active" });
  const figures = useFigures();
  if (overall === null) return t("verdict.nothing");
  const { gain, read, enough } = overall;
  const { value, low, high } = gain;
  if (!enough || value === null || low === null || high === null) {
    return t("verdict.few", { active: figures.integer(read.active), random: figures.integer(read.random) });
  }
  const said = { value: figures.signed(value, 1), low: figures.signed(low, 1), high: figures.signed(high, 1) };
  return t(low > 0 ? "verdict.pays" : high < 0 ? "verdict.loses" : "verdict.open", said);
}
