import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { openProject, openProjectWithKey, type Project } from "../../main/project/project.ts";
import { addImages, closing, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";
import { ENTRIES_BEFORE, PLANNED_IMAGES, stateAfter, stateOf } from "./change-plan.ts";
import type { CreatingOrder } from "./children/creating.ts";
import type { LabellingOrder } from "./children/labelling.ts";

const KILLS = 20;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Orders {
  labelling: LabellingOrder;
  creating: CreatingOrder;
}

/** A real process of ours; its messages are collected. */
function start<Script extends keyof Orders>(
  script: Script,
  order: Orders[Script],
): { child: ChildProcess; said: number[] } {
  const path = fileURLToPath(new URL(`./children/${script}.ts`, import.meta.url));
  const child = fork(path, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  children.push(child);
  const said: number[] = [];
  child.on("message", (number: number) => said.push(number));
  child.send(order);
  return { child, said };
}

async function killAfter(child: ChildProcess, said: readonly number[], milliseconds: number): Promise<void> {
  while (said.length === 0) await wait(5);
  await wait(milliseconds);
  child.kill("SIGKILL");
  await once(child, "close");
}

const keyMessage = ({ path, key, member }: Project): LabellingOrder => ({
  path,
  key: Buffer.from(key).toString("base64"),
  memberId: member.id,
});

/** All bytes that lie in the project's folder. */
const filesOf = (path: string) => readdirSync(path).map((name) => ({ name, bytes: readFileSync(join(path, name)) }));

async function plannedProject() {
  const { project } = await newProject();
  addImages(project, PLANNED_IMAGES);
  for (const name of ["normal", "lesion"]) project.labels.saveClass({ name });
  expect(project.audit.list(0, 1).total).toBe(ENTRIES_BEFORE);
  return project;
}

test(`${KILLS} kills in the middle of labelling lose no acknowledged change and leave no half of one`, async () => {
  const project = await plannedProject();
  const message = keyMessage(project);
  const { path, key, member } = project;
  project.close();
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, said } = start("labelling", message);
    await killAfter(child, said, Math.random() * 40);
    acknowledged = Math.max(acknowledged, said.at(-1) ?? 0);
    const opened = openProjectWithKey({ path, key: Uint8Array.from(key), memberId: member.id });
    const { total, intact } = opened.audit.list(0, 1);
    const changes = total - ENTRIES_BEFORE;
    expect(changes).toBeGreaterThanOrEqual(acknowledged);
    expect(intact).toBe(true);
    expect(stateOf(opened)).toEqual(stateAfter(changes));
    expect(opened.labels.history().undo).toBe(changes);
    expect(opened.integrityCheck()).toBe("ok");
    opened.close();
  }
  expect(acknowledged).toBeGreaterThan(KILLS);
});

test("two processes that label at the same time lose nothing and make one chain of audit", async () => {
  const project = await plannedProject();
  const { child, said } = start("labelling", keyMessage(project));
  while (said.length === 0) await wait(5);
  let own = 0;
  for (; own < 30; own++) project.labels.saveClass({ name: `class ${own}` });
  await killAfter(child, said, 0);
  const { total, intact } = project.audit.list(0, 1);
  expect(intact).toBe(true);
  expect(total).toBeGreaterThanOrEqual(ENTRIES_BEFORE + own + said.length);
  expect(project.labels.classes()).toHaveLength(own + 2);
  expect(project.integrityCheck()).toBe("ok");
});

test("a kill in the middle of creating leaves whole projects and nothing that looks like one", async () => {
  for (let kill = 0; kill < 6; kill++) {
    const folder = temporaryFolder();
    const { child, said } = start("creating", { folder, passphrase: PASSPHRASE });
    await killAfter(child, said, Math.random() * 40);
    const made = readdirSync(folder).filter((name) => name.endsWith(".loupe"));
    expect(made.length).toBeGreaterThanOrEqual(said.length);
    for (const name of made) {
      const opened = closing(await openProject({ path: join(folder, name), passphrase: PASSPHRASE }));
      expect(opened.integrityCheck()).toBe("ok");
      opened.close();
    }
    await newProject({ folder, name: "after the kill" });
    expect(readdirSync(folder).filter((name) => !name.endsWith(".loupe"))).toEqual([]);
  }
});

test("no word of patients, labels, readers or passphrases lies in any file, open, killed or closed", async () => {
  const MARKER = "MARKER-7d1f";
  const folder = temporaryFolder();
  const { createProject } = await import("../../main/project/project.ts");
  const { CHEAP } = await import("./builder.ts");
  const { project, recoveryKey } = await createProject({
    folder,
    name: "Chest",
    member: `${MARKER} reader`,
    passphrase: `${MARKER} passphrase`,
    cost: CHEAP,
  });
  closing(project);
  addImages(project, PLANNED_IMAGES, (index) => ({
    name: `${MARKER}-name-${index}.dcm`,
    patient: `${MARKER}-patient-${index}`,
    tags: [{ tag: "00100010", name: "PatientName", value: `${MARKER}^name` }],
    thumbnail: Buffer.from(`${MARKER} thumbnail`),
    frames: [{ transferSyntax: "raw", bytes: Buffer.from(`${MARKER} pixels `.repeat(500)) }],
    encoding: { marker: MARKER },
  }));
  for (const name of ["normal", "lesion"]) project.labels.saveClass({ name: `${MARKER} ${name}` });
  await project.members.changePassphrase(`${MARKER} passphrase`, `${MARKER} passphrase 2`, { cost: CHEAP });

  const encodings: BufferEncoding[] = ["utf8", "utf16le", "base64", "hex"];
  const secrets = [MARKER, recoveryKey, recoveryKey.replaceAll("-", "")].flatMap((text) => [
    ...encodings.map((encoding) => Buffer.from(Buffer.from(text).toString(encoding))),
    Buffer.from(text, "utf16le"),
  ]);
  secrets.push(Buffer.from(project.key), Buffer.from(Buffer.from(project.key).toString("hex")));
  secrets.push(Buffer.from(Buffer.from(project.key).toString("base64")));
  const found = () =>
    filesOf(project.path).flatMap(({ name, bytes }) =>
      secrets.filter((secret) => bytes.includes(secret)).map((secret) => `${name}: ${secret.toString("latin1")}`),
    );
  expect(filesOf(project.path).map(({ name }) => name)).toContain("project.db-wal");
  expect(found()).toEqual([]);

  const { child, said } = start("labelling", keyMessage(project));
  await killAfter(child, said, 30);
  expect(found()).toEqual([]);
  const names = filesOf(project.path).map(({ name }) => name);
  expect(names).toContain("project.db-shm");
  project.close();
  expect(found()).toEqual([]);
  // The search itself finds what is there.
  expect(filesOf(project.path).some(({ bytes }) => bytes.includes("argon2id"))).toBe(true);
});
