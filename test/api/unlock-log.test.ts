import { afterEach, expect, test } from "vitest";
import { openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

let open: TestStudio;
afterEach(() => open.close());

test("opening is in the log with its door and the attempts that failed before; locking with its reason", async () => {
  open = await openStudio();
  const { client, project } = open;
  await client.projects.lock();
  for (const passphrase of ["wrong one", "wrong two"]) {
    await expect(client.projects.open({ path: project.path, passphrase })).rejects.toMatchObject({
      code: "project/key-wrong",
    });
  }
  await client.projects.open({ path: project.path, passphrase: PASSPHRASE });
  await client.projects.lock();
  await client.projects.open({ path: project.path, passphrase: PASSPHRASE });
  const { entries } = await client.audit.list({ filter: { group: "project" } });
  const said = entries.map(({ action, detail }) => [action, JSON.parse(detail)]);
  expect(said.slice(0, 4)).toMatchObject([
    ["project/open", { host: "browser", by: "passphrase" }],
    ["project/lock", { reason: "asked" }],
    ["project/open", { host: "browser", by: "passphrase", failed: { count: 2, hosts: ["browser"] } }],
    ["project/lock", { reason: "asked" }],
  ]);
  expect(said[0]![1]).not.toHaveProperty("failed");
  expect(JSON.stringify(entries)).not.toMatch(/wrong one|wrong two|horse/);
  expect((await client.audit.state()).intact).toBe(true);
});

test("an opening is one entry of the log, by passphrase and by recovery key", async () => {
  open = await openStudio();
  const { client, project } = open;
  const { recoveryKey } = await client.projects.create({ name: "Second", member: "Ada", passphrase: PASSPHRASE });
  const path = project.path.replace("Chest", "Second");
  const actions = async () => {
    const { total, entries } = await client.audit.list({});
    return { total, newest: entries.map(({ action }) => action) };
  };
  const before = await actions();
  await client.projects.lock();
  await client.projects.open({ path, passphrase: PASSPHRASE });
  const opened = await actions();
  expect(opened.newest.slice(0, opened.total - before.total)).toEqual(["project/open", "project/lock"]);
  await client.projects.lock();
  await client.projects.recover({ path, recoveryKey, passphrase: `${PASSPHRASE} anew` });
  const recovered = await actions();
  // The new passphrase is a change of its own.
  expect(recovered.newest.slice(0, recovered.total - opened.total)).toEqual([
    "project/open",
    "passphrase/recover",
    "project/lock",
  ]);
});
