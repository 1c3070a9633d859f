// Short messages at the edge of the window. Mantine's notifications are announced to screen readers (role alert).
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { useRefusalText } from "./Refused.tsx";

export function useToast() {
  const { t } = useTranslation();
  const text = useRefusalText();
  const closeButtonProps = { "aria-label": t("close") };
  return {
    say: (message: string) => notifications.show({ message, closeButtonProps }),
    refused: (error: unknown) => {
      const { what, next } = text(error);
      notifications.show({ color: "red", title: what, message: next, autoClose: 12_000, closeButtonProps });
    },
  };
}
