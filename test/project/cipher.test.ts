import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
import { temporaryFolder } from "./builder.ts";

const databases: { close(): void }[] = [];
afterEach(() => {
  for (const database of databases.splice(0)) database.close();
});

const key = randomBytes(32);
function openAt(file: string, create = false): ProjectDatabase {
  const database = new ProjectDatabase(file, key, { create });
  databases.push(database);
  return database;
}
const newFile = () => join(temporaryFolder(), "project.db");
const refusal = (code: string) => expect.objectContaining({ code });

/** A file as the first projects had it. */
function sqlCipherFile(): string {
  const file = newFile();
  const connection = new Database(file);
  connection.pragma("cipher = 'sqlcipher'");
  connection.pragma("legacy = 4");
  (connection as unknown as { key(key: Buffer): number }).key(Buffer.concat([Buffer.from("raw:"), key]));
  connection.pragma("journal_mode = WAL");
  connection.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('before')");
  connection.close();
  return file;
}

test("a new file has pages of 16 KiB with room for a nonce and a tag of 256 bits each, and is read with AEGIS-256", () => {
  const file = newFile();
  const database = openAt(file, true);
  database.script("CREATE TABLE notes (text TEXT)");
  expect(["cipher", "algorithm", "hmac_check"].map((name) => String(database.pragma(name)))).toEqual([
    "aegis",
    "aegis-256",
    "1",
  ]);
  database.close();
  expect([...readFileSync(file).subarray(16, 24)]).toEqual([0x40, 0, 2, 2, 64, 64, 32, 32]);
});

test("a project of the time of SQLCipher opens, is written and opens again", () => {
  const file = sqlCipherFile();
  const first = openAt(file);
  expect(first.pragma("cipher")).toBe("sqlcipher");
  first.run("INSERT INTO notes VALUES ('after')");
  first.close();
  expect(openAt(file).all("SELECT text FROM notes ORDER BY rowid")).toEqual([{ text: "before" }, { text: "after" }]);
});

test("each of the eight readable bytes of the header is refused when it says anything else", () => {
  const file = newFile();
  const database = openAt(file, true);
  database.script("CREATE TABLE notes (text TEXT)");
  database.close();
  const whole = readFileSync(file);
  for (let at = 16; at < 24; at++) {
    for (const change of [1, 2, 64, 128, 255]) {
      const changed = Buffer.from(whole);
      changed[at]! ^= change;
      writeFileSync(file, changed);
      expect(() => openAt(file), `byte ${at} changed by ${change}`).toThrow(refusal("project/corrupt"));
    }
  }
  writeFileSync(file, whole);
  openAt(file);
});

test("a page that is put in the place of another one is refused", () => {
  const file = newFile();
  const database = openAt(file, true);
  database.script("CREATE TABLE notes (bytes BLOB)");
  database.run("INSERT INTO notes VALUES (?)", randomBytes(200_000));
  database.close();
  const pages = readFileSync(file);
  const [third, fourth] = [3, 4].map((page) => Buffer.from(pages.subarray((page - 1) * 16_384, page * 16_384)));
  pages.set(fourth!, 2 * 16_384);
  pages.set(third!, 3 * 16_384);
  writeFileSync(file, pages);
  expect(() => openAt(file).all("SELECT bytes FROM notes")).toThrow(refusal("project/corrupt"));
});
