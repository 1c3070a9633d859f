// Groups of patients in words: names of attributes, and values with the codes of the sexes spelt out.
import { useTranslation } from "react-i18next";
import type { FairnessReport } from "../../preload/contract/index.ts";

type Known = Pick<FairnessReport, "available" | "by">;

export function useAttributeText(report: Known | undefined): (attribute: string) => string {
  const { t } = useTranslation("fairness");
  return (attribute) => {
    const question = report?.available.find((one) => one.attribute === attribute)?.question;
    if (question) return question;
    return attribute.startsWith("question:") ? t("attribute.question") : t(`attribute.${attribute}` as "attribute.sex");
  };
}

export function useGroupText({ by }: Known): (group: { readonly values: readonly string[] }) => string {
  const { t } = useTranslation("fairness");
  return ({ values }) =>
    values
      .map((value, i) => {
        if (value === "") return t("unknown");
        return by[i] === "sex" ? t(`sex.${value}` as "sex.F") : value;
      })
      .join(" · ");
}
