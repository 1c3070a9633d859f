// The end of the log on paper, and the other way round: whether the log still contains what was printed.
import { Alert, Button, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { HeadAnswer, PrintedHead } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall } from "../../studio/queries.ts";
import { FactList } from "../../ui/FactList.tsx";
import { PrintAndCopy } from "../../ui/PrintAndCopy.tsx";
import { Printed } from "../../ui/Printed.tsx";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./audit.module.css";

interface DialogProps {
  opened: boolean;
  onClose(): void;
}

export function PrintHead({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("audit");
  const { t: shell } = useTranslation();
  const make = useCall((studio, _: undefined) => studio.audit.printHead());
  const close = () => {
    make.reset();
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("head.title")}
      size="lg"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Stack>
        <Text size="sm">{t("head.about")}</Text>
        {make.error ? <Refused error={make.error} /> : null}
        {make.data ? (
          <Head head={make.data} />
        ) : (
          <Button style={{ alignSelf: "flex-start" }} loading={make.isPending} onClick={() => make.mutate(undefined)}>
            {t("head.make")}
          </Button>
        )}
      </Stack>
    </Modal>
  );
}

function Head({ head }: { head: PrintedHead }) {
  const { t } = useTranslation("audit");
  const format = useFormat();
  const { project, sequence, at, text } = head;
  const facts = [
    { name: t("head.project"), value: project.name },
    { name: t("head.entry"), value: format.number(sequence) },
    { name: t("head.time"), value: at === null ? "–" : format.date(at) },
  ];
  return (
    <>
      <FactList facts={facts} />
      <output className={classes.headText} aria-label={t("head.text")}>
        {text}
      </output>
      <PrintAndCopy text={text} print={t("head.print")} />
      <Printed>
        <h1>{t("head.title")}</h1>
        <p>
          {t("head.project")}: {project.name} ({project.id})
        </p>
        <p>
          {t("head.entry")}: {sequence}
        </p>
        <p>
          {t("head.time")}: {at}
        </p>
        <output>{text}</output>
        <p>{t("head.keep")}</p>
      </Printed>
    </>
  );
}

const COLORS: Record<HeadAnswer["answer"], string> = {
  contained: "green",
  differs: "red",
  shorter: "red",
  broken: "red",
  mistyped: "yellow",
};

export function CheckHead({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("audit");
  const { t: shell } = useTranslation();
  const format = useFormat();
  const [text, setText] = useState("");
  const check = useCall((studio, input: string) => studio.audit.checkHead({ text: input }));
  const answer = check.data;
  const close = () => {
    setText("");
    check.reset();
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("check.title")}
      size="lg"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          check.mutate(text);
        }}
      >
        <Stack>
          <Text size="sm">{t("check.about")}</Text>
          <Textarea
            label={t("check.text")}
            description={t("check.help")}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              check.reset();
            }}
            autosize
            minRows={3}
            maxLength={2000}
            spellCheck={false}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            data-autofocus
          />
          {check.error ? <Refused error={check.error} /> : null}
          {answer ? (
            <Alert
              color={COLORS[answer.answer]}
              variant="light"
              role="status"
              title={t(`check.answer.${answer.answer}`)}
            >
              <Text size="sm">
                {t(`check.means.${answer.answer}`, {
                  number: format.number(answer.sequence),
                  time: answer.at === null ? "–" : format.date(answer.at),
                })}
              </Text>
            </Alert>
          ) : null}
          <Button
            type="submit"
            style={{ alignSelf: "flex-start" }}
            loading={check.isPending}
            disabled={text.trim() === ""}
          >
            {t("check.start")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
