import { useTranslation } from "react-i18next";
import { Section } from "../../ui/Section.tsx";

export function ComplianceSection() {
  const { t } = useTranslation("compliance");
  return <Section title={t("title")}>{null}</Section>;
}
