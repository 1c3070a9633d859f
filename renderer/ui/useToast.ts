// Short messages at the edge of the window. Mantine's notifications are announced to screen readers (role alert).
import { notifications } from "@mantine/notifications";
import { useRefusalText } from "./Refused.tsx";

export function useToast() {
  const text = useRefusalText();
  return {
    say: (message: string) => notifications.show({ message }),
    refused: (error: unknown) => {
      const { what, next } = text(error);
      notifications.show({ color: "red", title: what, message: next, autoClose: 12_000 });
    },
  };
}
