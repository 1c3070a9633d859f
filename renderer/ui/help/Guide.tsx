// The user guide: one text for each language, inside the page, so that it is there without a network and before any project is open.
import { useTranslation } from "react-i18next";
import en from "../../../resources/docs/en/guide.md?raw";
import zh from "../../../resources/docs/zh-CN/guide.md?raw";
import { Markdown } from "./Markdown.tsx";

export default function Guide() {
  const { i18n } = useTranslation();
  return <Markdown text={i18n.language === "zh-CN" ? zh : en} />;
}
