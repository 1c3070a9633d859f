// Images on which two of the compared models answer differently, the most decided disagreement first.
import { Group, Select, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { type CaseCard, CaseStrip } from "../models/CaseStrip.tsx";
import { disagreements } from "./disagreement.ts";
import type { JudgedRun } from "./use-run-data.ts";

export function DisagreementStrip({ judged }: { judged: readonly JudgedRun[] }) {
  const { t } = useTranslation("compare");
  const figures = useFigures();
  const [pair, setPair] = useState<[string, string]>([judged[0].run.id, judged[1].run.id]);
  const a = judged.find(({ run }) => run.id === pair[0]) ?? judged[0];
  const b = judged.find(({ run }) => run.id === pair[1]) ?? judged[1];
  const { common, items } = useMemo(() => disagreements(a.evaluation, b.evaluation), [a, b]);
  const cards: CaseCard[] = items.map((item) => ({
    imageId: item.imageId,
    lines: [
      { name: t("disagree.truth"), value: item.truth },
      { name: a.run.name, value: `${item.predicted[0]} ${figures.percent(item.confidence[0])}` },
      { name: b.run.name, value: `${item.predicted[1]} ${figures.percent(item.confidence[1])}` },
    ],
    verdict: t(`disagree.right.${item.right}`, { first: a.run.name, second: b.run.name }),
  }));
  const options = judged.map(({ run }) => ({ value: run.id, label: run.name }));
  return (
    <Stack gap="xs">
      {judged.length > 2 ? (
        <Group>
          <Select
            label={t("disagree.first")}
            data={options}
            value={a.run.id}
            allowDeselect={false}
            onChange={(id) => id && setPair([id, b.run.id])}
          />
          <Select
            label={t("disagree.second")}
            data={options}
            value={b.run.id}
            allowDeselect={false}
            onChange={(id) => id && setPair([a.run.id, id])}
          />
        </Group>
      ) : null}
      <CaseStrip
        title={t("disagree.title", { count: items.length, first: a.run.name, second: b.run.name })}
        reason={t("disagree.title", { count: items.length, first: a.run.name, second: b.run.name })}
        cards={cards}
        none={t("disagree.none")}
      />
      <Text size="xs" c="dimmed">
        {t("disagree.common", { count: common })}
      </Text>
    </Stack>
  );
}
