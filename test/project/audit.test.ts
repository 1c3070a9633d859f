import { createHash } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashOf, NOTHING_VERIFIED, walk } from "../../main/project/audit-chain.ts";
import { readHead, writeHead } from "../../main/project/audit-head.ts";
import { canonicalJson } from "../../main/project/canonical-json.ts";
import { ProjectDatabase } from "../../main/project/database.ts";
import { openProjectWithKey, type Project } from "../../main/project/project.ts";
import type { AuditBreak, AuditEntry } from "../../preload/contract/index.ts";
import { addImages, closing, newProject } from "./builder.ts";

const UNGUARDED = `DROP TRIGGER IF EXISTS audit_keeps; DROP TRIGGER IF EXISTS audit_stays;
  DROP TRIGGER IF EXISTS label_changes_keep; DROP TRIGGER IF EXISTS label_changes_stay;`;

function withConnection<T>(project: Project, work: (database: ProjectDatabase) => T): T {
  const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Does something to the database over another connection, with the triggers that protect the logs taken away. */
function tamper(project: Project, ...statements: string[]): void {
  withConnection(project, (database) => {
    for (const statement of [UNGUARDED, ...statements]) database.script(statement);
  });
}

class Undone extends Error {}

/** What a walk over the whole log says while `change` is done, and nothing of it stays. */
function judged(database: ProjectDatabase, change: () => void): AuditBreak | null {
  let broken: AuditBreak | null = null;
  try {
    database.transaction(() => {
      change();
      const steps = walk(database, NOTHING_VERIFIED);
      let step = steps.next();
      while (!step.done) step = steps.next();
      broken = step.value.broken;
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return broken;
}

const entriesOf = (database: ProjectDatabase) =>
  database.all<AuditEntry>("SELECT sequence, at, member, action, subject, detail, hash FROM audit ORDER BY sequence");

function swap(database: ProjectDatabase, one: number, other: number): void {
  database.run("UPDATE audit SET sequence = -1 WHERE sequence = ?", one);
  database.run("UPDATE audit SET sequence = ? WHERE sequence = ?", one, other);
  database.run("UPDATE audit SET sequence = ? WHERE sequence = -1", other);
}

/** A project whose log has entries of several kinds, with labels among them. */
async function eventful(classes = 4) {
  const { project } = await newProject();
  const images = addImages(project, 3);
  for (let index = 0; index < classes; index++) {
    const { id: classId } = project.labels.saveClass({ name: `class ${index}` });
    project.labels.apply([{ do: "class", imageId: images[index % 3]!, classId }]);
  }
  project.labels.undo();
  return { project, images };
}

test("every change has an entry, newest first, with who, when, what, before and after", async () => {
  const { project } = await newProject();
  const [image] = addImages(project, 1);
  const lesion = project.labels.saveClass({ name: "lesion" });
  project.labels.apply([{ do: "class", imageId: image!, classId: lesion.id }]);
  project.labels.undo();
  project.labels.saveClass({ ...lesion, name: "nodule" });
  const { total, intact, entries } = project.audit.list(0, 10);
  expect([total, intact]).toEqual([6, true]);
  expect(entries.map(({ action, subject }) => [action, subject])).toEqual([
    ["class/save", lesion.id],
    ["label/undo", image],
    ["label/edit", image],
    ["class/save", lesion.id],
    ["image/import", image],
    ["project/create", project.id],
  ]);
  expect(entries[2]).toMatchObject({ sequence: 4, member: "Ada" });
  expect(JSON.parse(entries[0]!.detail)).toEqual({ before: lesion, after: { ...lesion, name: "nodule" } });
  expect(project.audit.list(1, 2).entries).toEqual(entries.slice(1, 3));
});

test("an entry covers the lines of the label log that came since the one before, and shows what was said", async () => {
  const { project } = await newProject();
  const [image, other] = addImages(project, 2);
  const { id: classId } = project.labels.saveClass({ name: "lesion" });
  const edits = [image!, other!].map((imageId) => ({ do: "class", imageId, classId }) as const);
  project.labels.apply(edits);
  const [entry] = project.audit.list(0, 1).entries;
  const lines = withConnection(project, (database) =>
    database.all<{ sequence: number }>(
      `SELECT sequence, at, reader, image, layer, kind, target, before, after, cause FROM label_changes ORDER BY sequence`,
    ),
  );
  const digest = createHash("sha256")
    .update(lines.map((line) => `${canonicalJson({ ...line })}\n`).join(""))
    .digest("hex");
  expect(JSON.parse(entry!.detail)).toEqual({
    ...{ classes: 2, shapes: 0, answers: 0, images: 2 },
    log: { first: 1, last: 2, digest },
  });
  const said = project.audit.labels(entry!.sequence);
  expect(said.total).toBe(2);
  expect(said.lines).toMatchObject([
    { sequence: 1, imageId: image, kind: "class", before: null },
    { sequence: 2, imageId: other, kind: "class", before: null },
  ]);
  expect(JSON.parse(said.lines[0]!.after!)).toMatchObject({ classId });
  expect(project.audit.labels(1)).toEqual({ total: 0, lines: [] });
});

test("a change that fails leaves no entry", async () => {
  const { project } = await newProject();
  const before = project.audit.list(0, 1).total;
  expect(() =>
    project.transaction(() => {
      project.labels.saveClass({ name: "lesion" });
      throw new Error("stop");
    }),
  ).toThrow("stop");
  expect(project.audit.list(0, 10)).toMatchObject({ total: before, intact: true });
  expect(project.labels.classes()).toEqual([]);
});

test("entries of two processes make one chain", async () => {
  const { project } = await newProject();
  const other = closing(openProjectWithKey({ path: project.path, key: project.key, memberId: project.member.id }));
  for (let index = 0; index < 10; index++) {
    (index % 2 ? project : other).labels.saveClass({ name: `class ${index}` });
    expect((index % 3 ? project : other).audit.list(0, 1)).toMatchObject({ total: index + 2, intact: true });
  }
});

test.each([
  ["changed detail", "UPDATE audit SET detail = '{}' WHERE sequence = 3"],
  ["changed member", "UPDATE audit SET member = 'Eve' WHERE sequence = 1"],
  ["removed from the middle", "DELETE FROM audit WHERE sequence = 2"],
  ["cut off the end", "DELETE FROM audit WHERE sequence >= 3"],
  ["all removed", "DELETE FROM audit"],
])("an entry that was %s is noticed, also by a process that had verified the chain before", async (_, statement) => {
  const { project } = await newProject();
  for (const name of ["a", "b", "c"]) project.labels.saveClass({ name });
  expect(project.audit.list(0, 1).intact).toBe(true);
  tamper(project, statement);
  expect(project.audit.list(0, 1).intact).toBe(false);
  project.labels.saveClass({ name: "d" });
  expect(project.audit.list(0, 1).intact).toBe(false);
});

test("every edit of every column of every entry is found, at that entry", async () => {
  const { project } = await eventful();
  withConnection(project, (database) => {
    database.script(UNGUARDED);
    const entries = entriesOf(database);
    expect(judged(database, () => {})).toBeNull();
    for (const entry of entries) {
      for (const column of ["at", "member", "action", "subject", "detail", "hash"] as const) {
        const text = entry[column];
        const half = text.length >> 1;
        const other = text[half] === "a" ? "b" : "a";
        const edits = new Set([
          `${text} `,
          `x${text}`,
          text.slice(0, -1),
          text.slice(0, half) + other + text.slice(half + 1),
        ]);
        edits.add("").add(`${text}\0`).delete(text);
        for (const edit of edits) {
          const broken = judged(database, () =>
            database.run(`UPDATE audit SET ${column} = ? WHERE sequence = ?`, edit, entry.sequence),
          );
          expect(broken, `${column} of ${entry.sequence}`).toEqual({ sequence: entry.sequence, reason: "changed" });
        }
      }
      for (const sequence of [0, -entry.sequence, entries.length + 1, entries.length + 50]) {
        const broken = judged(database, () =>
          database.run("UPDATE audit SET sequence = ? WHERE sequence = ?", sequence, entry.sequence),
        );
        expect(broken?.sequence, `number of ${entry.sequence}`).toBe(sequence < 1 ? sequence : entry.sequence);
      }
    }
  });
});

test("every deletion is found, also where the numbers behind it close up, and every swap of two entries", async () => {
  const { project } = await eventful();
  withConnection(project, (database) => {
    database.script(UNGUARDED);
    const count = entriesOf(database).length;
    for (let one = 1; one <= count; one++) {
      const remove = () => database.run("DELETE FROM audit WHERE sequence = ?", one);
      const reason = one === count ? "cut" : "missing";
      expect(judged(database, remove)).toEqual({ sequence: one, reason });
      const closeUp = () => {
        remove();
        for (let next = one + 1; next <= count; next++) {
          database.run("UPDATE audit SET sequence = ? WHERE sequence = ?", next - 1, next);
        }
      };
      expect(judged(database, closeUp)?.sequence).toBe(one);
      for (let other = one + 1; other <= count; other++) {
        expect(
          judged(database, () => swap(database, one, other)),
          `${one} and ${other}`,
        ).toEqual({
          sequence: one,
          reason: "changed",
        });
      }
    }
  });
});

test("every truncation is found; with the head's row put right, a head that was printed later finds it", async () => {
  const { project } = await eventful();
  const printed = await project.audit.printHead();
  const { text } = printed;
  expect(await project.audit.checkHead(text)).toMatchObject({ answer: "contained", sequence: printed.sequence });
  withConnection(project, (database) => {
    database.script(UNGUARDED);
    const entries = entriesOf(database);
    /** As somebody would who knows this program: what the log and the label log say afterwards fits together. */
    const cutWell = ({ sequence, hash }: Pick<AuditEntry, "sequence" | "hash">) => {
      database.run("DELETE FROM audit WHERE sequence > ?", sequence);
      const covered = entries
        .slice(0, sequence)
        .reduce((last, { detail }) => (JSON.parse(detail) as { log?: { last: number } }).log?.last ?? last, 0);
      database.script("DELETE FROM undo_entries");
      database.run("DELETE FROM label_changes WHERE sequence > ?", covered);
      database.run("UPDATE audit_head SET sequence = ?, hash = ?, labels = ?", sequence, hash, covered);
    };
    for (const end of [{ sequence: 0, hash: "" }, ...entries.slice(0, -1)]) {
      const cut = judged(database, () => database.run("DELETE FROM audit WHERE sequence > ?", end.sequence));
      expect(cut).toEqual({ sequence: end.sequence + 1, reason: "cut" });
      // The chain alone cannot tell this one.
      expect(judged(database, () => cutWell(end))).toBeNull();
    }
    cutWell(entries[printed.sequence - 2]!);
  });
  expect(project.audit.verify()).toBeNull();
  expect(await project.audit.checkHead(text)).toMatchObject({ answer: "shorter" });
});

test("a whole chain that somebody with the key wrote anew holds together, and only a printed head tells", async () => {
  const { project } = await eventful();
  const before = await project.audit.printHead();
  const first = project.audit.list(project.audit.list(0, 1).total - 1, 1).entries[0]!;
  const early = writeHead(first);
  withConnection(project, (database) => {
    database.script(UNGUARDED);
    let previous = "";
    for (const entry of entriesOf(database)) {
      const forged = { ...entry, member: entry.sequence === 3 ? "Eve" : entry.member };
      const hash = hashOf(forged, previous);
      database.run("UPDATE audit SET member = ?, hash = ? WHERE sequence = ?", forged.member, hash, forged.sequence);
      previous = hash;
    }
    database.run("UPDATE audit_head SET hash = ?", previous);
  });
  expect(project.audit.verify()).toBeNull();
  expect(await project.audit.checkHead(before.text)).toMatchObject({ answer: "differs", sequence: before.sequence });
  // A head from before the first forged entry is still contained: print heads often.
  expect(await project.audit.checkHead(early)).toMatchObject({ answer: "contained", sequence: 1 });
});

test("any mixture of edits, deletions and swaps in a long log is found at the first place that was touched", async () => {
  const { project } = await eventful(120);
  withConnection(project, (database) => {
    database.script(UNGUARDED);
    const entries = entriesOf(database);
    const place = fc.integer({ min: 1, max: entries.length });
    const change = fc.oneof(
      fc.record({
        do: fc.constant("edit" as const),
        at: place,
        column: fc.constantFrom("at", "member", "action", "subject", "detail", "hash"),
        text: fc.string({ unit: "grapheme" }),
      }),
      fc.record({ do: fc.constant("delete" as const), at: place }),
      fc.record({ do: fc.constant("swap" as const), at: place, other: place }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let now: AuditEntry[] = [];
        const broken = judged(database, () => {
          for (const one of changes) {
            if (one.do === "edit") {
              database.run(`UPDATE audit SET ${one.column} = ? WHERE sequence = ?`, one.text, one.at);
            } else if (one.do === "delete") database.run("DELETE FROM audit WHERE sequence = ?", one.at);
            else if (one.at !== one.other) swap(database, one.at, one.other);
          }
          now = entriesOf(database);
        });
        const at = new Map(now.map((entry) => [entry.sequence, JSON.stringify(entry)]));
        const first = entries.find((entry) => at.get(entry.sequence) !== JSON.stringify(entry));
        expect(broken?.sequence ?? null).toBe(first?.sequence ?? null);
      }),
      { numRuns: 150 },
    );
  });
}, 120_000);

test("an edited, deleted or added line of the label log is found at the entry that covers it", async () => {
  const { project } = await eventful();
  withConnection(project, (database) => {
    database.script(`${UNGUARDED} DELETE FROM undo_entries;`);
    const covering = new Map(
      entriesOf(database).flatMap(({ sequence, detail }) => {
        const { log } = JSON.parse(detail) as { log?: { first: number; last: number } };
        return log ? [[log.first, sequence] as const] : [];
      }),
    );
    expect(covering.size).toBe(5);
    for (const [line, sequence] of covering) {
      for (const column of ["at", "after", "before", "layer", "target"]) {
        const broken = judged(database, () =>
          database.run(`UPDATE label_changes SET ${column} = 'other' WHERE sequence = ?`, line),
        );
        expect(broken, `${column} of line ${line}`).toEqual({ sequence, reason: "labels" });
      }
      const removed = judged(database, () => database.run("DELETE FROM label_changes WHERE sequence = ?", line));
      expect(removed).toEqual({ sequence, reason: "labels" });
    }
    const added = judged(database, () =>
      database.run(
        `INSERT INTO label_changes (at, reader, image, layer, kind, target, cause)
        SELECT at, reader, image, layer, kind, target, cause FROM label_changes LIMIT 1`,
      ),
    );
    expect(added?.reason).toBe("labels-unrecorded");
  });
});

test("what was put right beside the head is found: the head's row without its entry, and entries without a head", async () => {
  const { project } = await eventful();
  withConnection(project, (database) => {
    database.script(UNGUARDED);
    const { length } = entriesOf(database);
    expect(judged(database, () => database.script("UPDATE audit_head SET hash = 'x'"))?.reason).toBe("head");
    expect(judged(database, () => database.script("UPDATE audit_head SET labels = labels - 1"))?.reason).toBe("head");
    expect(judged(database, () => database.script("UPDATE audit_head SET sequence = sequence + 1"))).toEqual({
      sequence: length + 1,
      reason: "cut",
    });
    expect(judged(database, () => database.script("UPDATE audit_head SET sequence = sequence - 1"))).toEqual({
      sequence: length,
      reason: "extra",
    });
    expect(judged(database, () => database.script("DELETE FROM audit_head"))).toEqual({ sequence: 1, reason: "extra" });
  });
});

test("the state names the first entry that does not hold, and no head of a broken log is printed", async () => {
  const { project } = await eventful();
  const printed = await project.audit.printHead();
  expect(await project.audit.state()).toMatchObject({
    intact: true,
    broken: null,
    head: { sequence: printed.sequence + 1 },
    printed: { sequence: printed.sequence + 1 },
  });
  tamper(project, "UPDATE audit SET member = 'Eve' WHERE sequence = 3");
  expect(await project.audit.state()).toMatchObject({ intact: false, broken: { sequence: 3, reason: "changed" } });
  await expect(project.audit.printHead()).rejects.toMatchObject({ code: "audit/broken" });
  expect(await project.audit.checkHead(printed.text)).toMatchObject({ answer: "broken" });
});

test("a printed head is read with letters that look like digits, from a longer text, and a slip of typing is told", () => {
  const head = { sequence: 1234, hash: createHash("sha256").update("x").digest("hex") };
  const text = writeHead(head);
  expect(readHead(text)).toEqual({ ...head, slip: false });
  expect(readHead(text.replaceAll("0", "O").replaceAll("1", "l").replace(/^l/, "1").toUpperCase())).toEqual({
    ...head,
    slip: false,
  });
  expect(
    readHead(`Audit log of Chest\n2026-11-28T01:22:02.000Z\nHead: ${text.replaceAll("  ", "\n")}\nKeep it.`),
  ).toEqual({
    ...head,
    slip: false,
  });
  const at = text.indexOf("  ") + 2;
  for (let place = at; place < text.length; place++) {
    if (text[place] === " ") continue;
    const typed = text.slice(0, place) + (text[place] === "7" ? "3" : "7") + text.slice(place + 1);
    expect(readHead(typed).slip, `digit ${place}`).toBe(true);
  }
  expect(readHead(text.replace("1234", "1235")).slip).toBe(true);
  for (const wrong of ["", "1234", text.slice(0, -4), "twelve 1a2b"]) {
    expect(() => readHead(wrong)).toThrow(expect.objectContaining({ code: "audit/head-unreadable" }));
  }
});

test("the log is searched by text, member, group, subject and time, in pages, also after new entries", async () => {
  const { project, images } = await eventful();
  const find = (filter: Parameters<typeof project.audit.find>[0]) => project.audit.find(filter, 0, 100);
  expect(find({ group: "class" })).toMatchObject({ total: 4 });
  expect(find({ group: "label" }).entries.map(({ action }) => action)).toEqual([
    "label/undo",
    ...Array(4).fill("label/edit"),
  ]);
  expect(find({ member: "Ada" }).total).toBe(project.audit.list(0, 1).total);
  expect(find({ member: "Eve" })).toEqual({ total: 0, entries: [] });
  expect(find({ subject: images[1]! }).entries.map(({ action }) => action)).toEqual(["label/edit", "image/import"]);
  expect(find({ text: "CLASS 2" }).entries.map(({ subjectName }) => subjectName)).toEqual(["class 2"]);
  expect(find({ text: "image1.png" }).entries.every(({ subject }) => subject === images[1])).toBe(true);
  expect(find({ text: "100%" }).total).toBe(0);
  expect(find({ text: "no such word", textActions: ["label/undo"] }).entries).toMatchObject([{ action: "label/undo" }]);
  const { at } = find({ group: "project" }).entries[0]!;
  expect(find({ to: at }).entries.at(-1)!.action).toBe("project/create");
  expect(find({ from: "2999-01-01T00:00:00.000Z" }).total).toBe(0);
  expect(project.audit.find({ group: "class" }, 1, 2).entries).toEqual(find({ group: "class" }).entries.slice(1, 3));
  project.labels.saveClass({ name: "late" });
  expect(find({ group: "class" })).toMatchObject({ total: 5, entries: [{ subjectName: "late" }, {}, {}, {}, {}] });
  expect(project.audit.members()).toEqual(["Ada"]);
});

test("canonical JSON does not depend on the order of keys and has no NaN", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "é\n" }], a: true, e: undefined })).toBe(
    '{"a":true,"b":[1,{"c":"é\\n","d":null}]}',
  );
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(RangeError);
});
