import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { formatBytes, formatDate, formatDuration, formatMinutes, formatNumber } from "./format.ts";

/** The functions of format.ts bound to the interface's language. */
export function useFormat() {
  const { i18n } = useTranslation();
  const language = i18n.language;
  return useMemo(
    () => ({
      number: (value: number, digits?: number) => formatNumber(value, language, digits),
      date: (iso: string) => formatDate(iso, language),
      bytes: (bytes: number) => formatBytes(bytes, language),
      minutes: (minutes: number) => formatMinutes(minutes, language),
      duration: (seconds: number) => formatDuration(seconds, language),
    }),
    [language],
  );
}
