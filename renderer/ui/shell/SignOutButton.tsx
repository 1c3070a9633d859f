import { ActionIcon } from "@mantine/core";
import { LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAppInfo } from "../../studio/queries.ts";

/** Only behind the browser host is there something to sign out of. */
export function SignOutButton({ onSignOut }: { onSignOut(): void | Promise<void> }) {
  const { t } = useTranslation();
  if (useAppInfo().data?.host !== "browser") return null;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={t("signOut")}
      title={t("signOut")}
      onClick={() => void onSignOut()}
    >
      <LogOut aria-hidden size={18} />
    </ActionIcon>
  );
}
