import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { KeyStore } from "../../main/api/host.ts";
import { AppError } from "../../preload/contract/index.ts";
import { openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

const refusal = (code: string) => expect.objectContaining({ code });
let opened: TestStudio;
afterEach(() => opened.close());

/** A key store that keeps what it protects and gives out numbers: nothing of the secret leaves it. */
function keyStore(): KeyStore {
  const kept = new Map<string, Uint8Array>();
  return {
    async protect(bytes) {
      const ticket = new Uint8Array(randomBytes(16));
      kept.set(ticket.join(), Uint8Array.from(bytes));
      return ticket;
    },
    async reveal(ticket) {
      const bytes = kept.get(Uint8Array.from(ticket).join());
      if (!bytes) throw new AppError("project/not-remembered", "Not protected here.");
      return Uint8Array.from(bytes);
    },
  };
}

test("a member who is remembered opens the project without a passphrase until they are forgotten", async () => {
  opened = await openStudio({ keyStore: keyStore() });
  const { client, project, folder } = opened;
  const { path } = project;
  expect(await client.projects.keyStore()).toEqual({ available: true, remembered: false });
  await expect(client.projects.openRemembered({ path })).rejects.toEqual(refusal("project/not-remembered"));
  await expect(client.projects.rememberOnThisMachine({ passphrase: "not this one" })).rejects.toEqual(
    refusal("project/key-wrong"),
  );
  await client.projects.rememberOnThisMachine({ passphrase: PASSPHRASE });
  expect(await client.projects.keyStore()).toEqual({ available: true, remembered: true });
  expect(readFileSync(join(folder, "config", "remembered-keys.json"), "utf8")).not.toContain(PASSPHRASE);
  await client.projects.lock();
  expect((await client.projects.recent())[0]).toMatchObject({ path, remembered: true });
  expect((await client.projects.openRemembered({ path })).member.name).toBe("Ada");
  await client.projects.forgetOnThisMachine();
  expect(await client.projects.keyStore()).toEqual({ available: true, remembered: false });
  await client.projects.lock();
  await expect(client.projects.openRemembered({ path })).rejects.toEqual(refusal("project/not-remembered"));
  await client.projects.open({ path, passphrase: PASSPHRASE });
});

test("a remembered secret survives a new data key, and opens nothing after its member was removed or changed the passphrase", async () => {
  opened = await openStudio({ keyStore: keyStore() });
  const { client, project } = opened;
  const { path } = project;
  const bo = { name: "Bo", role: "administrator", passphrase: "Bo says friend" } as const;
  const { id } = await client.projects.addMember(bo);
  await client.projects.open({ path, passphrase: bo.passphrase });
  await client.projects.rememberOnThisMachine({ passphrase: bo.passphrase });
  await client.projects.renewRecoveryKey();
  expect((await client.projects.openRemembered({ path })).member.name).toBe("Bo");
  await client.projects.changePassphrase({ current: bo.passphrase, next: "Bo says something else" });
  await expect(client.projects.openRemembered({ path })).rejects.toEqual(refusal("project/not-remembered"));
  await client.projects.rememberOnThisMachine({ passphrase: "Bo says something else" });
  await client.projects.open({ path, passphrase: PASSPHRASE });
  await client.projects.removeMember({ id });
  await client.projects.lock();
  await expect(client.projects.openRemembered({ path })).rejects.toEqual(refusal("project/not-remembered"));
});

test("a door without a key store says so", async () => {
  opened = await openStudio();
  const { client, project } = opened;
  expect(await client.projects.keyStore()).toEqual({ available: false, remembered: false });
  const refused = refusal("app/unsupported-platform");
  await expect(client.projects.rememberOnThisMachine({ passphrase: PASSPHRASE })).rejects.toEqual(refused);
  await expect(client.projects.openRemembered({ path: project.path })).rejects.toEqual(refused);
});
