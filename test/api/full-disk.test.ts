// A studio whose project lies on a disk that is really full, and then on one that cannot be written.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type SmallDisk, smallDisk } from "../support/small-disk.ts";
import { openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

const refusal = (code: string) => expect.objectContaining({ code });
/** What SQLite puts beside a project that is open, to be shared between processes: without room for it nobody can even read. */
const SHARED_MEMORY = 32 * 1024;
let opened: TestStudio | null = null;
let disk: SmallDisk | null = null;
afterEach(async () => {
  disk?.free();
  await opened?.close();
  disk?.remove();
  [opened, disk] = [null, null];
});

async function onSmallDisk(skip: (why: string) => never) {
  disk = smallDisk(16);
  if (disk === null) skip("mounting a disk needs rights that this user does not have");
  opened = await openStudio();
  const { client } = opened;
  const { project } = await client.projects.create({
    name: "Small",
    folder: disk.path,
    member: "Ada",
    passphrase: PASSPHRASE,
  });
  return { client, disk, path: project.path };
}

test("a full disk refuses every change and keeps nobody from looking; what was answered before is there", async ({
  skip,
}) => {
  const { client, disk, path } = await onSmallDisk(skip);
  const names: string[] = [];
  const save = async () => {
    const { name } = await client.labels.saveClass({ name: `class ${names.length} ${"x".repeat(80)}` });
    names.push(name);
  };
  for (let i = 0; i < 3; i++) await save();
  disk.fill();
  // The last pages of the write-ahead log may still take a few.
  await expect(
    (async () => {
      for (;;) await save();
    })(),
  ).rejects.toEqual(refusal("project/disk-full"));
  const classes = async () => (await client.labels.classes()).map(({ name }) => name);
  expect(await classes()).toEqual(names);
  for (const change of [
    () => client.projects.changePassphrase({ current: PASSPHRASE, next: "another passphrase" }),
    () => client.projects.renewRecoveryKey(),
    () => client.projects.addMember({ name: "Bo", role: "reader", passphrase: "Bo says friend" }),
    () => client.audit.printHead(),
    () => client.projects.create({ name: "Other", folder: disk.path, member: "Ada", passphrase: PASSPHRASE }),
  ]) {
    disk.fill();
    await expect(change()).rejects.toEqual(refusal("project/disk-full"));
  }
  expect(readdirSync(disk.path).filter((name) => name !== "ballast")).toEqual(["Small.loupe"]);
  expect((await client.audit.state()).intact).toBe(true);

  await client.projects.lock();
  disk.fill();
  await expect(client.projects.open({ path, passphrase: PASSPHRASE })).rejects.toEqual(refusal("project/disk-full"));
  disk.fill(SHARED_MEMORY);
  await client.projects.open({ path, passphrase: PASSPHRASE });
  expect(await classes()).toEqual(names);
  await client.projects.lock();

  disk.free();
  await client.projects.open({ path, passphrase: PASSPHRASE });
  await save();
  expect(await classes()).toEqual(names);
  expect((await client.audit.state()).intact).toBe(true);
  const kept = readdirSync(path).sort();
  expect(kept).toEqual(expect.arrayContaining(["keys.json", "project.db"]));
  expect(kept.filter((name) => /new$|rekey/.test(name))).toEqual([]);
});

test("what a full disk refuses has not happened in keys.json either", async ({ skip }) => {
  const { client, disk, path } = await onSmallDisk(skip);
  const keys = () => JSON.parse(readFileSync(join(path, "keys.json"), "utf8"));
  const before = keys();
  // Room for keys.json, and none for the log that is written after it.
  const changes = [
    () => client.projects.changePassphrase({ current: PASSPHRASE, next: "another passphrase" }),
    () => client.projects.addMember({ name: "Bo", role: "reader", passphrase: "Bo says friend" }),
  ];
  for (const change of changes) {
    disk.fill(8 * 1024);
    await expect(change()).rejects.toEqual(refusal("project/disk-full"));
    expect(keys()).toEqual(before);
  }
  await client.projects.lock();
  disk.free();
  for (const passphrase of ["another passphrase", "Bo says friend"]) {
    await expect(client.projects.open({ path, passphrase })).rejects.toEqual(refusal("project/key-wrong"));
  }
  await client.projects.open({ path, passphrase: PASSPHRASE });
});

test("attempts that failed are told by the first opening that the log can take", async ({ skip }) => {
  const { client, disk, path } = await onSmallDisk(skip);
  await client.projects.lock();
  await expect(client.projects.open({ path, passphrase: "not this one" })).rejects.toEqual(
    refusal("project/key-wrong"),
  );
  disk.fill(SHARED_MEMORY);
  await client.projects.open({ path, passphrase: PASSPHRASE });
  await client.projects.lock();
  disk.free();
  await client.projects.open({ path, passphrase: PASSPHRASE });
  const { entries } = await client.audit.list({ filter: { group: "project" } });
  expect(JSON.parse(entries[0]!.detail)).toMatchObject({ failed: { count: 1 } });
});

test("a disk that cannot be written any more refuses changes as read-only and is read on", async ({ skip }) => {
  const { client, disk, path } = await onSmallDisk(skip);
  await client.labels.saveClass({ name: "before" });
  await client.projects.lock();
  disk.writable(false);
  await expect(client.projects.open({ path, passphrase: PASSPHRASE })).rejects.toEqual(refusal("project/read-only"));
  await expect(
    client.projects.create({ name: "Other", folder: disk.path, member: "Ada", passphrase: PASSPHRASE }),
  ).rejects.toEqual(refusal("project/read-only"));
  disk.writable(true);
  await client.projects.open({ path, passphrase: PASSPHRASE });
  expect((await client.labels.classes()).map(({ name }) => name)).toEqual(["before"]);
  expect(readdirSync(join(disk.path))).toEqual(["Small.loupe"]);
});
