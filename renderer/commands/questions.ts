// Commands that answer the questions of the schema. One question at a time has the keys: Alt and the digit of an option give it. A view's keys
// win over those of the app, so these digits do not change the room while the question is active; the others still do.
import type { Question } from "../../preload/contract/index.ts";
import type { Command, CommandId } from "./Command.ts";

export interface QuestionActions {
  /** answers may be given now, and the image has what the question is about */
  canAnswer(question: Question): boolean;
  /** makes the next (1) or the previous (-1) question active; none after the last */
  step(direction: 1 | -1): void;
  /** gives the option, or takes it back where it is given */
  choose(question: Question, optionId: string): void;
  clear(question: Question): void;
  /** puts the keyboard into the question's field */
  enter(question: Question): void;
}

/** `questions`: those that are asked. */
export function questionCommands(
  actions: QuestionActions,
  questions: readonly Question[],
  active: Question | null,
): Command[] {
  const always = () => questions.length > 0;
  const walk = (id: CommandId, shortcut: string, direction: 1 | -1): Command => ({
    ...{ id, group: "questions", shortcuts: [shortcut], enabled: always },
    run: () => actions.step(direction),
  });
  const onActive = (id: CommandId, shortcut: string, run: (question: Question) => void): Command => ({
    ...{ id, group: "questions", shortcuts: [shortcut] },
    enabled: () => active !== null,
    run: () => {
      if (active) run(active);
    },
  });
  return [
    walk("questions.next", "Alt+ArrowDown", 1),
    walk("questions.previous", "Alt+ArrowUp", -1),
    onActive("questions.enter", "Alt+Enter", actions.enter),
    onActive("questions.clear", "Alt+0", actions.clear),
    ...questions.flatMap((question) =>
      question.options
        .filter(({ archived }) => !archived)
        .map(
          ({ id, name, key }): Command => ({
            ...{ id: "questions.answer", group: "questions" },
            shortcuts: question === active && key !== null ? [`Alt+${key}`] : [],
            answer: { question: question.name, option: name },
            // The active question keeps its digits also while nothing can be said: they must not leave the room then.
            enabled: () => question === active || actions.canAnswer(question),
            run: () => actions.choose(question, id),
          }),
        ),
    ),
  ];
}
