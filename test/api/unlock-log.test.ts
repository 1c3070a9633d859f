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
