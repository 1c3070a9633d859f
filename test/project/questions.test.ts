import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Project } from "../../main/project/project.ts";
import type { AnswerValue, AttributeInput, Question, QuestionInput, Read } from "../../preload/contract/index.ts";
import { addImages, newProject } from "./builder.ts";
import { addMember } from "./second-member.ts";
import { box } from "./shapes.ts";

const refusal = (code: string) => expect.objectContaining({ code });

const option = (name: string, key: number | null = null) => ({ name, key, archived: false });
const question = (more: Partial<QuestionInput> = {}): QuestionInput => ({
  name: "Density",
  level: "image",
  kind: "single",
  options: ["a", "b", "c"].map((name, index) => option(name, index + 1)),
  required: false,
  help: "",
  archived: false,
  ...more,
});
const say = (project: Project, imageId: string, questionId: string, value: AnswerValue | null, layer = "") =>
  project.labels.apply([{ do: "answer", imageId, questionId, value }], layer);
const said = (project: Project, imageId: string, layer = "") =>
  project.labels.forImage(imageId, layer).answers.map(({ value }) => value);
const idOf = ({ options }: Pick<Question, "options">, name: string) => options.find((one) => one.name === name)!.id;

/** Images 0 and 1 are one series of patient P1; image 2 is another series of P1; image 3 has neither series nor patient. */
async function asking(more: Partial<QuestionInput> = {}) {
  const { project } = await newProject();
  const ids = addImages(project, 4, (index) => ({
    series: index < 2 ? "1.2.3" : index === 2 ? "1.2.4" : "",
    patient: index < 3 ? "P1" : "",
  }));
  return { project, ids, asked: project.questions.save(question(more)) };
}

describe("answers", () => {
  test("an answer is given, changed and taken back, says who gave it, and undo and redo step through it", async () => {
    const { project, ids, asked } = await asking();
    const [a, b] = asked.options.map(({ id }) => id);
    const image = ids[0]!;
    const about = { questionId: asked.id, level: "image", subject: image };
    expect(say(project, image, asked.id, a!)).toMatchObject({
      imageId: image,
      answers: [{ ...about, value: a, reader: "Ada" }],
      schema: false,
    });
    say(project, image, asked.id, b!);
    say(project, image, asked.id, null);
    expect(said(project, image)).toEqual([]);
    expect(project.labels.history()).toEqual({ undo: 3, redo: 0 });
    expect(project.labels.undo()?.answers).toEqual([{ ...about, value: b, reader: "Ada" }]);
    project.labels.undo();
    expect(said(project, image)).toEqual([a]);
    expect(project.labels.undo()?.answers).toEqual([{ ...about, value: null, reader: null }]);
    for (const expected of [[a], [b], []]) {
      project.labels.redo();
      expect(said(project, image)).toEqual(expected);
    }
  });

  test("what is said of a series or a patient is said of all its images, and of nothing else", async () => {
    const { project, ids } = await asking();
    const [series, patient] = (["series", "patient"] as const).map((level) =>
      project.questions.save(question({ name: level, level })),
    );
    say(project, ids[0]!, series!.id, idOf(series!, "a"));
    say(project, ids[2]!, patient!.id, idOf(patient!, "b"));
    say(project, ids[1]!, series!.id, idOf(series!, "c"));
    const subjects = (at: number) => project.labels.forImage(ids[at]!).answers.map(({ subject }) => subject);
    expect(ids.map((_, at) => subjects(at))).toEqual([["1.2.3", "P1"], ["1.2.3", "P1"], ["P1"], []]);
    expect(said(project, ids[0]!)).toEqual([idOf(series!, "c"), idOf(patient!, "b")]);
    for (const { id, options } of [series!, patient!]) {
      expect(() => say(project, ids[3]!, id, options[0]!.id)).toThrow(refusal("labels/answer-invalid"));
    }
  });

  test("what is already said changes neither history nor audit; several options come in the order of the question", async () => {
    const { project, ids, asked } = await asking({ kind: "multi" });
    const [a, , c] = asked.options.map(({ id }) => id);
    say(project, ids[0]!, asked.id, [c!, a!, c!]);
    expect(said(project, ids[0]!)).toEqual([[a, c]]);
    const before = [project.labels.history(), project.audit.list(0, 1).total];
    say(project, ids[0]!, asked.id, [a!, c!]);
    expect([project.labels.history(), project.audit.list(0, 1).total]).toEqual(before);
  });

  test.each([
    ["single", ["x"]],
    ["single", "no option"],
    ["multi", "x"],
    ["multi", ["no option"]],
    ["ordinal", "no option"],
    ["text", ["x"]],
  ] as const)("a %s question refuses %j", async (kind, value) => {
    const { project, ids, asked } = await asking({ kind });
    const wrong = typeof value === "string" ? value : [...value];
    expect(() => say(project, ids[0]!, asked.id, wrong)).toThrow(refusal("labels/answer-invalid"));
    expect(() => say(project, ids[0]!, "nothing", "x")).toThrow(refusal("labels/question-unknown"));
    expect(project.labels.history()).toEqual({ undo: 0, redo: 0 });
  });

  test("typed text is trimmed, blank text is no answer, and what was typed is suggested, most frequent first", async () => {
    const { project, ids, asked } = await asking({ kind: "text" });
    for (const [at, text] of ["rib", " rib ", "心影增大"].entries()) say(project, ids[at]!, asked.id, text);
    expect(said(project, ids[1]!)).toEqual(["rib"]);
    expect(project.questions.typed(asked.id)).toEqual(["rib", "心影增大"]);
    say(project, ids[2]!, asked.id, "  ");
    expect(project.questions.typed(asked.id)).toEqual(["rib"]);
  });
});

