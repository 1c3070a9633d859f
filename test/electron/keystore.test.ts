import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { systemKeyStore } from "../../main/hosts/electron-keystore.ts";

vi.mock("electron", () => import("./stand-in/electron.ts"));

const folder = mkdtempSync(join(tmpdir(), "loupe-keystore-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env.LOUPE_STAND_IN_KEY_STORE;
});
/** The key store of an account: each has a key of its own. */
const account = (name: string) => {
  process.env.LOUPE_STAND_IN_KEY_STORE = join(folder, name);
  return systemKeyStore()!;
};
const secret = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

test("what an account protected, it reveals, byte for byte; it is not readable in between", async () => {
  const kept = await account("ada").protect(secret);
  expect(Buffer.from(kept).includes(Buffer.from(secret))).toBe(false);
  expect(Buffer.from(kept).includes(Buffer.from(secret).toString("base64"))).toBe(false);
  expect(await account("ada").reveal(kept)).toEqual(secret);
});

test("another account, and a changed byte, reveal nothing", async () => {
  const kept = await account("ada").protect(secret);
  await expect(account("grace").reveal(kept)).rejects.toMatchObject({ code: "project/not-remembered" });
  kept[20]! ^= 1;
  await expect(account("ada").reveal(kept)).rejects.toMatchObject({ code: "project/not-remembered" });
});

test("there is none where the system cannot encrypt, nor on a Linux whose password is everybody's", () => {
  expect(systemKeyStore()).toBeNull();
  if (process.platform !== "linux") return;
  process.env.LOUPE_STAND_IN_KEY_STORE = "basic_text";
  expect(systemKeyStore()).toBeNull();
});

test("a key store that goes away while the studio runs is refused by its name", async () => {
  const store = account("ada");
  const kept = await store.protect(secret);
  delete process.env.LOUPE_STAND_IN_KEY_STORE;
  await expect(store.protect(secret)).rejects.toMatchObject({ code: "app/unsupported-platform" });
  await expect(store.reveal(kept)).rejects.toMatchObject({ code: "app/unsupported-platform" });
});
