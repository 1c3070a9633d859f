// The questions of the schema beside the class of the image: what is asked, what was answered, and why something cannot be.
import { ActionIcon, Badge, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { ListPlus } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { AnswerValue, ImageLabels, Question } from "../../../preload/contract/index.ts";
import { type QuestionActions, questionCommands } from "../../commands/questions.ts";
import { useCommands } from "../../commands/useCommands.ts";
import { questionStore } from "../../state/questions.ts";
import { navigate } from "../../state/route.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { useMay, useQuestions } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Keys } from "../../ui/shell/Keys.tsx";
import { answerOf, missingSubject, nextActive, pressed, shownOptions, shownQuestions } from "./answers.ts";
import classes from "./QuestionList.module.css";
import { TextAnswer } from "./TextAnswer.tsx";

export interface QuestionListProps {
  /** labels of the image that is answered about */
  answer: UseQueryResult<ImageLabels>;
  layer: string;
  /** the picture in sight is the one that is answered about, and the read is not committed */
  mayAnswer: boolean;
  /** nothing changes here: the read is over, or it is not the reader's to answer */
  fixed: boolean;
}

const NONE: Question[] = [];
const fieldId = (questionId: string) => `question-${questionId}`;

export function QuestionList({ answer, layer, mayAnswer, fixed }: QuestionListProps) {
  const { t } = useTranslation("schema");
  const writer = useLabelWriter();
  const known = useQuestions();
  const mayEdit = useMay("schema.saveQuestion");
  const questions = known.data ?? NONE;
  const labels = answer.data;
  const shown = shownQuestions(questions, labels);
  const asked = useMemo(() => questions.filter(({ archived }) => !archived), [questions]);
  const activeId = useStore(questionStore, ({ active }) => active);
  const active = asked.find(({ id }) => id === activeId) ?? null;
  const give = (question: Question, value: AnswerValue | null) => {
    if (mayAnswer && labels) writer.answer(layer, labels.imageId, question.id, value);
  };
  // Commands outlive renders and read what is so now.
  const now = useRef({ labels, mayAnswer, give });
  now.current = { labels, mayAnswer, give };
  const actions = useMemo<QuestionActions>(
    () => ({
      canAnswer: (question) =>
        now.current.mayAnswer && now.current.labels !== undefined && !missingSubject(question, now.current.labels),
      step: (direction) =>
        questionStore.setState(({ active: before }) => ({ active: nextActive(asked, before, direction) })),
      choose: (question, optionId) =>
        now.current.give(question, pressed(question, answerOf(question, now.current.labels), optionId)),
      clear: (question) => now.current.give(question, null),
      enter: (question) => {
        const field = document.getElementById(fieldId(question.id));
        field?.querySelector<HTMLElement>("input, button:not([disabled])")?.focus();
      },
    }),
    [asked],
  );
  useCommands(useMemo(() => questionCommands(actions, asked, active), [actions, asked, active]));
  // An active question that is out of sight would take keys unseen.
  useEffect(() => {
    if (activeId) document.getElementById(fieldId(activeId))?.scrollIntoView?.({ block: "nearest" });
  }, [activeId]);
  useEffect(() => () => questionStore.setState({ active: null }), []);

  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h6">
          {t("panel.title")}
        </Title>
        {mayEdit && (
          <Tooltip label={t("panel.edit")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("panel.edit")}
              onClick={() => navigate({ view: "schema" })}
            >
              <ListPlus aria-hidden size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
      {known.error && <Refused error={known.error} onRetry={() => void known.refetch()} />}
      {known.isSuccess && shown.length === 0 && (
        <Text size="sm" c="dimmed">
          {t(mayEdit ? "panel.none" : "panel.nothing")}
        </Text>
      )}
      {asked.length > 0 && !fixed && (
        <Text size="xs" c="dimmed" mb="xs" role="status">
          {active ? t("panel.activeHelp", { name: active.name }) : t("panel.help")}
        </Text>
      )}
      <Stack gap="md">
        {shown.map((question) => (
          <OneQuestion
            key={question.id}
            question={question}
            labels={labels}
            active={question === active}
            fixed={fixed}
            onAnswer={(value) => give(question, value)}
          />
        ))}
      </Stack>
    </section>
  );
}

interface OneQuestionProps {
  question: Question;
  labels: ImageLabels | undefined;
  active: boolean;
  fixed: boolean;
  onAnswer(value: AnswerValue | null): void;
}

function OneQuestion({ question, labels, active, fixed, onAnswer }: OneQuestionProps) {
  const { t } = useTranslation("schema");
  const { id, name, level, kind, help, required, archived } = question;
  const value = answerOf(question, labels);
  const reason = labels ? missingSubject(question, labels) : null;
  const disabled = fixed || reason !== null;
  const titleId = `${fieldId(id)}-title`;
  const helpId = `${fieldId(id)}-help`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset does not shrink with the panel
    <div
      role="group"
      id={fieldId(id)}
      className={classes.question}
      data-active={active || undefined}
      aria-labelledby={titleId}
      aria-describedby={helpId}
    >
      <Group gap={6} mb={4}>
        <Text span size="sm" fw={600} id={titleId}>
          {name}
        </Text>
        {level !== "image" && (
          <Badge size="sm" variant="default">
            {t(`levels.${level}`)}
          </Badge>
        )}
        {archived && (
          <Badge size="sm" variant="default">
            {t("archived")}
          </Badge>
        )}
        {required && value === null && !archived && (
          <Badge size="sm" variant="light" color="orange">
            {t("required")}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed" mb={help || reason ? 4 : 0} id={helpId}>
        {reason ? t(`missing.${reason}`) : help}
      </Text>
      {kind === "text" ? (
        <TextAnswer
          key={`${labels?.imageId} ${labels?.layer}`}
          question={question}
          labelledBy={titleId}
          describedBy={helpId}
          value={value === null ? "" : String(value)}
          disabled={disabled || archived}
          onAnswer={onAnswer}
        />
      ) : (
        <div className={kind === "ordinal" ? classes.scale : classes.options}>
          {shownOptions(question, value).map((option) => (
            <button
              key={option.id}
              type="button"
              className={classes.option}
              aria-pressed={[value].flat().includes(option.id)}
              disabled={disabled || archived}
              onClick={() => onAnswer(pressed(question, value, option.id))}
            >
              <span>{option.archived ? t("archivedName", { name: option.name }) : option.name}</span>
              {active && option.key !== null && <Keys shortcut={`Alt+${option.key}`} />}
            </button>
          ))}
          {question.options.length === 0 && (
            <Text size="xs" c="dimmed">
              {t("panel.noOptions")}
            </Text>
          )}
        </div>
      )}
    </div>
  );
}
