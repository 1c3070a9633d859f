import { useTranslation } from "react-i18next";
import { Section } from "../../ui/Section.tsx";

export function AuditSection() {
  const { t } = useTranslation("audit");
  return <Section title={t("title")}>{null}</Section>;
}
