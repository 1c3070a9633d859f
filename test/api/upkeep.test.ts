import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BackupReport, CheckReport, RestoreEvent } from "../../preload/contract/index.ts";
import { ended, openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

let studio: TestStudio;
beforeAll(async () => {
  studio = await openStudio();
  await ended(studio.client, await studio.client.images.importSample({ images: 20, seed: 1 }));
});
afterAll(() => studio.close());

test("a restore that nobody waits for any more leaves nothing", async () => {
  const { client, folder } = studio;
  const { path } = (await ended(client, await client.upkeep.backup({ folder }))).result as BackupReport;
  const target = join(folder, "restored");
  for await (const event of await client.upkeep.restore({ backup: path, folder: target, passphrase: PASSPHRASE })) {
    expect(event.type).toBe("progress");
    break;
  }
  expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
});

test("checks and compactions are jobs, and the health page knows the last of each", async () => {
  const { client } = studio;
  const check = (await ended(client, await client.upkeep.check({ mode: "quick" }))).result as CheckReport;
  expect(check).toMatchObject({ mode: "quick", problems: [], auditIntact: true });
  expect((await ended(client, await client.upkeep.compact())).state).toBe("done");
  const health = await client.upkeep.health();
  expect(health.check).toEqual(check);
  expect(health.compaction).not.toBeNull();
  expect(health.disk.free).toBeGreaterThan(0);
});

// Last: it leaves another project open.
test("a backup is a job; restored without an open project, it is checked in a child, opened, and refuses a second time", async () => {
  const { client, folder } = studio;
  const job = await ended(client, await client.upkeep.backup({ folder: join(folder, "backups") }));
  expect(job).toMatchObject({ state: "done", kind: "backup", progress: { unit: "bytes" } });
  const report = job.result as BackupReport;
  expect((await client.upkeep.health()).backup).toMatchObject({ path: report.path, exists: true });
  await client.projects.lock();
  const events: RestoreEvent[] = [];
  const input = { backup: report.path, folder: join(folder, "restored"), passphrase: PASSPHRASE };
  for await (const event of await client.upkeep.restore(input)) events.push(event);
  expect(events.at(-1)).toMatchObject({ type: "done", check: { mode: "full", problems: [], auditIntact: true } });
  expect(events[0]).toMatchObject({ type: "progress", progress: { note: "copying", unit: "bytes" } });
  expect(await client.projects.current()).toMatchObject({
    path: join(folder, "restored", "Chest.loupe"),
    counts: { images: 20 },
  });
  await expect(async () => {
    for await (const _ of await client.upkeep.restore(input));
  }).rejects.toMatchObject({ code: "project/already-exists" });
  expect(readdirSync(join(folder, "restored"))).toEqual(["Chest.loupe"]);
});
