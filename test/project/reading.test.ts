import { describe, expect, test } from "vitest";
import { agreementOf } from "../../main/labels/reading-agreement.ts";
import type { Project } from "../../main/project/project.ts";
import type { LabelEdit, Read } from "../../preload/contract/index.ts";
import { addImages, newProject } from "./builder.ts";
import { addMember } from "./second-member.ts";
import { box, shape } from "./shapes.ts";

const refusal = (code: string) => expect.objectContaining({ code });

/** Ada administers and adjudicates; Blaise and Chien-Shiung read. */
async function readingRoom(settings: Partial<Parameters<Project["reading"]["create"]>[0]> = {}, cases = 4) {
  const { project } = await newProject();
  const ids = addImages(project, cases, (index) => ({ series: "", modality: "CR", patient: `p${index}` }));
  const [normal, lesion] = ["normal", "lesion"].map((name) => project.labels.saveClass({ name }).id);
  const blaise = await addMember(project, "Blaise");
  const wu = await addMember(project, "吳健雄");
  const list = project.reading.create({
    name: "Double reading",
    imageIds: ids,
    readers: [blaise.member.id, wu.member.id],
    readsPerCase: 2,
    blinded: true,
    commitFirst: false,
    modelId: null,
    ...settings,
  });
  return { project, ids, normal: normal!, lesion: lesion!, blaise, wu, list };
}

const give = (reader: Project, { id, imageId, layer }: Read, classId: string | null, more: LabelEdit[] = []) => {
  reader.reading.open(id);
  reader.labels.apply([{ do: "class", imageId, classId }, ...more], layer);
};
const answer = (reader: Project, read: Read, classId: string) => {
  give(reader, read, classId);
  return reader.reading.commit(read.id);
};

describe("assignment", () => {
  test("every case gets as many different readers as said, everybody as much as others", async () => {
    const { project, blaise, wu, ids } = await readingRoom();
    const ada = project.member.id;
    const people = [ada, blaise.member.id, wu.member.id];
    const list = project.reading.create({
      name: "Three readers, two reads",
      imageIds: [...ids, ids[0]!],
      readers: people,
      readsPerCase: 2,
      blinded: false,
      commitFirst: false,
      modelId: null,
    });
    expect(list.cases).toBe(4);
    const assigned = list.readers.map((reader) => reader.assigned);
    expect(assigned.reduce((sum, count) => sum + count, 0)).toBe(8);
    expect(Math.max(...assigned) - Math.min(...assigned)).toBeLessThanOrEqual(1);
    const pairs = new Set<string>();
    for (let position = 0; position < 4; position++) {
      const who = [project, blaise, wu].filter((reader) =>
        reader.reading.mine(list.id).some((read) => read.position === position),
      );
      expect(who).toHaveLength(2);
      pairs.add(who.map(({ member }) => member.name).join("+"));
    }
    expect(pairs.size).toBeGreaterThan(1);
  });

  test("slices of a CT series are one case; fewer readers than reads are refused, and so is who is not in the project", async () => {
    const { project, blaise } = await readingRoom();
    const ct = addImages(project, 3, (index) => ({ identity: `ct ${index}`, series: "1.2.3", modality: "CT" }));
    const input = { name: "CT", imageIds: ct, readers: [blaise.member.id], readsPerCase: 1, blinded: true };
    const rest = { commitFirst: false, modelId: null };
    expect(project.reading.create({ ...input, ...rest }).cases).toBe(1);
    expect(() => project.reading.create({ ...input, ...rest, readsPerCase: 2 })).toThrow(
      refusal("reading/readers-missing"),
    );
    expect(() => project.reading.create({ ...input, ...rest, readers: ["nobody"] })).toThrow(refusal("app/not-found"));
    expect(() => project.reading.create({ ...input, ...rest, imageIds: ["nothing"] })).toThrow(
      refusal("app/not-found"),
    );
  });
});

