import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
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
