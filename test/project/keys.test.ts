import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashRaw } from "@node-rs/argon2";
import { expect, test } from "vitest";
import { canonicalJson, type Json } from "../../main/project/canonical-json.ts";
import { calibrate, GUESS_MS, LEAST_COST, type PassphraseCost, timeGuess } from "../../main/project/passphrase.ts";
import { openProject, type Project, recoverProject } from "../../main/project/project.ts";
import { readRecoveryKey } from "../../main/project/recovery-key.ts";
import { CHEAP, closing, newProject, PASSPHRASE } from "./builder.ts";

const refusal = (code: string) => expect.objectContaining({ code });
const keysFileOf = ({ path }: { path: string }) => join(path, "keys.json");
const readKeys = (project: { path: string }) => JSON.parse(readFileSync(keysFileOf(project), "utf8"));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const open = async (path: string, passphrase = PASSPHRASE) =>
  closing(await openProject({ path, passphrase, cost: CHEAP }));

/** Writes keys.json as version 1 did: the data key itself wrapped under each passphrase and under the recovery key. */
async function writeVersion1(project: Project, passphrases: Record<string, string>, recoveryKey: string) {
  const wrapped = (wrappingKey: Uint8Array, slot: string, kdf: Json) => {
    const nonce = randomBytes(12);
    const text = canonicalJson({ format: "loupe-keys", version: 1, project: project.id, slot, kdf });
    const cipher = createCipheriv("aes-256-gcm", wrappingKey, nonce).setAAD(Buffer.from(text));
    const key = Buffer.concat([cipher.update(project.key), cipher.final()]);
    return { nonce: base64(nonce), key: base64(key), tag: base64(cipher.getAuthTag()) };
  };
  const members = [];
  for (const [member, passphrase] of Object.entries(passphrases)) {
    const salt = randomBytes(16);
    const kdf = { name: "argon2id", ...CHEAP, salt: base64(salt) };
    const options = { algorithm: 2, memoryCost: CHEAP.memoryKiB, timeCost: 1, parallelism: 1, outputLen: 32, salt };
    members.push({ member, kdf, ...wrapped(await hashRaw(passphrase, options), `member ${member}`, kdf) });
  }
  const salt = randomBytes(16);
  const kdf = { name: "hkdf-sha256", salt: base64(salt) };
  const wrappingKey = hkdfSync("sha256", readRecoveryKey(recoveryKey), salt, "loupe recovery key 1", 32);
  const recovery = { kdf, ...wrapped(new Uint8Array(wrappingKey), "recovery", kdf) };
  writeFileSync(
    keysFileOf(project),
    JSON.stringify({ format: "loupe-keys", version: 1, project: project.id, members, recovery }),
  );
}

async function version1Project() {
  const { project, recoveryKey } = await newProject();
  const bo = await project.members.add({ name: "Bo", role: "reader", passphrase: "Bo says friend", cost: CHEAP });
  const passphrases = { [project.member.id]: PASSPHRASE, [bo.id]: "Bo says friend" };
  await writeVersion1(project, passphrases, recoveryKey);
  project.close();
  return { path: project.path, recoveryKey, ada: project.member.id, bo: bo.id };
}

test("keys.json of version 1 opens; who opens gets a key pair, and the others keep what they have", async () => {
  const { path, recoveryKey, ada, bo } = await version1Project();
  (await open(path)).close();
  const keys = readKeys({ path });
  expect(keys.version).toBe(2);
  const kinds = keys.members.map((slot: { member: string }) => [slot.member, "publicKey" in slot]);
  expect(kinds).toEqual([
    [ada, true],
    [bo, false],
  ]);
  (await open(path)).close();
  (await open(path, "Bo says friend")).close();
  expect(readKeys({ path }).members.every((slot: object) => "publicKey" in slot)).toBe(true);
  const again = { path, recoveryKey, passphrase: "a new passphrase", cost: CHEAP };
  closing(await recoverProject(again)).close();
  expect(readKeys({ path }).recovery).toHaveProperty("publicKey");
  closing(await recoverProject(again)).close();
});

test("a new data key waits until members with keys of version 1 have opened the project, and names them", async () => {
  const { path } = await version1Project();
  const ada = await open(path);
  await expect(ada.renewRecoveryKey()).rejects.toMatchObject({
    code: "project/key-old",
    message: expect.stringContaining("Bo"),
  });
  ada.close();
  (await open(path, "Bo says friend")).close();
  const again = await open(path);
  await again.renewRecoveryKey();
  again.close();
  (await open(path, "Bo says friend")).close();
});

