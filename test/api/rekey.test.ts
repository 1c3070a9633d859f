import { afterEach, expect, test } from "vitest";
import type { StudioEvent } from "../../preload/contract/index.ts";
import { ended, openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

const refusal = (code: string) => expect.objectContaining({ code });
const BO = { name: "Bo", role: "administrator", passphrase: "Bo says friend" } as const;
let opened: TestStudio;
afterEach(() => opened.close());

async function withBo(): Promise<TestStudio & { bo: string }> {
  opened = await openStudio();
  const { id } = await opened.client.projects.addMember(BO);
  await ended(opened.client, await opened.client.images.importSample({ images: 20, seed: 1 }));
  return { ...opened, bo: id };
}

test("a member is removed while the studio stays open, also where a child process had the project open", async () => {
  const { client, project, bo, children } = await withBo();
  await client.runs.devices(); // starts the warm child
  const before = children.length;
  const events: StudioEvent[] = [];
  const stream = await client.app.events();
  const reading = (async () => {
    for await (const event of stream) {
      events.push(event);
      if (event.type === "rekeying" && event.done === event.total) return;
    }
  })();
  const { recoveryKey } = await client.projects.removeMember({ id: bo });
  await reading;
  expect(recoveryKey).toMatch(/^([0-9A-Z]{6}-){5}[0-9A-Z]{6}$/);
  expect(events.filter((event) => event.type === "rekeying").length).toBeGreaterThan(1);
  const entries = await client.projects.members();
  expect(entries.map(({ name, removedAt }) => [name, removedAt !== null])).toEqual([
    ["Ada", false],
    ["Bo", true],
  ]);
  // Children that are started now get the new key.
  await client.runs.devices();
  expect(children.length).toBe(before + 1);
  await ended(client, await client.images.importSample({ images: 20, seed: 2 }));
  expect((await client.projects.current())?.counts.images).toBe(40);
  await client.projects.lock();
  const at = { path: project.path };
  await expect(client.projects.open({ ...at, passphrase: BO.passphrase })).rejects.toEqual(
    refusal("project/key-wrong"),
  );
  await client.projects.open({ ...at, passphrase: PASSPHRASE });
});

test("removal waits for nobody: a running job is named, and stopping or locking leaves the project as it was", async () => {
  const { client, project, bo } = await withBo();
  const job = await client.images.importSample({ images: 200, seed: 3 });
  await expect(client.projects.removeMember({ id: bo })).rejects.toEqual(refusal("jobs/running"));
  await client.jobs.cancel({ id: job.id });
  await ended(client, job);
  const stop = new AbortController();
  stop.abort();
  await expect(client.projects.removeMember({ id: bo }, { signal: stop.signal })).rejects.toThrow();
  const stream = await client.app.events();
  const removing = client.projects.removeMember({ id: bo });
  for await (const event of stream) if (event.type === "rekeying") break;
  const locking = client.projects.lock();
  await expect(removing).rejects.toEqual(refusal("app/aborted"));
  await locking;
  await client.projects.open({ path: project.path, passphrase: BO.passphrase });
  expect((await client.projects.members()).every(({ removedAt }) => removedAt === null)).toBe(true);
  expect((await client.projects.renewRecoveryKey()).recoveryKey).not.toBe("");
});
