// Two copies of a project that were labelled apart, and one taking in the other.

import { cpSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginPart, finishPart } from "../../main/project/part.ts";
import { openProject, openProjectWithKey, type Project } from "../../main/project/project.ts";
import type { MergeReport, QuestionInput } from "../../preload/contract/index.ts";
import { addImages, CHEAP, closing, newImage, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";
import { addMember } from "./second-member.ts";
import { box } from "./shapes.ts";

const quiet = { signal: new AbortController().signal, onProgress: () => {} };
const EVERYTHING = { layers: true, deidentification: true, audit: true, ...quiet };
const refusal = (code: string) => expect.objectContaining({ code });

const take = (ours: Project, theirs: Project, more: object = {}): Promise<MergeReport> =>
  ours.takeIn(theirs, { ...EVERYTHING, ...more });

const QUESTION: QuestionInput = {
  name: "Quality",
  level: "image",
  kind: "single",
  options: [
    { name: "good", archived: false, key: null },
    { name: "poor", archived: false, key: null },
  ],
  required: false,
  help: "",
  archived: false,
};

interface Fixture {
  ours: Project;
  theirs: Project;
  ids: string[];
  classes: string[];
  question: string;
  options: string[];
}

/** Ours, and a copy of its folder in which Ben works. */
async function copies(images = 6): Promise<Fixture> {
  const { project } = await newProject();
  const ids = addImages(project, images, (index) => ({ patient: `p${index >> 1}`, series: `s${index >> 1}` }));
  const classes = ["normal", "lesion", "other"].map((name) => project.labels.saveClass({ name }).id);
  const { id: question, options } = project.questions.save(QUESTION);
  const ben = await addMember(project, "Ben", "administrator");
  const { path } = project;
  const { key } = ben;
  const memberId = ben.member.id;
  ben.close();
  project.close();
  const copy = join(temporaryFolder(), "Chest.loupe");
  cpSync(path, copy, { recursive: true });
  const ours = closing(await openProject({ path, passphrase: PASSPHRASE }));
  const theirs = closing(openProjectWithKey({ path: copy, key, memberId }));
  return { ours, theirs, ids, classes, question, options: options.map(({ id }) => id) };
}

const give = (project: Project, imageId: string, classId: string | null) =>
  project.labels.apply([{ do: "class", imageId, classId }]);

const classOf = (project: Project, imageId: string) => project.labels.forImage(imageId).classId;

describe("what only the copy says since", () => {
  test("comes over with its reader and its time: classes, shapes, answers, new images", async () => {
    const { ours, theirs, ids, classes, question, options } = await copies();
    give(theirs, ids[0]!, classes[1]!);
    const drawn = box(ids[1]!, classes[1]!);
    theirs.labels.apply([
      { do: "put", shape: drawn },
      { do: "answer", imageId: ids[2]!, questionId: question, value: options[1]! },
    ]);
    const { id: added } = theirs.images.add(newImage(100, { name: "only theirs.png" }));
    give(theirs, added, classes[0]!);
    const report = await take(ours, theirs);
    expect(report).toMatchObject({ images: 1, changes: 4, conflicts: 0, same: 0, classes: 0, members: 0 });
    expect(ours.labels.forImage(ids[0]!)).toMatchObject({ classId: classes[1], classReader: "Ben" });
    expect(ours.labels.forImage(ids[1]!).shapes).toMatchObject([
      { id: drawn.id, geometry: drawn.geometry, reader: "Ben" },
    ]);
    expect(ours.labels.forImage(ids[2]!).answers).toMatchObject([
      { questionId: question, value: options[1], reader: "Ben" },
    ]);
    expect(ours.labels.forImage(added)).toMatchObject({ classId: classes[0], classReader: "Ben" });
    expect(ours.images.frame(added, 0).frame.bytes).toEqual(theirs.images.frame(added, 0).frame.bytes);
    expect(ours.audit.list(0, 1)).toMatchObject({ intact: true, entries: [{ action: "merge/done" }] });
    expect(ours.integrityCheck()).toBe("ok");
  });

  test("goes on from ours: where they changed what we had said, theirs holds and ours stays in the log", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    await take(theirs, ours);
    give(theirs, ids[0]!, classes[1]!);
    expect(await take(ours, theirs)).toMatchObject({ changes: 1, conflicts: 0 });
    expect(ours.labels.forImage(ids[0]!)).toMatchObject({ classId: classes[1], classReader: "Ben" });
  });

  test("is in nobody's undo, and what we said of it is in nobody's either", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    await take(theirs, ours);
    give(theirs, ids[0]!, classes[1]!);
    expect(ours.labels.history().undo).toBe(1);
    await take(ours, theirs);
    expect(ours.labels.history().undo).toBe(0);
    expect(classOf(ours, ids[0]!)).toBe(classes[1]);
  });
});

