// What is asked in the panel and what is said there: pure.
import type { AnswerValue, ImageLabels, Question, QuestionOption } from "../../../preload/contract/index.ts";

/** Why a question cannot be answered at an image; null: it can. */
export function missingSubject({ level }: Question, { subjects }: ImageLabels): "series" | "patient" | null {
  return level !== "image" && subjects[level] === "" ? level : null;
}

export function answerOf(question: Question, labels: ImageLabels | undefined): AnswerValue | null {
  return labels?.answers.find(({ questionId }) => questionId === question.id)?.value ?? null;
}

/** What to show: questions that are asked, and archived ones that were answered here. */
export function shownQuestions(questions: readonly Question[], labels: ImageLabels | undefined): Question[] {
  return questions.filter((question) => !question.archived || answerOf(question, labels) !== null);
}

/** Options that are offered, and archived ones that are given. */
export function shownOptions(question: Question, value: AnswerValue | null): QuestionOption[] {
  const given = new Set([value ?? []].flat());
  return question.options.filter(({ id, archived }) => !archived || given.has(id));
}

/** The answer after an option was pressed: a given one is taken back. Of text the option is what is said. */
export function pressed(question: Question, value: AnswerValue | null, optionId: string): AnswerValue | null {
  if (question.kind === "text") return question.options.find(({ id }) => id === optionId)?.name ?? value;
  if (question.kind !== "multi") return value === optionId ? null : optionId;
  const given = new Set([value ?? []].flat());
  if (!given.delete(optionId)) given.add(optionId);
  const ids = question.options.map(({ id }) => id).filter((id) => given.has(id));
  return ids.length === 0 ? null : ids;
}

/** id of the question `step` places after the active one; null after the last and before the first. */
export function nextActive(questions: readonly Question[], active: string | null, step: 1 | -1): string | null {
  const at = questions.findIndex(({ id }) => id === active);
  if (at < 0) return (step === 1 ? questions.at(0) : questions.at(-1))?.id ?? null;
  return questions[at + step]?.id ?? null;
}
