// Shows why something did not work: the sentence for the error's code in the person's language, and what to do next.
// A code without a translation shows the studio's own sentence.
import { Alert, Button, Stack, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type errorTexts from "../../resources/locales/en/errors.json";
import { useFormat } from "../i18n/useFormat.ts";
import { refusalOf } from "../studio/client.ts";
import { useRetryWait } from "./useRetryWait.ts";

type KnownCode = keyof typeof errorTexts;

export interface RefusalText {
  what: string;
  /** what the person can do; empty for a code without translation */
  next: string;
}

/** Turns any thrown thing into two sentences of the interface's language. */
export function useRefusalText(): (error: unknown) => RefusalText {
  const { t, i18n } = useTranslation("errors");
  return (error) => {
    const { code, message } = refusalOf(error);
    if (!i18n.exists(code, { ns: "errors" })) return { what: message, next: "" };
    const known = code as KnownCode;
    return { what: t(`${known}.what`), next: t(`${known}.next`) };
  };
}

export function Refused({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const { what, next } = useRefusalText()(error);
  const { message, retryAfterSeconds } = refusalOf(error);
  const format = useFormat();
  const wait = useRetryWait(error);
  return (
    <Alert color="red" variant="light" icon={<TriangleAlert aria-hidden size={18} />} title={what} role="alert">
      <Stack gap="xs" align="flex-start">
        {next !== "" && <Text size="sm">{next}</Text>}
        {wait !== null && (
          // A timer is not read out at every second.
          <Text size="sm" fw={600} role="timer">
            {wait > 0 ? t("retryIn", { time: format.duration(wait) }) : t("retryNow")}
          </Text>
        )}
        {message !== what && retryAfterSeconds === undefined && (
          <Text size="xs" c="dimmed" lang="en">
            {message}
          </Text>
        )}
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t("retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
