import { useTranslation } from "react-i18next";
import { Section } from "../../ui/Section.tsx";

export function HealthSection() {
  const { t } = useTranslation("project");
  return <Section title={t("sections.health")}>{null}</Section>;
}
