import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalJson } from "../../main/project/canonical-json.ts";
import { ProjectDatabase } from "../../main/project/database.ts";
import { openProjectWithKey, type Project } from "../../main/project/project.ts";
import { addImages, closing, newProject } from "./builder.ts";

/** Does something to the database over another connection, with the triggers that protect the audit taken away. */
function tamper(project: Project, ...statements: string[]): void {
  const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
  database.script("DROP TRIGGER IF EXISTS audit_keeps; DROP TRIGGER IF EXISTS audit_stays;");
  for (const statement of statements) database.script(statement);
  database.close();
}

test("every change has an entry, newest first, with who, when and what", async () => {
  const { project } = await newProject();
  const [image] = addImages(project, 1);
  const { id: classId } = project.labels.saveClass({ name: "lesion" });
  project.labels.apply([{ do: "class", imageId: image!, classId }]);
  project.labels.undo();
  const { total, intact, entries } = project.audit.list(0, 10);
  expect([total, intact]).toEqual([5, true]);
  expect(entries.map(({ action, subject }) => [action, subject])).toEqual([
    ["label/undo", image],
    ["label/edit", image],
    ["class/save", classId],
    ["image/import", image],
    ["project/create", project.id],
  ]);
  expect(entries[1]).toMatchObject({ sequence: 4, member: "Ada" });
  // What was said is in the log of labels; the chain of hashes holds its digest.
  const said = `class 1\n\n${canonicalJson({ classId, reader: project.member.id })}\n`;
  const digest = createHash("sha256").update(said).digest("hex");
  expect(JSON.parse(entries[1]!.detail)).toEqual({ classes: 1, shapes: 0, answers: 0, images: 1, digest });
  expect(project.audit.list(1, 2).entries).toEqual(entries.slice(1, 3));
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

test.each([
  ["changed detail", "UPDATE audit SET detail = '{}' WHERE sequence = 3"],
  ["changed member", "UPDATE audit SET member = 'Eve' WHERE sequence = 1"],
  ["removed from the middle", "DELETE FROM audit WHERE sequence = 2"],
  ["cut off the end", "DELETE FROM audit WHERE sequence >= 3"],
  ["all removed", "DELETE FROM audit"],
  [
    "two exchanged",
    "UPDATE audit SET sequence = CASE sequence WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE sequence IN (2, 3); UPDATE audit SET sequence = -sequence WHERE sequence < 0",
  ],
])("an entry that was %s is noticed, also by a process that had verified the chain before", async (_, statement) => {
  const { project } = await newProject();
  for (const name of ["a", "b", "c"]) project.labels.saveClass({ name });
  expect(project.audit.list(0, 1).intact).toBe(true);
  tamper(project, statement);
  expect(project.audit.list(0, 1).intact).toBe(false);
  project.labels.saveClass({ name: "d" });
  expect(project.audit.list(0, 1).intact).toBe(false);
});

test("entries of two processes make one chain", async () => {
  const { project } = await newProject();
  const other = closing(openProjectWithKey({ path: project.path, key: project.key, memberId: project.member.id }));
  for (let index = 0; index < 10; index++) {
    (index % 2 ? project : other).labels.saveClass({ name: `class ${index}` });
    expect((index % 3 ? project : other).audit.list(0, 1)).toMatchObject({ total: index + 2, intact: true });
  }
});

test("canonical JSON does not depend on the order of keys and has no NaN", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "é\n" }], a: true, e: undefined })).toBe(
    '{"a":true,"b":[1,{"c":"é\\n","d":null}]}',
  );
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(RangeError);
});