describe("what both said differently", () => {
  test("is a conflict: ours holds, theirs is kept, a person chooses and may choose anew", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    give(theirs, ids[0]!, classes[1]!);
    expect(await take(ours, theirs)).toMatchObject({ changes: 0, conflicts: 1 });
    expect(classOf(ours, ids[0]!)).toBe(classes[0]);
    const { items, open } = ours.copies.list(false, 0, 10);
    expect(open).toBe(1);
    expect(items).toMatchObject([
      {
        imageId: ids[0],
        kind: "class",
        source: "Chest",
        ours: { said: true, words: "normal", reader: "Ada" },
        theirs: { said: true, words: "lesion", reader: "Ben" },
      },
    ]);
    expect(ours.copies.choose(items[0]!.id, "theirs").state).toBe("theirs");
    expect(ours.labels.forImage(ids[0]!)).toMatchObject({ classId: classes[1], classReader: "Ben" });
    expect(ours.copies.list(false, 0, 10).items).toEqual([]);
    expect(ours.copies.choose(items[0]!.id, "ours").state).toBe("ours");
    expect(ours.labels.forImage(ids[0]!)).toMatchObject({ classId: classes[0], classReader: "Ada" });
    expect(ours.copies.list(true, 0, 10).items).toHaveLength(1);
    expect(ours.audit.list(0, 1)).toMatchObject({ intact: true, entries: [{ action: "merge/choose" }] });
  });

  test("is not chosen over what somebody said since", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    give(theirs, ids[0]!, classes[1]!);
    await take(ours, theirs);
    give(ours, ids[0]!, classes[2]!);
    const [conflict] = ours.copies.list(false, 0, 10).items;
    expect(() => ours.copies.choose(conflict!.id, "theirs")).toThrow(refusal("merge/changed-since"));
    expect(classOf(ours, ids[0]!)).toBe(classes[2]);
  });

  test("stays one conflict when the copy is taken in again, and is a new one when they went on", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    give(theirs, ids[0]!, classes[1]!);
    await take(ours, theirs);
    expect(await take(ours, theirs)).toMatchObject({ changes: 0, conflicts: 0, same: 0, auditEntries: 0 });
    give(theirs, ids[0]!, classes[2]!);
    expect(await take(ours, theirs)).toMatchObject({ changes: 0, conflicts: 1 });
    expect(ours.copies.list(false, 0, 10)).toMatchObject({ open: 1, items: [{ theirs: { words: "other" } }] });
  });

  test("follows them where theirs was chosen and they went on from it", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    give(theirs, ids[0]!, classes[1]!);
    await take(ours, theirs);
    ours.copies.choose(ours.copies.list(false, 0, 1).items[0]!.id, "theirs");
    give(theirs, ids[0]!, classes[2]!);
    expect(await take(ours, theirs)).toMatchObject({ changes: 1, conflicts: 0 });
    expect(classOf(ours, ids[0]!)).toBe(classes[2]);
  });

  test("in a shape: moved here and taken away there", async () => {
    const { ours, theirs, ids, classes } = await copies();
    const drawn = box(ids[0]!, classes[0]!);
    ours.labels.apply([{ do: "put", shape: drawn }]);
    await take(theirs, ours);
    ours.labels.apply([{ do: "put", shape: { ...drawn, geometry: { kind: "box", x: 5, y: 5, width: 2, height: 2 } } }]);
    theirs.labels.apply([{ do: "remove", imageId: ids[0]!, id: drawn.id }]);
    expect(await take(ours, theirs)).toMatchObject({ conflicts: 1 });
    const [conflict] = ours.copies.list(false, 0, 1).items;
    expect(conflict).toMatchObject({
      kind: "shape",
      ours: { geometry: "box" },
      theirs: { said: false, reader: "Ben" },
    });
    expect(ours.labels.forImage(ids[0]!).shapes).toHaveLength(1);
    ours.copies.choose(conflict!.id, "theirs");
    expect(ours.labels.forImage(ids[0]!).shapes).toEqual([]);
    ours.copies.choose(conflict!.id, "ours");
    expect(ours.labels.forImage(ids[0]!).shapes).toMatchObject([{ id: drawn.id, geometry: { x: 5 } }]);
  });

  test("of a case that somebody has yet to read blindly is not shown or counted to them", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(ours, ids[0]!, classes[0]!);
    give(theirs, ids[0]!, classes[1]!);
    await take(ours, theirs);
    const cleo = await addMember(ours, "Cleo");
    const list = { name: "Blind", imageIds: [ids[0]!], readers: [cleo.member.id], readsPerCase: 1, modelId: null };
    ours.reading.create({ ...list, blinded: true, commitFirst: false });
    expect(ours.copies.list(false, 0, 10).open).toBe(1);
    expect(cleo.copies.list(false, 0, 10)).toEqual({ total: 0, open: 0, items: [] });
  });
});

