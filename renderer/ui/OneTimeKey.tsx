// A recovery key, shown this once: to print, to copy, and not to be left before the person says that it is stored. On paper it stands alone.
import { Button, Checkbox, Group, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../i18n/useFormat.ts";
import classes from "./OneTimeKey.module.css";
import { PrintAndCopy } from "./PrintAndCopy.tsx";
import { Printed } from "./Printed.tsx";

export interface OneTimeKeyProps {
  /** whose key it is: the heading of the sheet, and the caller's on the screen */
  title: string;
  text: string;
  recoveryKey: string;
  /** words of the button that goes on */
  goOn: string;
  onStored(): void;
}

export function OneTimeKey({ title, text, recoveryKey, goOn, onStored }: OneTimeKeyProps) {
  const { t } = useTranslation("welcome");
  const format = useFormat();
  const [stored, setStored] = useState(false);
  const [shownAt] = useState(() => new Date().toISOString());
  return (
    <>
      <Text size="sm">{text}</Text>
      <output className={classes.key} aria-label={t("recoveryKey")}>
        {recoveryKey}
      </output>
      <PrintAndCopy text={recoveryKey} print={t("print")} />
      <Checkbox label={t("stored")} checked={stored} onChange={(event) => setStored(event.currentTarget.checked)} />
      <Group justify="flex-end">
        <Button disabled={!stored} onClick={onStored}>
          {goOn}
        </Button>
      </Group>
      <Printed>
        <h1>{title}</h1>
        <p>{format.date(shownAt)}</p>
        <output>{recoveryKey}</output>
        <p>{text}</p>
      </Printed>
    </>
  );
}
