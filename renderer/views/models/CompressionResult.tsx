// What a compression cost and saved, with the verdict of the gate first.
import { Alert, Stack, Text } from "@mantine/core";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CompressionReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { CostBars } from "../../ui/plots/CostBars.tsx";
import { SensitivityBars } from "../../ui/plots/SensitivityBars.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { costChange } from "./model-lineage.ts";
import { useStepsText } from "./use-steps-text.ts";

const MILLION = 1e6;

export function CompressionResult({ report, modelName }: { report: CompressionReport; modelName: string }) {
  const { t } = useTranslation("models");
  const { bytes } = useFormat();
  const figures = useFigures();
  const { before, after } = report;
  const change = costChange(report);
  const quantised = report.steps.at(-1);
  const stepsText = useStepsText();
  const limit = figures.decimal(report.maxAucDrop);
  const signedPercent = (share: number) => `${figures.signed(share * 100, 1)}%`;
  return (
    <Stack gap="sm">
      <Alert
        variant="light"
        color={report.accepted ? "green" : "red"}
        icon={report.accepted ? <CircleCheck size={18} aria-hidden /> : <CircleX size={18} aria-hidden />}
        title={t(report.accepted ? "compress.accepted" : "compress.refused")}
      >
        {report.missed.length > 0 ? (
          <Text size="sm">{t("compress.refusedKept")}</Text>
        ) : (
          <Text size="sm">
            {t(report.accepted ? "compress.acceptedText" : "compress.refusedText", {
              change: figures.signed(change.auc),
              limit,
            })}
          </Text>
        )}
        {report.missed.map(({ limit, allowed, found }) => {
          const figure = (value: number) => figures.decimal(value, limit === "size" || limit === "latency" ? 2 : 3);
          return (
            <Text size="sm" key={limit}>
              {t(`compress.missed.${limit}`, { found: figure(found), allowed: figure(allowed) })}
            </Text>
          );
        })}
        {report.reason === "" || report.missed.length > 0 ? null : (
          <Text size="sm" lang="en">
            {report.reason}
          </Text>
        )}
      </Alert>
      {report.steps.length > 0 ? (
        <Text size="sm">
          {t("compress.madeBy")} {stepsText(report.steps)}
        </Text>
      ) : null}
      <CostBars
        caption={t("compress.costsOf", { name: modelName })}
        pairs={[
          {
            name: t("cost.bytes"),
            before: before.bytes,
            after: after.bytes,
            format: bytes,
            change: signedPercent(change.bytes),
          },
          {
            name: t("cost.latency"),
            before: before.latencyMs,
            after: after.latencyMs,
            format: figures.milliseconds,
            change: signedPercent(change.latency),
          },
          {
            name: t("cost.auc"),
            before: before.auc,
            after: after.auc,
            format: figures.auc,
            change: figures.signed(change.auc),
          },
          {
            name: t("cost.accuracy"),
            before: before.accuracy,
            after: after.accuracy,
            format: figures.percent,
            change: figures.points(change.accuracy),
          },
          ...(before.worstClass === null || after.worstClass === null
            ? []
            : [
                {
                  name: t("cost.worstClass"),
                  before: before.worstClass,
                  after: after.worstClass,
                  format: figures.percent,
                  change: figures.points(after.worstClass - before.worstClass),
                },
              ]),
          ...(before.worstGroup === null || after.worstGroup === null
            ? []
            : [
                {
                  name: t("cost.worstGroup"),
                  before: before.worstGroup.accuracy,
                  after: after.worstGroup.accuracy,
                  format: figures.percent,
                  change: figures.points(after.worstGroup.accuracy - before.worstGroup.accuracy),
                },
              ]),
          ...(before.flops === null || after.flops === null
            ? []
            : [
                {
                  name: t("cost.flops"),
                  before: before.flops / MILLION,
                  after: after.flops / MILLION,
                  format: (value: number) => figures.decimal(value, 1),
                  change: signedPercent(after.flops / before.flops - 1),
                },
              ]),
        ]}
      />
      {report.layers.length === 0 ? null : (
        <>
          <Text size="sm" c="dimmed" maw={720}>
            {t("compress.sensitivity")}
          </Text>
          <SensitivityBars
            caption={t("compress.sensitivityOf", { name: modelName })}
            layers={report.layers}
            format={t(`compress.formats.${quantised?.step === "quantise" ? quantised.format : "int8"}`)}
          />
        </>
      )}
    </Stack>
  );
}
