// Plain http carries everything in the clear: with credentials that is worth a warning of its own, without them a word about the images.
import { Alert } from "@mantine/core";
import { ShieldAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

export function CredentialsWarning({ url, credentials }: { url: string; credentials: boolean }) {
  const { t } = useTranslation("pacs");
  if (!/^http:/i.test(url.trim())) return null;
  return (
    <Alert color="yellow" variant="light" icon={<ShieldAlert aria-hidden size={18} />} role="note">
      {t(credentials ? "plain.credentials" : "plain.images")}
    </Alert>
  );
}
