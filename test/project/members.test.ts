import { expect, test } from "vitest";
import { openProject, openProjectWithKey } from "../../main/project/project.ts";
import { CHEAP, closing, newProject, PASSPHRASE } from "./builder.ts";
import { addMember } from "./second-member.ts";

const refusal = (code: string) => expect.objectContaining({ code });

test("a role that changes holds at once in every open connection, and the audit names both roles", async () => {
  const { project } = await newProject();
  const reader = await addMember(project, "Bo");
  expect(project.members.setRole({ id: reader.member.id, role: "analyst" })).toEqual({
    id: reader.member.id,
    name: "Bo",
    role: "analyst",
  });
  expect(reader.member.role).toBe("analyst");
  expect(project.members.list().map(({ name, role }) => [name, role])).toEqual([
    ["Ada", "administrator"],
    ["Bo", "analyst"],
  ]);
  expect(project.audit.list(0, 1).entries[0]).toMatchObject({
    action: "member/role",
    subject: reader.member.id,
    detail: '{"after":"analyst","before":"reader"}',
  });
});

test("a role that is given again is no change and no entry", async () => {
  const { project } = await newProject();
  const { total } = project.audit.list(0, 1);
  expect(project.members.setRole({ id: project.member.id, role: "administrator" }).role).toBe("administrator");
  expect(project.audit.list(0, 1).total).toBe(total);
});

test("the last administrator stays one; of two, one may step back", async () => {
  const { project } = await newProject();
  const step = () => project.members.setRole({ id: project.member.id, role: "reader" });
  expect(step).toThrow(refusal("project/last-administrator"));
  await addMember(project, "Bo", "administrator");
  expect(step().role).toBe("reader");
  expect(() => project.members.setRole({ id: project.member.id, role: "administrator" })).toThrow(
    refusal("project/not-allowed"),
  );
});

test("only administrators change roles, and only of members who are there", async () => {
  const { project } = await newProject();
  const bo = await addMember(project, "Bo", "analyst");
  expect(() => bo.members.setRole({ id: bo.member.id, role: "administrator" })).toThrow(refusal("project/not-allowed"));
  expect(() => project.members.setRole({ id: "nobody", role: "reader" })).toThrow(refusal("app/not-found"));
});

test("two members of one name are refused", async () => {
  const { project } = await newProject();
  await addMember(project, "Bo");
  await expect(
    project.members.add({ name: " Bo ", role: "reader", passphrase: "another passphrase", cost: CHEAP }),
  ).rejects.toEqual(refusal("app/invalid-input"));
});

test("who unlocks is seen now, without an entry of the log, which is the opening's to write; what a child process opens is not noted", async () => {
  const { project } = await newProject();
  await project.members.add({ name: "Bo", role: "reader", passphrase: "a passphrase of Bo", cost: CHEAP });
  const seen = () => project.members.list().map(({ lastSeenAt }) => lastSeenAt !== null);
  expect(seen()).toEqual([true, false]);
  const { id } = project.members.list()[1]!;
  closing(openProjectWithKey({ path: project.path, key: project.key, memberId: id }));
  expect(seen()).toEqual([true, false]);
  const { total } = project.audit.list(0, 1);
  closing(await openProject({ path: project.path, passphrase: "a passphrase of Bo" }));
  expect(seen()).toEqual([true, true]);
  expect(project.audit.list(0, 1).total).toBe(total);
  project.close();
  expect(closing(await openProject({ path: project.path, passphrase: PASSPHRASE })).members.list()).toHaveLength(2);
});
