import { useTranslation } from "react-i18next";
import type { Command } from "./Command.ts";

/** The name of a command in the interface's language. */
export function useCommandName(): (command: Command) => string {
  const { t } = useTranslation("commands");
  return ({ id, className }) =>
    id === "labels.give" ? t("names.labels.give", { name: className ?? "" }) : t(`names.${id}`);
}
