import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Audit } from "../../main/project/audit.ts";
import { ProjectDatabase } from "../../main/project/database.ts";
import { Labels } from "../../main/project/labels.ts";
import { checkMigrations, MIGRATIONS } from "../../main/project/migrations/index.ts";
import { migrate } from "../../main/project/schema.ts";
import { temporaryFolder } from "./builder.ts";

function withDatabase<T>(work: (database: ProjectDatabase) => T): T {
  const database = new ProjectDatabase(join(temporaryFolder(), "project.db"), randomBytes(32), { create: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

test("migration numbers are 1, 2, 3, … and each has a name of its own", () => {
  const migration = (number: number, name: string) => ({ number, name, sql: "" });
  expect(() => checkMigrations([migration(1, "a"), migration(3, "b")])).toThrow("expected 2");
  expect(() => checkMigrations([migration(2, "a")])).toThrow("expected 1");
  expect(() => checkMigrations([migration(1, "a"), migration(2, "a")])).toThrow("name of its own");
  expect(checkMigrations(MIGRATIONS)).toBe(MIGRATIONS);
});

test.each(MIGRATIONS)("migration $number ($name) runs on what the ones before it made, once", ({ number }) => {
  withDatabase((database) => {
    migrate(database, MIGRATIONS.slice(0, number - 1));
    migrate(database, MIGRATIONS.slice(0, number));
    migrate(database, MIGRATIONS.slice(0, number));
    expect(database.pragma("user_version")).toBe(number);
    expect(database.pragma("integrity_check")).toBe("ok");
    expect(database.all("PRAGMA foreign_key_check")).toEqual([]);
  });
});

test("a migration that fails leaves the schema as it was", () => {
  withDatabase((database) => {
    const broken = { number: 1, name: "broken", sql: "CREATE TABLE a (b) STRICT; CREATE TABLE a (b);" };
    expect(() => migrate(database, [broken])).toThrow();
    expect(database.pragma("user_version")).toBe(0);
    expect(database.all("SELECT * FROM sqlite_schema")).toEqual([]);
  });
});

test("boxes, masks and undo of a project from before layers are what they were", () => {
  withDatabase((database) => {
    migrate(database, MIGRATIONS.slice(0, 4));
    const state = { classId: "c", drawn: 2, frame: 0, height: 4, id: "b", reader: "m", width: 2, x: 1.5, y: 2 };
    const mask = { classId: "c", columns: 4, frame: 0, id: "k", reader: "m", rows: 6, runs: [3, 2, 19] };
    database.script(`
      INSERT INTO members VALUES (1, 'm', 'Ada', 'administrator', '2026-01-01');
      INSERT INTO label_classes (id, name, name_key, color, key) VALUES ('c', 'lesion', 'lesion', '#000000', 1);
      INSERT INTO images (number, id, identity, name, name_key, search, format, modality, patient, study, series, sop_instance,
        rows, columns, frames, imported_at, class, class_reader)
        VALUES (7, 'i', 'x', 'a.png', 'a', 'a', 'png', 'OT', '', '', '', '', 6, 4, 1, '2026-01-01', 'c', 'm');
      INSERT INTO label_changes VALUES
        (1, '2026-01-01', 'm', 7, 'class', 'class 7', NULL, '{"classId":"c","reader":"m"}', 'edit'),
        (2, '2026-01-01', 'm', 7, 'box', 'box b', NULL, '${JSON.stringify(state)}', 'edit'),
        (3, '2026-01-01', 'm', 7, 'mask', 'mask k', NULL, '${JSON.stringify(mask)}', 'import');
      INSERT INTO boxes VALUES ('b', 7, 0, 'c', 1.5, 2, 2, 4, 'm', 2);
      INSERT INTO masks VALUES (1, 'k', 7, 0, 'c', 6, 4, '[3,2,19]', 'm');
      INSERT INTO undo_entries VALUES ('m', 1, 'class 7', 0), ('m', 2, 'box b', 0);
    `);
    migrate(database);
    const labels = new Labels(database, new Audit(database, { id: "m", name: "Ada", role: "administrator" }), {
      id: "m",
      role: "administrator",
    });
    const common = { imageId: "i", frame: 0, classId: "c", attributes: {}, track: null, reader: "Ada" };
    const box = { ...common, id: "b", geometry: { kind: "box", x: 1.5, y: 2, width: 2, height: 4 }, source: null };
    const runs = {
      ...common,
      id: "k",
      geometry: { kind: "mask", rows: 6, columns: 4, runs: [3, 2, 19] },
      source: "import",
    };
    expect(labels.forImage("i")).toEqual({
      imageId: "i",
      layer: "",
      subjects: { series: "", patient: "" },
      answers: [],
      classId: "c",
      classReader: "Ada",
      shapes: [box, runs],
    });
    expect(labels.history()).toEqual({ undo: 2, redo: 0 });
    expect(labels.undo()?.removed).toEqual([{ imageId: "i", id: "b" }]);
    expect(labels.redo()?.put).toEqual([box]);
    // What the log says of the box now is what the log would say had it been drawn today.
    const { reader: _, ...again } = labels.forImage("i").shapes[0]!;
    labels.apply([{ do: "put", shape: again }]);
    expect(labels.history()).toEqual({ undo: 2, redo: 0 });
    labels.undo();
    labels.undo();
    expect(labels.forImage("i")).toMatchObject({ classId: null, shapes: [runs] });
  });
});