describe("blinded reads", () => {
  test("each reader writes in a layer of their own, which nobody else writes or sees before it is committed", async () => {
    const { project, blaise, wu, list, normal, lesion, ids } = await readingRoom();
    const [his] = blaise.reading.mine(list.id);
    const [hers] = wu.reading.mine(list.id);
    give(blaise, his!, normal);
    expect(blaise.labels.forImage(ids[0]!, his!.layer).classId).toBe(normal);
    expect(() => wu.labels.forImage(ids[0]!, his!.layer)).toThrow(refusal("reading/hidden"));
    expect(() => project.labels.forImage(ids[0]!, his!.layer)).toThrow(refusal("reading/hidden"));
    const edit = [{ do: "class", imageId: ids[0]!, classId: lesion } as const];
    expect(() => wu.labels.apply(edit, his!.layer)).toThrow(refusal("reading/not-yours"));
    expect(() => wu.reading.open(his!.id)).toThrow(refusal("reading/not-yours"));
    blaise.reading.commit(his!.id);
    expect(() => wu.labels.forImage(ids[0]!, his!.layer)).toThrow(refusal("reading/hidden"));
    expect(project.labels.forImage(ids[0]!, his!.layer).classId).toBe(normal);
    give(wu, hers!, lesion);
    expect(wu.labels.forImage(ids[0]!, hers!.layer).classId).toBe(lesion);
    expect(() => blaise.adjudication.cases(list.id, "all")).toThrow(refusal("reading/hidden"));
    expect(() => wu.labels.apply(edit, "no such layer")).toThrow(refusal("app/not-found"));
  });

  test("shared labels of a case are hidden from whoever has yet to read it, also in the library", async () => {
    const { project, blaise, list, lesion, ids } = await readingRoom();
    project.labels.apply([
      { do: "class", imageId: ids[0]!, classId: lesion },
      { do: "put", shape: box(ids[0]!, lesion) },
    ]);
    expect(() => blaise.labels.forImage(ids[0]!)).toThrow(refusal("reading/hidden"));
    expect(blaise.images.list({}, "imported", 0, 9).items[0]).toMatchObject({ classId: null, shapes: 0 });
    expect(blaise.images.get(ids[0]!)).toMatchObject({ classId: null, shapes: 0 });
    expect(blaise.images.list({ classId: lesion }, "imported", 0, 9).total).toBe(0);
    expect(project.images.list({ classId: lesion }, "imported", 0, 9).total).toBe(1);
    answer(blaise, blaise.reading.mine(list.id)[0]!, lesion);
    expect(blaise.labels.forImage(ids[0]!).classId).toBe(lesion);
    expect(blaise.images.list({}, "imported", 0, 9).items[0]).toMatchObject({ classId: lesion, shapes: 1 });
  });

  test("a committed answer does not change any more, by edit, undo or redo; nothing is no answer", async () => {
    const { blaise, list, normal, lesion, ids } = await readingRoom();
    const [read, next] = blaise.reading.mine(list.id);
    expect(() => blaise.reading.commit(read!.id)).toThrow(refusal("reading/no-answer"));
    expect(answer(blaise, read!, normal)).toMatchObject({ state: "done", layer: read!.id, changedMind: null });
    expect(blaise.reading.mine(list.id)[0]!.seconds).toBeGreaterThanOrEqual(0);
    expect(() => blaise.labels.undo(read!.layer)).toThrow(refusal("reading/committed"));
    const edit = [{ do: "class", imageId: ids[0]!, classId: lesion } as const];
    expect(() => blaise.labels.apply(edit, read!.layer)).toThrow(refusal("reading/committed"));
    expect(() => blaise.reading.commit(read!.id)).toThrow(refusal("reading/committed"));
    give(blaise, next!, null, [{ do: "put", shape: box(next!.imageId, lesion) }]);
    expect(blaise.reading.commit(next!.id).state).toBe("done");
  });
});

describe("commit first, reveal after", () => {
  const suggestion = { modelId: "m", classId: null, className: "lesion", probability: 0.8, rules: null };

  test("the suggestion is hidden until the first answer; both answers, times and the change of mind are kept", async () => {
    const { project, blaise, list, normal, lesion, ids } = await readingRoom({ commitFirst: true });
    const [first, second] = blaise.reading.mine(list.id);
    for (const read of [first!, second!]) blaise.reading.suggest(read.id, suggestion);
    expect(blaise.reading.open(first!.id).suggestion).toBeNull();
    const drawn = box(ids[0]!, normal);
    give(blaise, first!, normal, [{ do: "put", shape: drawn }]);
    const revealed = blaise.reading.commit(first!.id);
    expect(revealed).toMatchObject({ state: "committed", suggestion, layer: `${first!.id}/after`, changedMind: null });
    const copied = blaise.labels.forImage(ids[0]!, revealed.layer);
    expect(copied).toMatchObject({ classId: normal, shapes: [{ geometry: drawn.geometry }] });
    expect(blaise.labels.history(revealed.layer)).toEqual({ undo: 0, redo: 0 });
    expect(() => blaise.labels.apply([{ do: "class", imageId: ids[0]!, classId: lesion }], first!.id)).toThrow(
      refusal("reading/committed"),
    );
    give(blaise, revealed, lesion);
    expect(blaise.reading.commit(first!.id)).toMatchObject({ state: "done", changedMind: true });
    expect(project.adjudication.cases(list.id, "all")[0]!.answers).toMatchObject([
      { reader: "Blaise", firstClassId: normal, classId: lesion, shapes: 1 },
    ]);
    // Who stays with the first answer has not changed their mind.
    answer(blaise, second!, normal);
    expect(blaise.reading.commit(second!.id)).toMatchObject({ state: "done", changedMind: false });
    expect(blaise.reading.mine(list.id)[1]!.secondsAfter).toBeGreaterThanOrEqual(0);
  });

  test("without a suggestion the first answer is the last", async () => {
    const { blaise, list, normal } = await readingRoom({ commitFirst: true });
    expect(answer(blaise, blaise.reading.mine(list.id)[0]!, normal)).toMatchObject({ state: "done", suggestion: null });
  });

  test("where it is not commit first, the suggestion is there from the beginning", async () => {
    const { blaise, list } = await readingRoom();
    const [read] = blaise.reading.mine(list.id);
    blaise.reading.suggest(read!.id, suggestion);
    blaise.reading.suggest(read!.id, { ...suggestion, probability: 0.1 });
    expect(blaise.reading.open(read!.id).suggestion).toEqual(suggestion);
  });
});

