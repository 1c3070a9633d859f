import { useTranslation } from "react-i18next";
import { Section } from "../../ui/Section.tsx";

export function MembersSection() {
  const { t } = useTranslation("members");
  return <Section title={t("title")}>{null}</Section>;
}