describe("words", () => {
  test("are found by id, then by name; new ones are added; a stranger of the same name stays a stranger", async () => {
    const { project: ours } = await newProject();
    const { project: theirs } = await newProject({ name: "Clinic B" });
    const [a, b] = [addImages(ours, 1)[0]!, addImages(theirs, 1)[0]!];
    const lesion = ours.labels.saveClass({ name: "Lesion" }).id;
    const named = theirs.labels.saveClass({ name: "lesion" }).id;
    const scar = theirs.labels.saveClass({ name: "scar" }).id;
    theirs.labels.apply([
      { do: "class", imageId: b, classId: named },
      { do: "put", shape: box(b, scar) },
    ]);
    expect(await take(ours, theirs)).toMatchObject({ images: 0, classes: 1, members: 1, changes: 2 });
    expect(ours.labels.forImage(a)).toMatchObject({
      classId: lesion,
      classReader: "Ada (Clinic B)",
      shapes: [{ classId: scar }],
    });
    expect(ours.labels.classes().map(({ name }) => name)).toEqual(["Lesion", "scar"]);
    // Renamed since: what was found by name is still the same.
    ours.labels.saveClass({ id: lesion, name: "Nodule" });
    expect(await take(ours, theirs)).toMatchObject({ changes: 0, conflicts: 0, classes: 0, members: 0 });
  });

  test("a class that we had deleted is offered again where the copy gave it", async () => {
    const { ours, theirs, ids, classes } = await copies();
    ours.labels.deleteClass(classes[2]!);
    expect(await take(ours, theirs)).toMatchObject({ changes: 0, classes: 0 });
    expect(ours.labels.classes()).toHaveLength(2);
    give(theirs, ids[0]!, classes[2]!);
    expect(await take(ours, theirs)).toMatchObject({ changes: 1, classes: 1 });
    expect(ours.labels.classes().map(({ name }) => name)).toContain("other");
    expect(classOf(ours, ids[0]!)).toBe(classes[2]);
  });

  test("a copy whose audit log does not hold is refused whole", async () => {
    const { ours, theirs, ids, classes } = await copies();
    give(theirs, ids[0]!, classes[0]!);
    const Database = (await import("../../main/project/database.ts")).ProjectDatabase;
    const database = new Database(join(theirs.path, "project.db"), theirs.key, { create: false });
    database.script("DROP TRIGGER audit_keeps; UPDATE audit SET member = 'Eve' WHERE sequence = 3");
    database.close();
    const before = ours.audit.list(0, 1).total;
    await expect(take(ours, theirs)).rejects.toEqual(refusal("merge/audit-broken"));
    expect(ours.audit.list(0, 1).total).toBe(before);
  });
});

describe("reads of work lists", () => {
  test("that went on in the copy are further here, with what was said in them", async () => {
    const { ours, ids, classes } = await copies();
    const cleo = await addMember(ours, "Cleo");
    const list = { name: "List", imageIds: ids, readers: [cleo.member.id], readsPerCase: 1, modelId: null };
    const { id: listId } = ours.reading.create({ ...list, blinded: false, commitFirst: false });
    const { path } = ours;
    const { key } = cleo;
    cleo.close();
    ours.close();
    const copy = join(temporaryFolder(), "Chest.loupe");
    cpSync(path, copy, { recursive: true });
    const reopened = closing(await openProject({ path, passphrase: PASSPHRASE }));
    const theirs = closing(openProjectWithKey({ path: copy, key, memberId: cleo.member.id }));
    const [read] = theirs.reading.mine(listId);
    theirs.reading.open(read!.id);
    theirs.labels.apply([{ do: "class", imageId: ids[0]!, classId: classes[1]! }], read!.id);
    theirs.reading.commit(read!.id);
    expect(await take(reopened, theirs)).toMatchObject({ reads: 1, changes: 1, conflicts: 0 });
    expect(reopened.labels.forImage(ids[0]!, read!.id)).toMatchObject({ classId: classes[1], classReader: "Cleo" });
    expect(await take(reopened, theirs)).toMatchObject({ reads: 0, changes: 0 });
  });
});

