// A compression recipe in words: its steps in order.
import { useTranslation } from "react-i18next";
import type { CompressionStep, Quantisation } from "../../../preload/contract/index.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";

export function useStepsText(): (steps: readonly CompressionStep[]) => string {
  const { t } = useTranslation("models", { keyPrefix: "compress" });
  const { t: runs } = useTranslation("runs");
  const figures = useFigures();
  /** What is not as it usually is. */
  const rangesOf = ({ calibration, percentile, symmetric }: Quantisation): string[] => [
    ...(calibration === "entropy" ? [t("calibrations.entropy")] : []),
    ...(calibration === "percentile" ? [t("did.percentile", { percentile })] : []),
    ...(symmetric ? [t("did.symmetric")] : []),
  ];
  const text = (step: CompressionStep): string => {
    switch (step.step) {
      case "prune":
        return t("did.prune", { share: figures.percent(step.share), epochs: step.epochs });
      case "distil": {
        const { student, epochs } = step;
        if (student === null) return t("did.teach", { epochs });
        const net = `${runs(`value.architecture.${student.architecture}`)} ${student.width}`;
        return t("did.distil", { net, epochs });
      }
      case "quantise":
        return [t(`formats.${step.format}`), ...(step.format === "int8" ? rangesOf(step) : [])].join(", ");
    }
  };
  return (steps) => steps.map(text).join(" → ");
}
