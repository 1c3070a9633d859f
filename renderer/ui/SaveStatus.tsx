// Whether what the person did is on disk: saved, being saved, or not yet and why.
import { Group, Text } from "@mantine/core";
import { Check, CloudAlert, LoaderCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { useLabelWriter } from "../studio/LabelWriterContext.tsx";
import { useRefusalText } from "./Refused.tsx";
import classes from "./SaveStatus.module.css";

export function SaveStatus() {
  const { t } = useTranslation();
  const refusalText = useRefusalText();
  const { waiting, trouble, saved } = useStore(useLabelWriter().queue.store);
  const state = trouble ? "trouble" : waiting > 0 ? "saving" : saved ? "saved" : null;
  return (
    <Group gap={6} wrap="nowrap" className={classes.status} role="status" data-state={state ?? "idle"}>
      {state === "saved" && <Check aria-hidden size={16} />}
      {state === "saving" && <LoaderCircle aria-hidden size={16} />}
      {state === "trouble" && <CloudAlert aria-hidden size={16} />}
      {state && (
        <Text size="sm" title={trouble ? refusalText(trouble).what : undefined}>
          {t(`save.${state}`)}
        </Text>
      )}
    </Group>
  );
}