describe("a part", () => {
  test("has its images, labels and schema, its own key and recovery key, and comes back without asking twice", async () => {
    const { ours, ids, classes, question, options } = await copies();
    give(ours, ids[0]!, classes[1]!);
    give(ours, ids[5]!, classes[0]!);
    ours.labels.apply([{ do: "answer", imageId: ids[1]!, questionId: question, value: options[0]! }]);
    const folder = temporaryFolder();
    const begun = { folder, name: "For Cleo", member: "Cleo", passphrase: "cleo's own words", cost: CHEAP };
    const { part, recoveryKey } = await beginPart(begun);
    expect(recoveryKey).toMatch(/-/);
    const chosen = { images: ids.slice(0, 2), layers: false, deidentification: true, ...quiet };
    const { path, images } = await finishPart(ours, part, chosen);
    expect(images).toBe(2);
    expect(ours.audit.list(0, 1).entries[0]).toMatchObject({ action: "part/give" });
    await expect(openProject({ path, passphrase: PASSPHRASE })).rejects.toEqual(refusal("project/key-wrong"));
    const theirs = closing(await openProject({ path, passphrase: "cleo's own words" }));
    expect(theirs.member.name).toBe("Cleo");
    expect(theirs.images.names().map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(theirs.labels.forImage(ids[0]!)).toMatchObject({ classId: classes[1], classReader: "Ada" });
    expect(theirs.labels.forImage(ids[1]!).answers).toMatchObject([{ value: options[0], reader: "Ada" }]);
    expect(theirs.labels.classes()).toEqual(ours.labels.classes());
    expect(theirs.audit.list(0, 1).intact).toBe(true);
    give(theirs, ids[1]!, classes[2]!);
    const report = await take(ours, theirs);
    expect(report).toMatchObject({ images: 0, changes: 1, conflicts: 0, same: 0, members: 1 });
    expect(ours.labels.forImage(ids[1]!)).toMatchObject({ classId: classes[2], classReader: "Cleo" });
    expect(await take(ours, theirs)).toMatchObject({ changes: 0, conflicts: 0, same: 0, members: 0, auditEntries: 0 });
  });

  test("that is cancelled, or would lie over something, leaves nothing", async () => {
    const { ours, ids } = await copies();
    const folder = temporaryFolder();
    const begun = { folder, name: "For Cleo", member: "Cleo", passphrase: "cleo's own words", cost: CHEAP };
    const { part } = await beginPart(begun);
    const stop = new AbortController();
    const options = {
      images: ids,
      layers: false,
      deidentification: false,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    };
    await expect(finishPart(ours, part, options)).rejects.toEqual(refusal("app/aborted"));
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(folder)).toEqual([]);
    const again = await beginPart(begun);
    await finishPart(ours, again.part, { ...options, ...quiet });
    await expect(beginPart(begun)).rejects.toEqual(refusal("project/already-exists"));
    expect(readdirSync(folder)).toEqual(["For Cleo.loupe"]);
  });
});

// ---------------------------------------------------------------------------------------------------------------------

type Step =
  | { do: "class"; image: number; value: number }
  | { do: "draw"; image: number; value: number }
  | { do: "move"; image: number; value: number }
  | { do: "erase"; image: number }
  | { do: "answer"; image: number; value: number }
  | { do: "undo" }
  | { do: "redo" }
  | { do: "merge" }
  | { do: "import"; value: number };

const image = fc.nat({ max: 3 });
const value = fc.nat({ max: 3 });
const step: fc.Arbitrary<{ ours: boolean; step: Step }> = fc.record({
  ours: fc.boolean(),
  step: fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("class" as const), image, value }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("draw" as const), image, value }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("move" as const), image, value }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("erase" as const), image }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), image, value }) },
    { weight: 2, arbitrary: fc.constant({ do: "undo" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "redo" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "merge" as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("import" as const), value }) },
  ),
});

