// Several processes at work in one project, and one that may write no more: real processes, real files.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { openProject, type Project } from "../../main/project/project.ts";
import { closing, newProject, PASSPHRASE } from "./builder.ts";
import type { Named, NamingOrder } from "./children/naming.ts";

const SCRIPT = fileURLToPath(new URL("./children/naming.ts", import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const orderFor = ({ path, key, member }: Project, prefix: string, count: number): NamingOrder => ({
  ...{ path, prefix, count },
  key: Buffer.from(key).toString("base64"),
  memberId: member.id,
});

/** Sends the order; answers what the child said, when it has ended. */
function told(child: ChildProcess, order: NamingOrder): { said: Named[]; ended: Promise<unknown> } {
  children.push(child);
  const said: Named[] = [];
  child.on("message", (message: Named) => said.push(message));
  const ended = once(child, "exit");
  child.send(order);
  return { said, ended };
}
const started = (order: NamingOrder) =>
  told(fork(SCRIPT, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] }), order);
const namesIn = (said: readonly Named[]) => said.flatMap((one) => ("name" in one ? [one.name] : []));
const classesOf = (project: Project) => project.labels.classes().map(({ name }) => name);

test("three processes write at once: nothing of any is lost, and the log is one whole chain over all of it", async () => {
  const { project } = await newProject();
  const { total } = project.audit.list(0, 1);
  const a = started(orderFor(project, "a", 40));
  const b = started(orderFor(project, "b", 40));
  const own: string[] = [];
  while (own.length < 40) {
    own.push(project.labels.saveClass({ name: `own ${own.length}` }).name);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.all([a.ended, b.ended]);
  const named = [...namesIn(a.said), ...namesIn(b.said)];
  expect(named).toHaveLength(80);
  expect(classesOf(project).toSorted()).toEqual([...named, ...own].toSorted());
  expect(project.audit.list(0, 1)).toMatchObject({ total: total + 120, intact: true });
  expect(project.integrityCheck()).toBe("ok");
});

test("one that is killed while another writes takes nothing of the other's with it", async () => {
  const { project } = await newProject();
  const a = started(orderFor(project, "a", 400));
  const b = started(orderFor(project, "b", 40));
  while (namesIn(a.said).length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  children[0]!.kill("SIGKILL");
  await Promise.all([a.ended, b.ended]);
  const present = classesOf(project);
  for (const name of [...namesIn(a.said), ...namesIn(b.said)]) expect(present).toContain(name);
  expect(namesIn(b.said)).toHaveLength(40);
  expect(project.audit.list(0, 1).intact).toBe(true);
  expect(project.integrityCheck()).toBe("ok");
});

test.skipIf(process.platform === "win32")(
  "a process whose files may not grow any more is refused, and what it was answered before is there",
  async () => {
    const { project } = await newProject();
    const { path } = project;
    const order = orderFor(project, "a", 5000);
    project.close();
    // The limit is on a file's length, in 512 bytes; the signal that would end the process is ignored, so that the write fails as on a full disk.
    const blocks = Math.ceil(statSync(join(path, "project.db")).size / 512) + 200;
    const limited = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$1"`;
    const child = spawn("/bin/sh", ["-c", limited, process.execPath, SCRIPT], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const { said, ended } = told(child, order);
    await ended;
    expect(said.at(-1)).toEqual({ refused: expect.stringMatching(/^(project\/disk-full|app\/internal)$/) });
    const named = namesIn(said);
    expect(named.length).toBeGreaterThan(2);
    const again = closing(await openProject({ path, passphrase: PASSPHRASE }));
    expect(classesOf(again)).toEqual(named);
    expect(again.audit.list(0, 1).intact).toBe(true);
    expect(again.integrityCheck()).toBe("ok");
    expect(again.labels.saveClass({ name: "after" }).name).toBe("after");
    expect(readdirSync(path)).not.toContain("keys.json.new");
  },
);
