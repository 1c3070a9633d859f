// Adjudication: one case, every answer beside the others on the same slice, and the decision, which can be taken back.
import { Button, Group, SimpleGrid, Text } from "@mantine/core";
import { ArrowLeft, ChevronLeft, ChevronRight, Undo2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, ReadingCase } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useCall, useCases, useClasses, useMay, useStack } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { useRoleList } from "../../ui/NotForRole.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ReadAnswers } from "./ReadAnswers.tsx";
import { ReadPane } from "./ReadPane.tsx";
import { AnswerBadge } from "./WorkListPage.tsx";

export function CasePage({ listId, position }: { listId: string; position: number }) {
  const { t } = useTranslation("reading");
  const cases = useCases(listId);
  const one = cases.data?.find((candidate) => candidate.position === position);
  const format = useFormat();
  const go = (to: number) => navigate({ view: "reading", listId, position: to }, { replace: true });
  const toDecide = cases.data?.find(
    (candidate) => candidate.position !== position && candidate.differs && candidate.complete && !candidate.decision,
  );
  return (
    <>
      <ViewHeader
        title={one ? t("decide.title", { number: format.number(position + 1), name: one.name }) : t("page.decide")}
      >
        <Button
          variant="default"
          leftSection={<ArrowLeft aria-hidden size={16} />}
          onClick={() => navigate({ view: "reading", listId, position: null })}
        >
          {t("page.cases")}
        </Button>
        <Button
          variant="default"
          leftSection={<ChevronLeft aria-hidden size={16} />}
          disabled={position === 0}
          onClick={() => go(position - 1)}
        >
          {t("decide.previous")}
        </Button>
        <Button
          variant="default"
          rightSection={<ChevronRight aria-hidden size={16} />}
          disabled={!cases.data?.some((candidate) => candidate.position === position + 1)}
          onClick={() => go(position + 1)}
        >
          {t("decide.following")}
        </Button>
        {toDecide && <Button onClick={() => go(toDecide.position)}>{t("decide.next")}</Button>}
      </ViewHeader>
      <ViewBody>
        {cases.error && <Refused error={cases.error} />}
        {cases.isPending && <Loading />}
        {one && <Answers one={one} />}
      </ViewBody>
    </>
  );
}

function Answers({ one }: { one: ReadingCase }) {
  const { t } = useTranslation("reading");
  const format = useFormat();
  const classes = useClasses().data ?? [];
  const stack = useStack(one.imageId);
  const [index, setIndex] = useState(0);
  const adjudicate = useCall((studio, input: Inputs["reading"]["adjudicate"]) => studio.reading.adjudicate(input));
  const takeBack = useCall((studio, input: Inputs["reading"]["takeBack"]) => studio.reading.takeBack(input));
  const mayDecide = useMay("reading.adjudicate");
  const deciders = useRoleList("reading.adjudicate");
  const { listId, position, decision } = one;
  const error = adjudicate.error ?? takeBack.error ?? stack.error;
  const decide = (readId: string | null, classId?: string | null) => {
    takeBack.reset();
    adjudicate.mutate({ listId, position, readId, classId });
  };
  const busy = adjudicate.isPending || takeBack.isPending;
  return (
    <>
      {error && <Refused error={error} />}
      {!one.complete && <Text c="dimmed">{t("page.waiting")}</Text>}
      {stack.data && (
        <SimpleGrid cols={{ base: 1, md: Math.min(3, Math.max(1, one.answers.length)) }}>
          {one.answers.map((answer) => (
            <Section
              key={answer.readId}
              title={answer.reader}
              aside={<AnswerBadge classId={answer.classId} classes={classes} />}
            >
              <ReadPane
                stack={stack.data}
                index={Math.min(index, stack.data.slices.length - 1)}
                onScroll={(step) => setIndex((at) => Math.max(0, Math.min(stack.data.slices.length - 1, at + step)))}
                layer={answer.layer}
                classes={classes}
                name={t("decide.picture", { reader: answer.reader })}
              />
              <ReadAnswers one={one} answers={answer.answers} />
              <Group justify="space-between">
                <Text size="sm" c="dimmed">
                  {t("decide.shapes", { count: answer.shapes })}
                  {answer.seconds !== null && ` · ${t("seconds", { value: format.number(answer.seconds, 1) })}`}
                  {answer.firstClassId !== answer.classId &&
                    ` · ${t("decide.first", { name: classes.find(({ id }) => id === answer.firstClassId)?.name ?? t("decide.noLabel") })}`}
                </Text>
                {(mayDecide || decision?.readId === answer.readId) && (
                  <Button
                    variant={decision?.readId === answer.readId ? "filled" : "default"}
                    aria-pressed={decision?.readId === answer.readId}
                    disabled={!one.complete || busy || !mayDecide}
                    aria-label={`${t("decide.choose")}: ${answer.reader}`}
                    onClick={() => decide(answer.readId)}
                  >
                    {t(decision?.readId === answer.readId ? "decide.chosen" : "decide.choose")}
                  </Button>
                )}
              </Group>
            </Section>
          ))}
        </SimpleGrid>
      )}
      <Section title={t(mayDecide ? "decide.own" : "page.decision")}>
        {!mayDecide && <Text c="dimmed">{t("decide.notYours", { needed: deciders })}</Text>}
        <Group>
          {(mayDecide ? [...classes, { id: null, name: t("decide.noLabel") }] : []).map(({ id, name }) => (
            <Button
              key={id ?? ""}
              variant={decision && decision.readId === null && decision.classId === id ? "filled" : "default"}
              disabled={!one.complete || busy}
              onClick={() => decide(null, id)}
            >
              {name}
            </Button>
          ))}
        </Group>
        {decision && (
          <Group>
            <Text size="sm" role="status">
              {t("decide.decidedBy", { name: decision.by, at: format.date(decision.at) })}
            </Text>
            {mayDecide ? (
              <Button
                variant="default"
                leftSection={<Undo2 aria-hidden size={16} />}
                disabled={busy}
                onClick={() => {
                  adjudicate.reset();
                  takeBack.mutate({ listId, position });
                }}
              >
                {t("decide.takeBack")}
              </Button>
            ) : (
              <AnswerBadge classId={decision.classId} classes={classes} />
            )}
          </Group>
        )}
      </Section>
    </>
  );
}