async function makeStep(project: Project, other: Project, fixture: Fixture, made: Step): Promise<void> {
  const { classes, question, options } = fixture;
  const imageId = "image" in made ? fixture.ids[made.image]! : "";
  switch (made.do) {
    case "class":
      give(project, imageId, classes[made.value] ?? null);
      return;
    case "draw":
      project.labels.apply([{ do: "put", shape: box(imageId, classes[made.value % 3]!, { x: made.value }) }]);
      return;
    case "move": {
      const found = project.labels.forImage(imageId).shapes.at(-1);
      if (!found) return;
      const { reader: _, ...shape } = found;
      project.labels.apply([
        { do: "put", shape: { ...shape, geometry: { kind: "box", x: 2 + made.value, y: 1, width: 2, height: 3 } } },
      ]);
      return;
    }
    case "erase": {
      const found = project.labels.forImage(imageId).shapes.at(0);
      if (found) project.labels.apply([{ do: "remove", imageId, id: found.id }]);
      return;
    }
    case "answer":
      project.labels.apply([{ do: "answer", imageId, questionId: question, value: options[made.value] ?? null }]);
      return;
    case "undo":
      project.labels.undo();
      return;
    case "redo":
      project.labels.redo();
      return;
    case "merge":
      await take(project, other);
      return;
    case "import": {
      const { id } = project.images.add(newImage(50 + made.value));
      give(project, id, classes[made.value % 3]!);
      return;
    }
  }
}

interface Entry {
  at: string;
  reader: string;
  kind: string;
  image: string;
  after: string;
}

/** Everything that was ever said in a project, also what conflicts keep, without numbers that mean something only there. */
async function everythingSaid(project: Project): Promise<Set<string>> {
  const { ProjectDatabase } = await import("../../main/project/database.ts");
  const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
  const bare = (after: unknown) => {
    if (after === null) return "null";
    // Images that both imported have an id in each.
    const { drawn: _, subject: __, ...rest } = after as Record<string, unknown>;
    return JSON.stringify(Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))));
  };
  try {
    const words = (entry: Entry) => JSON.stringify([entry.at, entry.reader, entry.kind, entry.image, entry.after]);
    const log = database
      .all<Entry & { after: string | null }>(
        "SELECT at, reader, kind, images.identity AS image, after FROM label_changes JOIN images ON images.number = image",
      )
      .map((row) => words({ ...row, after: bare(row.after === null ? null : JSON.parse(row.after)) }));
    const kept = database
      .all<{ kind: string; image: string; said: string }>(
        "SELECT kind, images.identity AS image, said FROM merge_differences JOIN images ON images.number = image",
      )
      .flatMap(({ kind, image: identity, said }) =>
        (JSON.parse(said) as { at: string; reader: string; after: unknown }[]).map(({ at, reader, after }) =>
          words({ at, reader, kind, image: identity, after: bare(after) }),
        ),
      );
    return new Set([...log, ...kept]);
  } finally {
    database.close();
  }
}

const labelsOf = (project: Project) =>
  project.images.names().map(({ id }) => {
    const { classId, classReader, shapes, answers } = project.labels.forImage(id);
    return { id, classId, classReader, shapes, answers };
  });

test("a merge keeps every label of both, whatever was edited, undone and merged before; a second one changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 24 }), async (steps) => {
      const fixture = await copies(4);
      const { ours, theirs } = fixture;
      try {
        for (const { ours: here, step: made } of steps) {
          await makeStep(here ? ours : theirs, here ? theirs : ours, fixture, made);
        }
        const before = [await everythingSaid(ours), await everythingSaid(theirs)];
        await take(ours, theirs);
        const after = await everythingSaid(ours);
        for (const said of [...before[0]!, ...before[1]!]) expect(after).toContain(said);
        expect(ours.audit.list(0, 1).intact).toBe(true);
        const settled = labelsOf(ours);
        const entries = ours.audit.list(0, 1).total;
        expect(await take(ours, theirs)).toMatchObject({
          images: 0,
          changes: 0,
          conflicts: 0,
          same: 0,
          auditEntries: 0,
        });
        expect(labelsOf(ours)).toEqual(settled);
        expect(await everythingSaid(ours)).toEqual(after);
        expect(ours.audit.list(0, 1).total).toBe(entries + 1);
      } finally {
        ours.close();
        theirs.close();
      }
    }),
    { numRuns: 25 },
  );
});
