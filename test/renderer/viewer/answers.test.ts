import { afterEach, expect, test } from "vitest";
import type { AnswerValue, ImageLabels, Question } from "../../../preload/contract/index.ts";
import { appCommands } from "../../../renderer/commands/app.ts";
import { questionCommands } from "../../../renderer/commands/questions.ts";
import { commandForKey, registerCommands } from "../../../renderer/commands/registry.ts";
import {
  answerOf,
  missingSubject,
  nextActive,
  pressed,
  shownOptions,
  shownQuestions,
} from "../../../renderer/views/viewer/answers.ts";
import english from "../../../resources/locales/en/commands.json";

const question = (id: string, more: Partial<Question> = {}): Question => ({
  id,
  name: `Question ${id}`,
  level: "image",
  kind: "single",
  options: ["a", "b", "c"].map((name, index) => ({
    ...{ id: name, name: name.toUpperCase(), key: index + 1, archived: false, mergedInto: null },
  })),
  required: false,
  help: "",
  archived: false,
  ...more,
});
const labels = (answers: Record<string, AnswerValue>): ImageLabels => ({
  imageId: "i",
  layer: "",
  subjects: { series: "1.2", patient: "" },
  classId: null,
  classReader: null,
  shapes: [],
  answers: Object.entries(answers).map(([questionId, value]) => ({
    ...{ questionId, value, level: "image" as const, subject: "i", reader: "Ada" },
  })),
});

test("pressing an option gives it, and takes it back where it is given", () => {
  const one = question("q");
  expect(pressed(one, null, "a")).toBe("a");
  expect(pressed(one, "b", "a")).toBe("a");
  expect(pressed(one, "a", "a")).toBeNull();
  const many = question("q", { kind: "multi" });
  expect(pressed(many, ["c"], "a")).toEqual(["a", "c"]);
  expect(pressed(many, ["a", "c"], "c")).toEqual(["a"]);
  expect(pressed(many, ["a"], "a")).toBeNull();
  expect(pressed(question("q", { kind: "text" }), "typed", "b")).toBe("B");
});

test("archived options and questions are shown where they were given and nowhere else", () => {
  const options = question("q").options.map((option) => ({ ...option, archived: option.id === "a" }));
  const asked = question("q", { options });
  expect(shownOptions(asked, null).map(({ id }) => id)).toEqual(["b", "c"]);
  expect(shownOptions(asked, "a").map(({ id }) => id)).toEqual(["a", "b", "c"]);
  const old = question("old", { archived: true });
  expect(shownQuestions([asked, old], labels({})).map(({ id }) => id)).toEqual(["q"]);
  expect(shownQuestions([asked, old], labels({ old: "a" })).map(({ id }) => id)).toEqual(["q", "old"]);
  expect(answerOf(old, labels({ old: "a" }))).toBe("a");
});

test("a question about a series or patient that the image does not have says so", () => {
  expect(missingSubject(question("q", { level: "series" }), labels({}))).toBeNull();
  expect(missingSubject(question("q", { level: "patient" }), labels({}))).toBe("patient");
  expect(missingSubject(question("q"), labels({}))).toBeNull();
});

test("the keys go from question to question and to none", () => {
  const all = [question("p"), question("q")];
  expect([nextActive(all, null, 1), nextActive(all, "p", 1), nextActive(all, "q", 1)]).toEqual(["p", "q", null]);
  expect([nextActive(all, null, -1), nextActive(all, "p", -1), nextActive(all, "gone", 1)]).toEqual(["q", null, "p"]);
  expect(nextActive([], null, 1)).toBeNull();
});

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
const nothing = {
  ...{ openPalette() {}, openShortcuts() {}, lock() {}, signOut() {}, switchLanguage() {}, switchTheme() {} },
  maySignOut: () => true,
};

function pressing(active: Question | null, asked: Question[], may = true): (key: string) => string {
  const said: string[] = [];
  const say =
    (word: string) =>
    (...values: (Question | string | number)[]) =>
      void said.push([word, ...values.map((value) => (typeof value === "object" ? value.id : value))].join(" "));
  const list = questionCommands(
    {
      canAnswer: () => may,
      step: say("step"),
      choose: say("choose"),
      clear: say("clear"),
      enter: say("enter"),
    },
    asked,
    active,
  );
  for (const { id, group, answer } of list) {
    expect(english.names).toHaveProperty([id]);
    expect(english.groups).toHaveProperty([group]);
    expect(answer === undefined).toBe(id !== "questions.answer");
  }
  stops.push(registerCommands(appCommands(nothing, () => true)), registerCommands(list));
  return (key) => {
    const press = { key, ctrlKey: false, metaKey: false, altKey: true, shiftKey: false };
    const command = commandForKey(press, { mac: false, characterKeys: true });
    if (command?.group !== "questions") return command?.id ?? "";
    said.length = 0;
    void command.run();
    return said.join();
  };
}

test("Alt and a digit answer the active question and are the app's without one", () => {
  const [p, q] = [question("p"), question("q")];
  const withActive = pressing(q, [p, q]);
  expect(["1", "3", "0", "Enter", "ArrowDown", "ArrowUp"].map(withActive)).toEqual([
    ...["choose q a", "choose q c", "clear q", "enter q", "step 1", "step -1"],
  ]);
  expect(withActive("5")).toBe("go.runs");
  for (const stop of stops.splice(0)) stop();
  expect(["1", "ArrowDown", "0"].map(pressing(null, [p, q]))).toEqual(["go.library", "step 1", ""]);
  for (const stop of stops.splice(0)) stop();
  // Also while the picture is on its way: a digit must not leave the room then.
  expect(["1", "0"].map(pressing(q, [p, q], false))).toEqual(["choose q a", "clear q"]);
});

test("every option that is offered is in the palette, whichever question has the keys", () => {
  const options = question("q").options.map((option) => ({ ...option, archived: option.id === "c" }));
  const list = questionCommands(
    { canAnswer: () => true, step() {}, choose() {}, clear() {}, enter() {} },
    [question("p"), question("q", { options })],
    null,
  );
  const named = list.flatMap(({ answer }) => (answer ? [`${answer.question}: ${answer.option}`] : []));
  expect(named).toEqual(["Question p: A", "Question p: B", "Question p: C", "Question q: A", "Question q: B"]);
});
