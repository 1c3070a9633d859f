// Says that something belongs to other roles, and to which: for addresses that nobody is led to by a button.
import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Deed, rolesThatMay } from "../../preload/contract/access.ts";
import { useCurrentProject } from "../studio/queries.ts";
import { EmptyState } from "./EmptyState.tsx";

export function NotForRole({ deed }: { deed: Deed }) {
  const { t } = useTranslation();
  const role = useCurrentProject().data?.member.role;
  const needed = useRoleList(deed);
  if (role === undefined) return null;
  return (
    <EmptyState
      icon={Lock}
      title={t("notForRole.title")}
      text={t("notForRole.text", { needed, role: t(`roles.${role}`) })}
    />
  );
}

/** The roles that may do something, as words: "Analyst or Administrator". */
export function useRoleList(deed: Deed): string {
  const { t, i18n } = useTranslation();
  const list = new Intl.ListFormat(i18n.language, { type: "disjunction" });
  return list.format(rolesThatMay(deed).map((role) => t(`roles.${role}`)));
}