describe("changes of the schema", () => {
  test("renaming keeps ids and answers", async () => {
    const { project, ids, asked } = await asking();
    const a = idOf(asked, "a");
    say(project, ids[0]!, asked.id, a);
    const options = asked.options.map(({ mergedInto: _, ...one }) => ({ ...one, name: `${one.name} 新` }));
    const saved = project.questions.save({ ...question(), id: asked.id, name: "Opacity", options });
    expect(saved.options.map(({ id }) => id)).toEqual(asked.options.map(({ id }) => id));
    expect(saved).toMatchObject({ id: asked.id, name: "Opacity", options: [{ name: "a 新" }, {}, {}] });
    expect(said(project, ids[0]!)).toEqual([a]);
  });

  test("what was ever answered is archived and not deleted, also after the answer was taken back", async () => {
    const { project, ids, asked } = await asking();
    const [a, b, c] = asked.options.map(({ mergedInto: _, ...one }) => one);
    say(project, ids[0]!, asked.id, a!.id);
    say(project, ids[0]!, asked.id, null);
    const usage = project.questions.usage(asked.id);
    expect(usage).toMatchObject({ count: 0, said: true });
    expect(usage.choices.map((choice) => choice.said)).toEqual([true, false, false]);
    const save = (options: QuestionInput["options"]) =>
      project.questions.save({ ...question(), id: asked.id, options });
    expect(() => save([b!, c!])).toThrow(refusal("labels/schema-in-use"));
    expect(() => project.questions.delete(asked.id)).toThrow(refusal("labels/schema-in-use"));
    expect(save([a!, c!]).options.map(({ name }) => name)).toEqual(["a", "c"]);
    const unused = project.questions.save(question({ name: "Never asked" }));
    project.questions.delete(unused.id);
    expect(project.questions.list().map(({ id }) => id)).toEqual([asked.id]);
  });

  test("an archived option stays where it was given and is not given anew; an archived question neither", async () => {
    const { project, ids, asked } = await asking({ kind: "multi" });
    const [a, b] = asked.options.map(({ id }) => id);
    say(project, ids[0]!, asked.id, [a!]);
    const options = asked.options.map(({ mergedInto: _, ...one }) => ({ ...one, archived: one.id === a }));
    const input = { ...question({ kind: "multi" }), id: asked.id, options };
    expect(project.questions.save(input).options[0]).toMatchObject({ archived: true, key: null });
    expect(() => say(project, ids[1]!, asked.id, [a!])).toThrow(refusal("labels/answer-invalid"));
    say(project, ids[0]!, asked.id, [a!, b!]);
    expect(said(project, ids[0]!)).toEqual([[a, b]]);
    project.questions.save({ ...input, archived: true });
    expect(() => say(project, ids[0]!, asked.id, [b!])).toThrow(refusal("labels/answer-invalid"));
    expect(said(project, ids[0]!)).toEqual([[a, b]]);
    say(project, ids[0]!, asked.id, null);
    expect(said(project, ids[0]!)).toEqual([]);
  });

  test("the level and kind of an answered question are not saved over, and unknown ids, names and digits twice are refused", async () => {
    const { project, ids, asked } = await asking();
    const same = { ...question(), id: asked.id, options: asked.options.map(({ mergedInto: _, ...one }) => one) };
    expect(project.questions.save({ ...same, level: "series" }).level).toBe("series");
    project.questions.save(same);
    say(project, ids[0]!, asked.id, asked.options[0]!.id);
    expect(() => project.questions.save({ ...same, level: "series" })).toThrow(refusal("labels/schema-in-use"));
    expect(() => project.questions.save({ ...same, kind: "text" })).toThrow(refusal("labels/schema-in-use"));
    const bad: Partial<QuestionInput>[] = [
      { options: [{ ...option("x"), id: "unknown" }] },
      { options: [option("x"), option("X ")] },
      { options: [option("x", 1), option("y", 1)] },
      { name: " " },
      { name: "DENSITY" },
    ];
    for (const more of bad) {
      expect(() => project.questions.save(question({ name: "Other", ...more }))).toThrow(refusal("app/invalid-input"));
    }
    expect(() => project.questions.save({ ...same, id: "nobody" })).toThrow(refusal("labels/question-unknown"));
  });

  test("another kind is shown with counts and taken only where every answer has a place in it", async () => {
    const { project, ids, asked } = await asking();
    const [a, b] = asked.options.map(({ id }) => id);
    say(project, ids[0]!, asked.id, a!);
    say(project, ids[1]!, asked.id, b!);
    say(project, ids[2]!, asked.id, b!);
    expect(project.questions.previewKind(asked.id, "ordinal")).toMatchObject({ answers: 3, changed: 0, invalid: 0 });
    expect(project.questions.previewKind(asked.id, "multi")).toEqual({
      answers: 3,
      changed: 3,
      invalid: 0,
      rows: [
        { before: "b", after: "b", count: 2 },
        { before: "a", after: "a", count: 1 },
      ],
    });
    expect(project.questions.changeKind(asked.id, "multi").kind).toBe("multi");
    expect(said(project, ids[0]!)).toEqual([[a]]);
    expect(project.labels.history()).toEqual({ undo: 0, redo: 0 });
    say(project, ids[0]!, asked.id, [a!, b!]);
    expect(project.questions.previewKind(asked.id, "single")).toMatchObject({
      answers: 3,
      invalid: 1,
      rows: [{ before: "a; b", after: null, count: 1 }, { before: "b" }],
    });
    expect(() => project.questions.changeKind(asked.id, "single")).toThrow(refusal("labels/schema-conflict"));
    expect(said(project, ids[1]!)).toEqual([[b]]);
    project.questions.changeKind(asked.id, "text");
    expect(ids.map((id) => said(project, id))).toEqual([["a; b"], ["b"], ["b"], []]);
    expect(() => project.questions.changeKind(asked.id, "single")).toThrow(refusal("labels/schema-conflict"));
    say(project, ids[0]!, asked.id, "a");
    project.questions.changeKind(asked.id, "single");
    expect(ids.map((id) => said(project, id))).toEqual([[a], [b], [b], []]);
    expect(project.labels.forImage(ids[1]!).answers[0]!.reader).toBe("Ada");
  });

  test("from kind to kind, no answer is lost: each either has a place or stands in the way (any order)", async () => {
    const kinds = fc.constantFrom("single", "multi", "ordinal", "text") as fc.Arbitrary<Question["kind"]>;
    const { project, ids, asked } = await asking({
      kind: "multi",
      options: ["a", "b; c", "b", "c"].map((n) => option(n)),
    });
    const all = asked.options.map(({ id }) => id);
    let kind: Question["kind"] = "multi";
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 5 }), fc.subarray(all, { minLength: 1 }), (path, chosen) => {
        const value = { single: chosen[0]!, ordinal: chosen[0]!, multi: chosen, text: "b; c" }[kind];
        say(project, ids[0]!, asked.id, value);
        for (const next of path) {
          const preview = project.questions.previewKind(asked.id, next);
          if (preview.invalid > 0) {
            expect(() => project.questions.changeKind(asked.id, next)).toThrow(refusal("labels/schema-conflict"));
          } else {
            kind = project.questions.changeKind(asked.id, next).kind;
          }
          expect(said(project, ids[0]!)).toHaveLength(1);
          // What it says now is an answer that could be given now.
          const [now] = said(project, ids[0]!);
          expect(() => say(project, ids[1]!, asked.id, now!)).not.toThrow();
          say(project, ids[1]!, asked.id, null);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("merging options", () => {
  test("rewrites every answer as one step, archives the option, and undo gives both back", async () => {
    const { project, ids, asked } = await asking({ kind: "multi" });
    const [a, b, c] = asked.options.map(({ id }) => id);
    say(project, ids[0]!, asked.id, [a!, c!]);
    say(project, ids[1]!, asked.id, [a!, b!]);
    say(project, ids[2]!, asked.id, [c!]);
    const before = project.labels.history();
    expect(project.questions.mergeOptions(asked.id, a!, b!)).toBe(2);
    const state = () => ids.slice(0, 3).map((id) => said(project, id)[0]);
    expect(state()).toEqual([[b, c], [b], [c]]);
    expect(project.questions.list()[0]!.options[0]).toMatchObject({ archived: true, mergedInto: b, key: null });
    expect(project.labels.history().undo).toBe(before.undo + 1);
    expect(project.labels.undo()).toMatchObject({ schema: true, answers: [] });
    expect(state()).toEqual([[a, c], [a, b], [c]]);
    expect(project.questions.list()[0]!.options[0]).toMatchObject({ archived: false, mergedInto: null });
    expect(project.labels.redo()).toMatchObject({ schema: true });
    expect(state()).toEqual([[b, c], [b], [c]]);
    expect(project.questions.list()[0]!.options[0]).toMatchObject({ archived: true, mergedInto: b });
    const actions = project.audit.list(0, 100).entries.map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith("schema/"))).toHaveLength(3);
    expect(project.audit.list(0, 1).intact).toBe(true);
  });

  test("an option nobody gave is merged without a step; an archived one takes nothing over", async () => {
    const { project, asked } = await asking();
    const [a, b] = asked.options.map(({ id }) => id);
    expect(project.questions.mergeOptions(asked.id, a!, b!)).toBe(0);
    expect(project.labels.history().undo).toBe(0);
    for (const [from, into] of [
      [b, a],
      [b, b],
      [b, "nothing"],
    ]) {
      expect(() => project.questions.mergeOptions(asked.id, from!, into!)).toThrow(refusal("app/not-found"));
    }
  });

  test("who answered anew since is not overruled by undo", async () => {
    const { project, ids, asked } = await asking();
    const [a, b, c] = asked.options.map(({ id }) => id);
    const blaise = await addMember(project, "Blaise");
    say(project, ids[0]!, asked.id, a!);
    say(project, ids[1]!, asked.id, a!);
    project.questions.mergeOptions(asked.id, a!, b!);
    say(blaise, ids[0]!, asked.id, c!);
    project.labels.undo();
    expect([said(project, ids[0]!), said(project, ids[1]!)]).toEqual([[c], [a]]);
  });

  test("two merges against each other, each undone and redone, never make a circle", async () => {
    const { project, ids, asked } = await asking();
    const [a, b] = asked.options.map(({ id }) => id);
    const blaise = await addMember(project, "Blaise");
    say(project, ids[0]!, asked.id, a!);
    say(project, ids[1]!, asked.id, b!);
    project.questions.mergeOptions(asked.id, a!, b!);
    project.labels.undo();
    blaise.questions.mergeOptions(asked.id, b!, a!);
    project.labels.redo();
    const offered = project.questions.list()[0]!.options.filter(({ archived }) => !archived);
    expect(offered.some(({ id }) => id === a || id === b)).toBe(true);
    expect(said(project, ids[1]!)).toEqual([a]);
  });
});

describe("answers in reads", () => {
  async function reading(more: Partial<QuestionInput> = {}, settings = {}) {
    const { project, ids, asked } = await asking(more);
    const blaise = await addMember(project, "Blaise");
    const wu = await addMember(project, "吳健雄");
    const list = project.reading.create({
      name: "Blinded",
      imageIds: [ids[0]!],
      readers: [blaise.member.id, wu.member.id],
      readsPerCase: 2,
      blinded: true,
      commitFirst: false,
      modelId: null,
      ...settings,
    });
    const readOf = (reader: Project): Read => reader.reading.mine(list.id)[0]!;
    const answer = (reader: Project, value: AnswerValue) => {
      const { id, imageId, layer } = reader.reading.open(readOf(reader).id);
      say(reader, imageId, asked.id, value, layer);
      return reader.reading.commit(id);
    };
    return { project, ids, asked, blaise, wu, list, readOf, answer };
  }

  test("lie in the layer of the read, are committed with it and do not change any more", async () => {
    const { project, ids, asked, blaise, wu, readOf, answer } = await reading();
    const [a, b] = asked.options.map(({ id }) => id);
    const { layer, state } = answer(blaise, a!);
    expect(state).toBe("done");
    expect(said(project, ids[0]!)).toEqual([]);
    expect(said(project, ids[0]!, layer)).toEqual([a]);
    expect(() => say(blaise, ids[0]!, asked.id, b!, layer)).toThrow(refusal("reading/committed"));
    expect(() => said(wu, ids[0]!, layer)).toThrow(refusal("reading/hidden"));
    expect(() => say(wu, ids[0]!, asked.id, b!, layer)).toThrow(refusal("reading/not-yours"));
    expect(() => wu.reading.commit(readOf(wu).id)).toThrow(refusal("reading/no-answer"));
  });

  test("a required question keeps a read from being committed, but not where the case has nothing to ask about", async () => {
    const { project, asked, blaise, readOf, ids } = await reading({ required: true });
    project.questions.save(question({ name: "Series", level: "series", required: true, archived: true }));
    const lesion = project.labels.saveClass({ name: "lesion" });
    const { id, layer } = readOf(blaise);
    blaise.labels.apply([{ do: "class", imageId: ids[0]!, classId: lesion.id }], layer);
    expect(() => blaise.reading.commit(id)).toThrow(refusal("reading/required-missing"));
    say(blaise, ids[0]!, asked.id, asked.options[0]!.id, layer);
    expect(blaise.reading.commit(id).state).toBe("done");
    const list = project.reading.create({
      name: "No patient",
      imageIds: [ids[3]!],
      readers: [project.member.id],
      readsPerCase: 1,
      blinded: false,
      commitFirst: false,
      modelId: null,
    });
    project.questions.save(question({ name: "Patient", level: "patient", required: true }));
    const own = project.reading.mine(list.id)[0]!;
    say(project, ids[3]!, asked.id, asked.options[0]!.id, own.layer);
    expect(project.reading.commit(own.id).state).toBe("done");
  });

  test("that differ make the case differ; a decision shares them, and taking it back restores what was shared", async () => {
    const { project, ids, asked, blaise, wu, list, answer } = await reading();
    const [a, b, c] = asked.options.map(({ id }) => id);
    say(project, ids[0]!, asked.id, c!);
    answer(blaise, a!);
    answer(wu, b!);
    const [found] = project.adjudication.cases(list.id, "all");
    expect(found).toMatchObject({ differs: true, complete: true, answers: [{ answers: [{}] }, { answers: [{}] }] });
    expect(project.reading.lists()[0]!.discrepancies).toBe(1);
    const { readId } = found!.answers.find(({ reader }) => reader === "Blaise")!;
    project.adjudication.adjudicate(list.id, 0, { readId, classId: null });
    expect(said(project, ids[0]!)).toEqual([a]);
    expect(project.reading.lists()[0]!.discrepancies).toBe(0);
    project.adjudication.takeBack(list.id, 0);
    expect(said(project, ids[0]!)).toEqual([c]);
    // After a merge both readers say the same, in words that the schema has now.
    project.questions.mergeOptions(asked.id, a!, b!);
    expect(project.adjudication.cases(list.id, "all")[0]).toMatchObject({ differs: false });
    expect(project.reading.lists()[0]!.discrepancies).toBe(0);
    project.labels.undo();
    expect(project.adjudication.cases(list.id, "all")[0]).toMatchObject({ differs: true });
  });

  test("undoing a merge leaves alone what a reader has answered since in a read of their own", async () => {
    const { project, asked, blaise, readOf, ids } = await reading();
    const [a, b, c] = asked.options.map(({ id }) => id);
    const { layer } = readOf(blaise);
    say(blaise, ids[0]!, asked.id, a!, layer);
    project.questions.mergeOptions(asked.id, a!, b!);
    expect(said(blaise, ids[0]!, layer)).toEqual([b]);
    expect(blaise.labels.history(layer)).toEqual({ undo: 0, redo: 0 });
    say(blaise, ids[0]!, asked.id, c!, layer);
    expect(project.labels.undo()).toBeNull();
    expect(said(blaise, ids[0]!, layer)).toEqual([c]);
  });

  test("whoever has yet to read blindly sees no shared answer of the case's series and patient, on other images neither", async () => {
    const { project, ids, blaise, asked } = await reading({ level: "patient" });
    const a = idOf(asked, "a");
    say(project, ids[2]!, asked.id, a);
    expect(said(project, ids[2]!)).toEqual([a]);
    expect(said(blaise, ids[2]!)).toEqual([]);
    expect(() => said(blaise, ids[0]!)).toThrow(refusal("reading/hidden"));
    expect(() => blaise.questions.previewKind(asked.id, "text")).toThrow(refusal("reading/hidden"));
    expect(() => blaise.questions.mergeOptions(asked.id, a, idOf(asked, "b"))).toThrow(refusal("reading/hidden"));
  });

  test("go over into the answer after the revelation, where a change of them is a change of mind", async () => {
    const { blaise, readOf, asked, ids } = await reading({}, { commitFirst: true });
    const [a, b] = asked.options.map(({ id }) => id);
    const { id, layer } = readOf(blaise);
    blaise.reading.suggest(id, { modelId: "m", classId: null, className: "x", probability: 0.5, rules: null });
    say(blaise, ids[0]!, asked.id, a!, layer);
    const after = blaise.reading.commit(id);
    expect(after.state).toBe("committed");
    expect(said(blaise, ids[0]!, after.layer)).toEqual([a]);
    say(blaise, ids[0]!, asked.id, b!, after.layer);
    expect(blaise.reading.commit(id).changedMind).toBe(true);
    expect(said(blaise, ids[0]!, layer)).toEqual([a]);
  });
});

describe("attributes of a class", () => {
  const attribute = (more: Partial<AttributeInput> = {}): AttributeInput => ({
    name: "Margin",
    kind: "choice",
    options: ["smooth", "spiculated"].map((name) => ({ name, archived: false })),
    min: null,
    max: null,
    unit: "",
    archived: false,
    ...more,
  });
  async function drawing(...attributes: AttributeInput[]) {
    const { project } = await newProject();
    const [image] = addImages(project, 1);
    const [lesion, other] = ["lesion", "other"].map((name) => project.labels.saveClass({ name }).id);
    const saved = project.attributes.save(lesion!, attributes).attributes;
    const draw = (value: Record<string, string | number | boolean>, id?: string) => {
      const shape = box(image!, lesion!, { attributes: value, ...(id && { id }) });
      project.labels.apply([{ do: "put", shape }]);
      return shape;
    };
    const drawn = () => project.labels.forImage(image!).shapes.map((shape) => shape.attributes);
    return { project, image: image!, lesion: lesion!, other: other!, saved, draw, drawn };
  }

  test("values fit their definition when they are said; what no definition names passes, as imports bring it", async () => {
    const { saved, draw, drawn } = await drawing(
      attribute(),
      attribute({ name: "Size", kind: "number", min: 0, max: 100, unit: "mm", options: [] }),
      attribute({ name: "Note", kind: "text", options: [] }),
      attribute({ name: "Calcified", kind: "flag", options: [] }),
    );
    const [margin, size, note, flag] = saved.map(({ id }) => id);
    const right = { [margin!]: saved[0]!.options[1]!.id, [size!]: 12.5, [note!]: "rib", [flag!]: false, iscrowd: true };
    draw(right);
    expect(drawn()).toEqual([right]);
    const wrong = [{ [margin!]: "smooth" }, { [size!]: 101 }, { [size!]: "12" }, { [note!]: " " }, { [flag!]: "true" }];
    for (const values of wrong) expect(() => draw(values)).toThrow(refusal("labels/answer-invalid"));
  });

  test("an archived choice stays on its shapes, a used one is not deleted, and a shape keeps its values through another class", async () => {
    const { project, lesion, other, saved, draw, drawn, image } = await drawing(attribute());
    const { id, options } = saved[0]!;
    const shape = draw({ [id]: options[0]!.id });
    const bare = options.map(({ mergedInto: _, ...one }) => one);
    const save = (choices: AttributeInput["options"]) =>
      project.attributes.save(lesion, [{ ...attribute(), id, options: choices }]);
    expect(() => save([bare[1]!])).toThrow(refusal("labels/schema-in-use"));
    expect(() => project.attributes.save(lesion, [])).toThrow(refusal("labels/schema-in-use"));
    save([{ ...bare[0]!, archived: true }, bare[1]!]);
    expect(() => draw({ [id]: options[0]!.id })).toThrow(refusal("labels/answer-invalid"));
    project.labels.apply([{ do: "put", shape: { ...shape, classId: other } }]);
    project.labels.apply([{ do: "put", shape }]);
    expect(drawn()).toEqual([{ [id]: options[0]!.id }]);
    project.labels.apply([{ do: "remove", imageId: image, id: shape.id }]);
    expect(project.attributes.usage(lesion)[0]).toMatchObject({ count: 0 });
    // The log still names it.
    expect(() => save([bare[1]!])).toThrow(refusal("labels/schema-in-use"));
    expect(save([bare[0]!]).attributes[0]!.options).toHaveLength(1);
  });

  test("limits are not narrowed past a value, and another kind is taken only where every value has a place in it", async () => {
    const { project, lesion, saved, draw, drawn } = await drawing(
      attribute({ name: "Size", kind: "number", min: 0, max: 100, options: [] }),
    );
    const { id } = saved[0]!;
    draw({ [id]: 12.5 });
    draw({ [id]: 40 });
    const save = (max: number) =>
      project.attributes.save(lesion, [
        { ...attribute({ name: "Size", kind: "number", min: 0, max, options: [] }), id },
      ]);
    expect(() => save(20)).toThrow(refusal("labels/schema-conflict"));
    save(40);
    expect(project.attributes.previewKind(lesion, id, "flag")).toMatchObject({ answers: 2, invalid: 2 });
    expect(() => project.attributes.changeKind(lesion, id, "flag")).toThrow(refusal("labels/schema-conflict"));
    expect(project.attributes.changeKind(lesion, id, "text").attributes[0]!.kind).toBe("text");
    expect(drawn()).toEqual([{ [id]: "12.5" }, { [id]: "40" }]);
    expect(project.labels.history()).toEqual({ undo: 0, redo: 0 });
    expect(project.attributes.changeKind(lesion, id, "number").attributes[0]!.kind).toBe("number");
    expect(drawn()).toEqual([{ [id]: 12.5 }, { [id]: 40 }]);
  });

  test("leave the project under their names and come back under their ids; what does not fit stays as it came", async () => {
    const { project, lesion, saved } = await drawing(
      attribute(),
      attribute({ name: "Size", kind: "number", min: 0, max: 100, options: [] }),
    );
    const [margin, size] = saved.map(({ id }) => id);
    const inside = { [margin!]: saved[0]!.options[1]!.id, [size!]: 12, iscrowd: true };
    const outside = { Margin: "spiculated", Size: 12, iscrowd: true };
    expect(project.attributes.words()(inside)).toEqual(outside);
    expect(project.attributes.fromWords(lesion, outside)).toEqual(inside);
    const odd = { Margin: "fuzzy", Size: 101, note: "x" };
    expect(project.attributes.fromWords(lesion, odd)).toEqual(odd);
  });

  test("merged choices rewrite the shapes as one step of undo", async () => {
    const { project, lesion, saved, draw, drawn } = await drawing(attribute());
    const { id, options } = saved[0]!;
    const [smooth, spiculated] = options.map((one) => one.id);
    draw({ [id]: smooth! });
    draw({ [id]: spiculated! });
    expect(project.attributes.mergeChoices(lesion, id, smooth!, spiculated!)).toBe(1);
    expect(drawn()).toEqual([{ [id]: spiculated }, { [id]: spiculated }]);
    expect(project.attributes.list()[0]!.attributes[0]!.options[0]).toMatchObject({ archived: true });
    expect(project.labels.undo()).toMatchObject({ schema: true });
    expect(drawn()).toEqual([{ [id]: smooth }, { [id]: spiculated }]);
    expect(project.attributes.list()[0]!.attributes[0]!.options[0]).toMatchObject({
      archived: false,
      mergedInto: null,
    });
  });
});
