// The schema: what is asked of images, series and patients, and of shapes of each class. Its changes never orphan what was said.
import { Badge, Button, Collapse, Group, Paper, Stack, Text, UnstyledButton } from "@mantine/core";
import { ArrowDown, ArrowUp, ChevronDown, ListTree, Plus, Tags } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Question } from "../../../preload/contract/index.ts";
import { useAttributes, useCall, useClasses, useQuestions } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ClassEditor } from "../library/ClassEditor.tsx";
import { Tool } from "./ChoiceRows.tsx";
import { ClassAttributes } from "./ClassAttributes.tsx";
import { moved } from "./draft.ts";
import { QuestionForm } from "./QuestionForm.tsx";
import classes from "./schema.module.css";

const NEW = "new";

export function SchemaView() {
  const { t } = useTranslation("schema");
  const questions = useQuestions();
  const [opened, setOpened] = useState<string | null>(null);
  const begin = () => setOpened(NEW);
  const list = questions.data ?? [];
  return (
    <>
      <ViewHeader title={t("title")} text={t("text")}>
        <Button leftSection={<Plus aria-hidden size={16} />} disabled={opened === NEW} onClick={begin}>
          {t("new")}
        </Button>
      </ViewHeader>
      <ViewBody>
        <Section title={t("questions")}>
          {questions.error && <Refused error={questions.error} onRetry={() => void questions.refetch()} />}
          {questions.isPending && <Loading />}
          {questions.isSuccess && list.length === 0 && opened !== NEW && (
            <EmptyState icon={ListTree} title={t("empty.title")} text={t("empty.text")}>
              <Button onClick={begin}>{t("empty.first")}</Button>
            </EmptyState>
          )}
          <Stack gap="xs">
            {list.map((question, at) => (
              <QuestionCard
                key={question.id}
                question={question}
                list={list}
                at={at}
                opened={opened === question.id}
                onOpen={(open) => setOpened(open ? question.id : null)}
              />
            ))}
            {opened === NEW && (
              <Paper withBorder p="md" role="group" aria-label={t("new")}>
                <QuestionForm question={null} onDone={setOpened} />
              </Paper>
            )}
          </Stack>
        </Section>
        <ClassesSection />
      </ViewBody>
    </>
  );
}

interface QuestionCardProps {
  question: Question;
  list: readonly Question[];
  at: number;
  opened: boolean;
  onOpen(open: boolean): void;
}

function QuestionCard({ question, list, at, opened, onOpen }: QuestionCardProps) {
  const { t } = useTranslation("schema");
  const toast = useToast();
  const order = useCall((studio, ids: string[]) => studio.schema.orderQuestions({ ids }));
  const move = (step: 1 | -1) =>
    order.mutate(
      moved(list, at, step).map(({ id }) => id),
      { onError: toast.refused },
    );
  const { name, level, kind, options, archived, required } = question;
  const offered = options.filter((option) => !option.archived).length;
  return (
    <Card
      title={name}
      opened={opened}
      onOpen={onOpen}
      badges={
        <>
          <Badge variant="default">{t(`levels.${level}`)}</Badge>
          <Badge variant="default">{t(`kinds.${kind}`)}</Badge>
          <Badge variant="default">{t("optionCount", { count: offered })}</Badge>
          {required && <Badge variant="light">{t("required")}</Badge>}
          {archived && (
            <Badge variant="light" color="gray">
              {t("archived")}
            </Badge>
          )}
        </>
      }
      tools={
        <>
          <Tool label={t("options.up", { name })} icon={ArrowUp} onClick={at > 0 ? () => move(-1) : null} />
          <Tool
            label={t("options.down", { name })}
            icon={ArrowDown}
            onClick={at < list.length - 1 ? () => move(1) : null}
          />
        </>
      }
    >
      <QuestionForm question={question} onDone={(id) => onOpen(id !== null)} />
    </Card>
  );
}

function ClassesSection() {
  const { t } = useTranslation("schema");
  const known = useClasses();
  const attributes = useAttributes();
  const [editing, setEditing] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <Section
      title={t("classes.title")}
      aside={
        <Button
          size="xs"
          variant="default"
          leftSection={<Tags aria-hidden size={14} />}
          onClick={() => setEditing(true)}
        >
          {t("classes.edit")}
        </Button>
      }
    >
      <Text size="sm" c="dimmed">
        {t(known.data?.length === 0 ? "classes.none" : "classes.text")}
      </Text>
      {(known.error ?? attributes.error) && (
        <Refused error={known.error ?? attributes.error} onRetry={() => void attributes.refetch()} />
      )}
      <Stack gap="xs">
        {(known.data ?? []).map(({ id, name, color }) => {
          const own = attributes.data?.find(({ classId }) => classId === id)?.attributes;
          const asked = own?.filter(({ archived }) => !archived).length ?? 0;
          return (
            <Card
              key={id}
              title={<ClassBadge name={name} color={color} />}
              opened={opened === id}
              onOpen={(open) => setOpened(open ? id : null)}
              badges={<Badge variant="default">{t("attributes.count", { count: asked })}</Badge>}
            >
              {own && <ClassAttributes classId={id} attributes={own} />}
            </Card>
          );
        })}
      </Stack>
      <ClassEditor opened={editing} onClose={() => setEditing(false)} />
    </Section>
  );
}

interface CardProps {
  title: ReactNode;
  badges: ReactNode;
  tools?: ReactNode;
  opened: boolean;
  onOpen(open: boolean): void;
  children: ReactNode;
}

/** A line that opens; what is inside is there only while it is open. */
function Card({ title, badges, tools, opened, onOpen, children }: CardProps) {
  const bodyId = useId();
  return (
    <Paper withBorder>
      <Group gap={4} wrap="nowrap" pe="xs">
        <UnstyledButton
          className={classes.head}
          aria-expanded={opened}
          aria-controls={bodyId}
          onClick={() => onOpen(!opened)}
        >
          <ChevronDown aria-hidden size={16} className={classes.chevron} data-opened={opened || undefined} />
          <Text span fw={600}>
            {title}
          </Text>
          <Group gap={6}>{badges}</Group>
        </UnstyledButton>
        {tools}
      </Group>
      <Collapse expanded={opened} id={bodyId}>
        <div className={classes.body}>{opened && children}</div>
      </Collapse>
    </Paper>
  );
}
