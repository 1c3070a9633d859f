import { expect, test } from "vitest";
import type { AttributeDefinition, Question } from "../../../preload/contract/index.ts";
import {
  attributeDraft,
  attributeInput,
  changed,
  moved,
  problemOf,
  questionDraft,
  questionInput,
  withChoice,
} from "../../../renderer/views/schema/draft.ts";

const option = (id: string, key: number | null, more = {}) => ({
  ...{ id, name: id.toUpperCase(), key, archived: false, mergedInto: null },
  ...more,
});
const question: Question = {
  id: "q",
  name: "Density",
  level: "patient",
  kind: "ordinal",
  options: [option("a", 1), option("b", 3), option("c", null, { archived: true, mergedInto: "a" })],
  required: true,
  help: "BI-RADS",
  archived: false,
};

test("a question that nobody touched is sent as it is, with its ids", () => {
  const { options, ...about } = question;
  expect(questionInput(questionDraft(question), "q")).toEqual({
    ...about,
    options: options.map(({ mergedInto: _, ...one }) => one),
  });
});

test("new options get the first digit that is free, and empty ones are not sent", () => {
  const draft = questionDraft(question);
  const options = withChoice(withChoice(draft.options));
  expect(options.map(({ key }) => key)).toEqual([1, 3, null, 2, 4]);
  const named = changed(options, options[3]!.row, { name: " D " });
  expect(questionInput({ ...draft, options: named }, "q").options.slice(3)).toEqual([
    { name: "D", key: 2, archived: false },
  ]);
  const full = Array.from({ length: 12 }).reduce<ReturnType<typeof withChoice>>((all) => withChoice(all), []);
  expect(full.map(({ key }) => key)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, null, null, null]);
});

test("what keeps a question from being saved is named", () => {
  const draft = { ...questionDraft(null), name: "x" };
  expect(problemOf({ ...draft, name: " " })).toBe("name");
  expect(problemOf(draft)).toBe("choices");
  expect(problemOf({ ...draft, kind: "text" })).toBeNull();
  const [first, second] = draft.options;
  const named = (a: string, b: string) => [
    { ...first!, name: a },
    { ...second!, name: b },
  ];
  expect(problemOf({ ...draft, options: named("a", "A ") })).toBe("twice");
  expect(problemOf({ ...draft, options: named("a", "b") })).toBeNull();
  const emptied = changed(questionDraft(question).options, "a", { name: "" });
  expect(problemOf({ ...draft, options: emptied })).toBe("choiceName");
});

test("moving past an end changes nothing", () => {
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});

test("an attribute that nobody touched is sent as it is; a new one has no id", () => {
  const about = { name: "Size", kind: "number", min: 0, max: null, unit: "mm", archived: false } as const;
  const definition: AttributeDefinition = { id: "s", ...about, options: [] };
  expect(attributeInput(attributeDraft(definition))).toEqual(definition);
  expect(attributeInput(attributeDraft(null))).toMatchObject({ kind: "choice", options: [] });
  expect(attributeInput(attributeDraft(null))).not.toHaveProperty("id");
});