describe("adjudication", () => {
  async function read() {
    const room = await readingRoom();
    const { blaise, wu, list, normal, lesion } = room;
    const [his, hers] = [blaise.reading.mine(list.id), wu.reading.mine(list.id)];
    give(blaise, his[0]!, lesion, [{ do: "put", shape: box(his[0]!.imageId, lesion) }]);
    blaise.reading.commit(his[0]!.id);
    answer(wu, hers[0]!, normal);
    answer(blaise, his[1]!, normal);
    answer(wu, hers[1]!, normal);
    answer(blaise, his[2]!, normal);
    return { ...room, his, hers };
  }

  test("cases that differ are listed; a decision makes one read shared and can be taken back", async () => {
    const { project, list, his, lesion, normal, ids } = await read();
    expect(project.reading.lists()[0]).toMatchObject({ discrepancies: 1, adjudicated: 0 });
    expect(project.adjudication.cases(list.id, "differing").map(({ position }) => position)).toEqual([0]);
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: normal }]);
    const decided = project.adjudication.adjudicate(list.id, 0, { readId: his[0]!.id, classId: null });
    expect(decided.case.decision).toMatchObject({ readId: his[0]!.id, classId: lesion, by: "Ada" });
    expect(project.labels.forImage(ids[0]!)).toMatchObject({ classId: lesion, shapes: [{ classId: lesion }] });
    expect(project.reading.lists()[0]).toMatchObject({ discrepancies: 0, adjudicated: 1 });
    // Another decision takes the place of the first.
    project.adjudication.adjudicate(list.id, 0, { readId: null, classId: normal });
    expect(project.labels.forImage(ids[0]!)).toMatchObject({ classId: normal, shapes: [] });
    project.adjudication.adjudicate(list.id, 0, { readId: his[0]!.id, classId: null });
    const back = project.adjudication.takeBack(list.id, 0);
    expect(back.case.decision).toBeNull();
    expect(project.labels.forImage(ids[0]!)).toMatchObject({ classId: normal, shapes: [] });
    expect(() => project.adjudication.takeBack(list.id, 0)).toThrow(refusal("app/not-found"));
    expect(project.audit.list(0, 1).intact).toBe(true);
  });

  test("not before all have committed, not by a reader, not with another case's read", async () => {
    const { project, blaise, list, his, hers } = await read();
    const decide = (who: Project, position: number, readId: string | null) =>
      who.adjudication.adjudicate(list.id, position, { readId, classId: null });
    expect(() => decide(project, 2, null)).toThrow(refusal("reading/not-complete"));
    expect(() => decide(blaise, 0, his[0]!.id)).toThrow(refusal("reading/hidden"));
    expect(() => decide(project, 0, hers[1]!.id)).toThrow(refusal("app/not-found"));
    expect(() => decide(project, 9, null)).toThrow(refusal("app/not-found"));
    expect(project.adjudication.cases(list.id, "undecided").map(({ position }) => position)).toEqual([0, 1]);
    project.reading.remove(list.id);
    expect(() => project.adjudication.cases(list.id, "all")).toThrow(refusal("app/not-found"));
    expect(project.reading.lists()).toEqual([]);
  });

  test("agreement is over committed reads: percent and kappa by pair, alpha over all", async () => {
    const { project, list } = await read();
    const report = agreementOf(project.adjudication.answers(list.id));
    expect(report).toMatchObject({ cases: 2, reason: null });
    expect(report.pairs).toMatchObject([
      { readers: ["Blaise", "吳健雄"], cases: 2, percent: { value: 0.5 }, kappa: { value: 0 } },
    ]);
    expect(report.fleissKappa.value).toBeCloseTo(-1 / 3, 12);
    expect(report.alpha.value).toBeCloseTo(0, 12);
  });
});

test("masks that a pair drew are compared over all slices; a mask that only one drew counts 0", () => {
  const mask = (imageId: string, runs: number[]) => ({
    ...shape(imageId, "c", { kind: "mask", rows: 2, columns: 4, runs }),
    reader: "",
  });
  const common = { patient: "", classId: null };
  const report = agreementOf([
    { ...common, position: 0, reader: "a", shapes: [mask("i", [0, 4, 4]), mask("j", [0, 2, 6])] },
    { ...common, position: 0, reader: "b", shapes: [mask("i", [2, 4, 2])] },
    { ...common, position: 1, reader: "a", shapes: [mask("k", [0, 8])] },
    { ...common, position: 1, reader: "b", shapes: [] },
  ]);
  // Case 0: 2 · 2 / (6 + 4); case 1: 0.
  expect(report.pairs[0]!.dice.value).toBeCloseTo((0.4 + 0) / 2, 12);
  expect(report.reason).toBe("one-class");
});
