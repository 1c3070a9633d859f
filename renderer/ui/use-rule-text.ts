// Rules in words: conditions, what is not known, values of tags. The same words in the editor, beside a suggestion and in the audit.
import { useTranslation } from "react-i18next";
import type { RuleBody, RuleCondition } from "../../preload/contract/index.ts";
import { useFigures } from "./plots/use-plot-style.ts";

const CLASS = "class:";

export function useRuleText() {
  const { t } = useTranslation("rules");
  const { t: fairness } = useTranslation("fairness");
  const figures = useFigures();
  const attribute = (name: string) => fairness(`attribute.${name}` as "attribute.sex");
  const years = (value: number) => figures.significant(value);
  const value = (of: string, text: string) =>
    of === "sex" && /^[FMO]$/.test(text) ? fairness(`sex.${text}` as "sex.F") : text;
  const condition = (one: RuleCondition): string => {
    switch (one.kind) {
      case "age":
        if (one.from === null) return t("says.under", { below: years(one.below ?? 0) });
        if (one.below === null) return t("says.from", { from: years(one.from) });
        return t("says.between", { from: years(one.from), below: years(one.below) });
      case "tag": {
        const values = one.values.map((text) => value(one.attribute, text)).join(t("or"));
        return t(one.not ? "says.not" : "says.is", { attribute: attribute(one.attribute), values });
      }
      case "unknown":
        return t("says.unknown", { attribute: attribute(one.attribute) });
      case "probability":
        return t("says.probability", {
          class: one.class,
          from: figures.percent(one.from),
          to: figures.percent(one.to),
        });
      case "predicted":
        return t("says.predicted", { class: one.class });
      case "unsure":
        return t("says.unsure", { below: figures.percent(one.below) });
    }
  };
  return {
    attribute,
    value,
    /** All conditions as one sentence part. */
    when: ({ conditions, match }: Pick<RuleBody, "conditions" | "match">) =>
      conditions.map(condition).join(t(match === "all" ? "and" : "or")),
    /** What a rule would have to know. */
    missing: (what: readonly string[]) =>
      what
        .map((one) => (one.startsWith(CLASS) ? t("missingClass", { class: one.slice(CLASS.length) }) : attribute(one)))
        .join(t("comma")),
  };
}
