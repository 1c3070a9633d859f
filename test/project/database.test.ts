import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
import { temporaryFolder } from "./builder.ts";

const databases: ProjectDatabase[] = [];
afterEach(() => {
  for (const database of databases.splice(0)) database.close();
});

function openNew(): { database: ProjectDatabase; reopen: (key?: Uint8Array) => ProjectDatabase; file: string } {
  const file = join(temporaryFolder(), "project.db");
  const key = randomBytes(32);
  const open = (create: boolean, withKey: Uint8Array = key) => {
    const database = new ProjectDatabase(file, withKey, { create });
    databases.push(database);
    return database;
  };
  const database = open(true);
  database.script("CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT");
  return { database, reopen: (withKey) => open(false, withKey), file };
}
const add = (database: ProjectDatabase, text: string) => database.run("INSERT INTO notes (text) VALUES (?)", text);
const texts = (database: ProjectDatabase) =>
  database.all<{ text: string }>("SELECT text FROM notes ORDER BY number").map(({ text }) => text);
const refusal = (code: string) => expect.objectContaining({ code });

test("journal, flushing, references and temporary files are set as the README says", () => {
  const { database } = openNew();
  const settings = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store", "busy_timeout"];
  expect(settings.map((name) => database.pragma(name))).toEqual(["wal", 2, 1, 1, 2, 10_000]);
  expect(["fullfsync", "checkpoint_fullfsync"].map((name) => database.pragma(name))).toEqual([1, 1]);
});

test("the file begins with random bytes, and another key does not open it", () => {
  const { database, reopen, file } = openNew();
  database.close();
  expect(readFileSync(file).subarray(0, 15).toString("latin1")).not.toBe("SQLite format 3");
  expect(() => reopen(randomBytes(32))).toThrow(refusal("project/corrupt"));
  expect(texts(reopen())).toEqual([]);
});

test("a transaction that throws leaves nothing, also of what was nested in it", () => {
  const { database } = openNew();
  expect(() =>
    database.transaction(() => {
      add(database, "a");
      database.transaction(() => add(database, "b"));
      throw new Error("stop");
    }),
  ).toThrow("stop");
  expect(texts(database)).toEqual([]);
});

test("a nested transaction that throws is taken back alone when the outer one goes on", () => {
  const { database } = openNew();
  database.transaction(() => {
    add(database, "a");
    expect(() =>
      database.transaction(() => {
        add(database, "b");
        throw new Error("stop");
      }),
    ).toThrow("stop");
    add(database, "c");
  });
  expect(texts(database)).toEqual(["a", "c"]);
});

test("a promise is refused, and what it had written is taken back", () => {
  const { database } = openNew();
  // The type refuses it too; this is the caller who casts.
  const work = (async () => {
    add(database, "a");
  }) as unknown as () => number;
  expect(() => database.transaction(work)).toThrow(TypeError);
  expect(texts(database)).toEqual([]);
});

test("two connections each see what the other committed and nothing before that", () => {
  const { database, reopen } = openNew();
  const other = reopen();
  database.transaction(() => {
    add(database, "a");
    expect(texts(other)).toEqual([]);
  });
  expect(texts(other)).toEqual(["a"]);
  add(other, "b");
  expect(texts(database)).toEqual(["a", "b"]);
});

test("a reader inside `read` keeps its view while another connection writes", () => {
  const { database, reopen } = openNew();
  const other = reopen();
  database.read(() => {
    expect(texts(database)).toEqual([]);
    add(other, "a");
    expect(texts(database)).toEqual([]);
  });
  expect(texts(database)).toEqual(["a"]);
});

test("a second writer that waits too long is told that the project is busy", () => {
  const { database, reopen } = openNew();
  const other = reopen();
  other.pragma("busy_timeout = 20");
  database.transaction(() => {
    expect(() => add(other, "b")).toThrow(refusal("project/locked"));
  });
  add(other, "b");
  expect(texts(database)).toEqual(["b"]);
});

test("a full disk is project/disk-full and what was there stays", () => {
  const { database } = openNew();
  add(database, "a");
  database.pragma(`max_page_count = ${Number(database.pragma("page_count")) + 2}`);
  expect(() => add(database, "x".repeat(100_000))).toThrow(refusal("project/disk-full"));
  expect(texts(database)).toEqual(["a"]);
  expect(database.pragma("integrity_check")).toBe("ok");
});

test("a connection that may not write is project/read-only", () => {
  const { database } = openNew();
  database.pragma("query_only = ON");
  expect(() => add(database, "a")).toThrow(refusal("project/read-only"));
});

test("a broken constraint is passed on as it is: it is our mistake", () => {
  const { database } = openNew();
  add(database, "a");
  expect(() => add(database, "a")).toThrow(expect.objectContaining({ code: "SQLITE_CONSTRAINT_UNIQUE" }));
});