test("a field of keys.json that is changed, or moved to another member, opens nothing", async () => {
  const { project } = await newProject();
  const bo = await project.members.add({ name: "Bo", role: "reader", passphrase: "Bo says friend", cost: CHEAP });
  const { path } = project;
  project.close();
  const whole = readFileSync(keysFileOf({ path }), "utf8");
  const adaSlot = JSON.parse(whole).members[0];
  const flip = (text: string) =>
    base64(Buffer.from(text, "base64").map((byte, index) => (index === 3 ? byte ^ 1 : byte)));
  type Slot = Record<string, Record<string, string>> & { publicKey: string; member: string };
  const edits: [string, (slot: Slot, other: Slot) => void][] = [
    ["public key", (slot) => (slot.publicKey = flip(slot.publicKey))],
    ["member", (slot, other) => ([slot.member, other.member] = [other.member, slot.member])],
    ...["nonce", "key", "tag"].map((field): [string, (slot: Slot) => void] => [
      `private key's ${field}`,
      (slot) => (slot.privateKey![field] = flip(slot.privateKey![field]!)),
    ]),
    ...["nonce", "key", "tag", "ephemeral"].map((field): [string, (slot: Slot) => void] => [
      `data key's ${field}`,
      (slot) => (slot.dataKey![field] = flip(slot.dataKey![field]!)),
    ]),
    ["data key of another member", (slot, other) => (slot.dataKey = other.dataKey!)],
    ["private key of another member", (slot, other) => (slot.privateKey = other.privateKey!)],
    ["ephemeral key of low order", (slot) => (slot.dataKey!.ephemeral = base64(Buffer.alloc(32)))],
  ];
  for (const [title, edit] of edits) {
    const keys = JSON.parse(whole);
    edit(keys.members[0], keys.members[1]);
    writeFileSync(keysFileOf({ path }), JSON.stringify(keys));
    const refused = await openProject({ path, passphrase: PASSPHRASE }).then(
      (opened) => opened.close(),
      (error) => error.code,
    );
    expect([title, refused]).toEqual([title, "project/key-wrong"]);
  }
  // Another project's slot of the same member does not open either.
  writeFileSync(keysFileOf({ path }), JSON.stringify({ ...JSON.parse(whole), project: "another" }));
  await expect(openProject({ path, passphrase: PASSPHRASE })).rejects.toEqual(refusal("project/key-wrong"));
  writeFileSync(keysFileOf({ path }), whole);
  (await open(path)).close();
  expect(adaSlot.member).not.toBe(bo.id);
});

test("neither the data key nor a private key lies in keys.json, and a changed passphrase brings another key pair", async () => {
  const { project } = await newProject();
  const text = readFileSync(keysFileOf(project), "utf8");
  expect(text).not.toContain(base64(project.key));
  const before = readKeys(project).members[0];
  await project.members.changePassphrase(PASSPHRASE, "a new passphrase", { cost: CHEAP });
  const after = readKeys(project).members[0];
  expect(after.publicKey).not.toBe(before.publicKey);
  await project.renewRecoveryKey();
  project.close();
  (await open(project.path, "a new passphrase")).close();
});

test("a passphrase is made as slow as half a second, with more memory first and more passes then", async () => {
  /** A machine that works through `perMs` KiB in a millisecond. */
  const machine =
    (perMs: number) =>
    async ({ memoryKiB, passes }: PassphraseCost) =>
      (memoryKiB * passes) / perMs;
  const costOn = async (perMs: number) => {
    const cost = await calibrate(machine(perMs));
    return { ...cost, milliseconds: await machine(perMs)(cost) };
  };
  expect(await costOn(100)).toMatchObject(LEAST_COST); // slow: never below the RFC
  for (const perMs of [500, 1000, 1500, 3000]) {
    const { milliseconds, memoryKiB, passes } = await costOn(perMs);
    expect(milliseconds).toBeGreaterThanOrEqual(GUESS_MS);
    expect(milliseconds).toBeLessThan(GUESS_MS * 1.5);
    expect(memoryKiB).toBeLessThanOrEqual(256 * 1024);
    expect(passes).toBeGreaterThanOrEqual(3);
  }
  expect((await costOn(1_000_000)).passes).toBe(48); // beyond any machine: the limits, not for ever
  expect(await timeGuess(CHEAP)).toBeGreaterThan(0);
});

test("the first member to try is tried first, and the others after", async () => {
  const { project } = await newProject();
  const { id } = await project.members.add({ name: "Bo", role: "reader", passphrase: PASSPHRASE, cost: CHEAP });
  project.close();
  const openAs = async (first?: string) => {
    const opened = closing(await openProject({ path: project.path, passphrase: PASSPHRASE, first }));
    opened.close();
    return opened.member.id;
  };
  expect(await openAs()).toBe(project.member.id);
  expect(await openAs(id)).toBe(id);
  expect(await openAs("nobody")).toBe(project.member.id);
});
