// The value of a recipe field in words.
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Device, Recipe } from "../../../preload/contract/index.ts";
import { NO_FIGURE } from "../../ui/plots/figures.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import type { FieldValue, RecipeField } from "./recipe-fields.ts";

/** What a run trains, in words: its architecture, or that it began with another model. */
export function useNetText(): (recipe: Recipe) => string {
  const { t } = useTranslation("runs");
  return ({ startFrom, architecture }) =>
    startFrom === null ? t(`value.architecture.${architecture}`) : t("start.net");
}

/** A device in words: the processor by the name that it has, others by their kind. What is not in the list keeps its id. */
export function useDeviceText(): (device: Device | undefined, id?: string) => string {
  const { t } = useTranslation("runs");
  return (device, id = "") => {
    if (device === undefined) return id;
    return device.id === "cpu" ? device.name : t(`device.${device.id}`);
  };
}

export function useFieldText(): (field: RecipeField, value: FieldValue) => string {
  const { t, i18n } = useTranslation("runs");
  const { t: fairness } = useTranslation("fairness");
  const figures = useFigures();
  return useCallback(
    (field, value) => {
      if (field === "startFrom") return typeof value === "string" ? value.slice(0, 8) : t("start.new");
      if (field === "distil.teacher" && typeof value === "string") return value.slice(0, 8);
      if (value === null && field === "patience") return t("value.never");
      if (value === null) return field === "clipNorm" ? t("value.off") : NO_FIGURE;
      if (typeof value === "boolean") return t(value ? "value.yes" : "value.no");
      if (field === "groupBy" && value !== "") {
        const name = (one: string) =>
          one.startsWith("question:") ? t("value.groupQuestion") : fairness(`attribute.${one}` as "attribute.sex");
        return String(value).split(",").map(name).join(" × ");
      }
      if (field === "groupBy") return t("value.off");
      if (typeof value === "string") {
        const key = `value.${field}.${value}`;
        return i18n.exists(key, { ns: "runs" }) ? t(key as "value.optimiser.adam") : value;
      }
      switch (field) {
        case "inputSize":
          return `${value} × ${value} px`;
        case "augment.rotate":
        case "augment.shear":
          return `± ${figures.significant(value)}°`;
        case "augment.shift":
        case "augment.scale":
        case "augment.intensity":
          return `± ${figures.percent(value)}`;
        case "seed":
        case "fold.index":
          return String(value);
        default:
          return figures.significant(value);
      }
    },
    [t, fairness, i18n, figures],
  );
}
