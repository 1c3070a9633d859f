// What one read answered to the questions of the schema, for whoever adjudicates; a question that reads answer differently is marked.
import { useTranslation } from "react-i18next";
import type { Question, QuestionAnswer, ReadingCase } from "../../../preload/contract/index.ts";
import { useQuestions } from "../../studio/queries.ts";
import { FactList } from "../../ui/FactList.tsx";

export function ReadAnswers({ one, answers }: { one: ReadingCase; answers: readonly QuestionAnswer[] }) {
  const { t } = useTranslation("schema");
  const questions = useQuestions().data ?? [];
  const asked = questions.filter(({ id }) => one.answers.some((read) => read.answers.some(isTo(id))));
  if (asked.length === 0) return null;
  return (
    <FactList
      facts={asked.map((question) => {
        const said = one.answers.map((read) => JSON.stringify(read.answers.find(isTo(question.id))?.value));
        const value = answers.find(isTo(question.id))?.value;
        return {
          name: question.name,
          value: value === undefined ? t("read.none") : wordsOf(question, value),
          note: new Set(said).size > 1 ? t("read.differs") : undefined,
        };
      })}
    />
  );
}

const isTo = (questionId: string) => (answer: QuestionAnswer) => answer.questionId === questionId;

function wordsOf({ kind, options }: Question, value: QuestionAnswer["value"]): string {
  if (kind === "text") return String(value);
  return [value]
    .flat()
    .map((id) => options.find((option) => option.id === id)?.name ?? id)
    .join("; ");
}
