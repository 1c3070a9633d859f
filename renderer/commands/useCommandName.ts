import { useTranslation } from "react-i18next";
import type { Command } from "./Command.ts";

/** The name of a command in the interface's language. */
export function useCommandName(): (command: Command) => string {
  const { t } = useTranslation("commands");
  return ({ id, className, answer }) => {
    if (id === "labels.give") return t("names.labels.give", { name: className ?? "" });
    if (id === "questions.answer") return t("names.questions.answer", answer ?? { question: "", option: "" });
    return t(`names.${id}`);
  };
}
