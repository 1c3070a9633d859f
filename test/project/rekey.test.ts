import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { PAGE_SIZE } from "../../main/project/cipher.ts";
import { ProjectDatabase } from "../../main/project/database.ts";
import { openProject, openProjectWithKey, type Project, recoverProject } from "../../main/project/project.ts";
import type { RekeyStep } from "../../main/project/rekey.ts";
import { addImages, CHEAP, closing, newProject, PASSPHRASE } from "./builder.ts";
import type { RemovingOrder } from "./children/removing.ts";
import { addMember } from "./second-member.ts";

const refusal = (code: string) => expect.objectContaining({ code });
const BO = "Bo says friend";
const open = async (path: string, passphrase: string) => closing(await openProject({ path, passphrase, cost: CHEAP }));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A project with images, a label of each of two administrators, and free pages; only Ada has it open. */
async function sharedProject() {
  const { project, recoveryKey } = await newProject();
  const images = addImages(project, 30, (index) => ({
    frames: [{ transferSyntax: "raw", bytes: new Uint8Array(30_000).fill(index) }],
  }));
  const bo = await addMember(project, "Bo", "administrator");
  const { id: classId } = project.labels.saveClass({ name: "lesion" });
  project.labels.apply([{ do: "class", imageId: images[0]!, classId }]);
  bo.labels.apply([{ do: "class", imageId: images[1]!, classId }]);
  bo.close();
  return { project, recoveryKey, bo: bo.member.id, images };
}

/** What the project says of its images: another number than before, and something was lost. */
const contentOf = (project: Project, images: readonly string[]) =>
  images.map((id) => {
    const { classId, classReader } = project.labels.forImage(id);
    const { frame } = project.images.frame(id, 0);
    return [classId, classReader, frame.bytes.length, frame.bytes[0]];
  });

const AT_REST = ["host.lock", "keys.json", "open.lock", "project.db"];

describe("removing a member", () => {
  test("takes their key away, keeps everything they said, and leaves the others their passphrases", async () => {
    const { project, recoveryKey, bo, images } = await sharedProject();
    await project.members.add({ name: "Cleo", role: "reader", passphrase: "Cleo says friend", cost: CHEAP });
    const before = contentOf(project, images);
    const oldKey = project.key;
    const newRecoveryKey = await project.removeMember(bo);
    expect(newRecoveryKey).not.toBe(recoveryKey);

    // The open project goes on as if nothing had happened.
    expect(contentOf(project, images)).toEqual(before);
    expect(project.members.list().map(({ name, removedAt }) => [name, removedAt !== null])).toEqual([
      ["Ada", false],
      ["Bo", true],
      ["Cleo", false],
    ]);
    expect(project.audit.list(0, 2)).toMatchObject({
      intact: true,
      entries: [{ action: "project/rekey" }, { action: "member/remove", subject: bo, member: "Ada" }],
    });
    project.labels.saveClass({ name: "written after" });
    project.close();
    expect(readdirSync(project.path).sort()).toEqual(AT_REST);

    await expect(open(project.path, BO)).rejects.toEqual(refusal("project/key-wrong"));
    const reader = await open(project.path, "Cleo says friend");
    expect(contentOf(reader, images)).toEqual(before);
    expect(reader.integrityCheck()).toBe("ok");
    reader.close();
    expect(() => new ProjectDatabase(join(project.path, "project.db"), oldKey, { create: false })).toThrow(
      refusal("project/corrupt"),
    );
    const again = { path: project.path, passphrase: "a new passphrase", cost: CHEAP };
    await expect(recoverProject({ ...again, recoveryKey })).rejects.toEqual(refusal("project/key-wrong"));
    closing(await recoverProject({ ...again, recoveryKey: newRecoveryKey })).close();
    (await open(project.path, again.passphrase)).close();
  });

  test("no page of the new file is a page of the old one, and none is readable", async () => {
    const { project, bo } = await sharedProject();
    const read = () => readFileSync(join(project.path, "project.db"));
    project.close();
    const ada = await open(project.path, PASSPHRASE);
    const before = read();
    await ada.removeMember(bo);
    const after = read();
    const pages = (bytes: Buffer) =>
      Array.from({ length: bytes.length / PAGE_SIZE }, (_, page) =>
        bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
      );
    const old = new Set(pages(before).map((page) => page.toString("latin1")));
    expect(old.size).toBeGreaterThan(60);
    expect(pages(after).filter((page) => old.has(page.toString("latin1")))).toEqual([]);
    expect(after.subarray(0, 16)).not.toEqual(before.subarray(0, 16));
    expect(after.includes(Buffer.alloc(512, 7))).toBe(false);
  });

  test("keys.json of before the removal, put back, does not open the project", async () => {
    const { project, bo } = await sharedProject();
    const keysFile = join(project.path, "keys.json");
    const kept = readFileSync(keysFile);
    await project.removeMember(bo);
    project.close();
    writeFileSync(keysFile, kept);
    await expect(open(project.path, BO)).rejects.toEqual(refusal("project/corrupt"));
  });

  test("a public key that somebody put into keys.json gets no new data key", async () => {
    const { project, bo } = await sharedProject();
    const cleo = { name: "Cleo", role: "reader", passphrase: "Cleo says friend", cost: CHEAP } as const;
    const { id } = await project.members.add(cleo);
    const keysFile = join(project.path, "keys.json");
    const keys = JSON.parse(readFileSync(keysFile, "utf8"));
    const slot = (member: string) => keys.members.find((each: { member: string }) => each.member === member);
    // Bo, who is to go, makes Cleo's slot one that Bo's private key opens.
    slot(id).publicKey = slot(bo).publicKey;
    writeFileSync(keysFile, JSON.stringify(keys));
    const before = project.key;
    await expect(project.removeMember(bo)).rejects.toEqual(refusal("project/corrupt"));
    expect(project.key).toEqual(before);
    project.labels.saveClass({ name: "still writes" });
  });

  test("is for administrators, never for the last of them, and for members who are there", async () => {
    const { project, bo } = await sharedProject();
    const cleo = await addMember(project, "Cleo");
    await expect(async () => cleo.removeMember(bo)).rejects.toEqual(refusal("project/not-allowed"));
    await expect(async () => cleo.renewRecoveryKey()).rejects.toEqual(refusal("project/not-allowed"));
    cleo.close();
    await expect(async () => project.removeMember("nobody")).rejects.toEqual(refusal("app/not-found"));
    await project.removeMember(bo);
    await expect(async () => project.removeMember(bo)).rejects.toEqual(refusal("app/not-found"));
    await expect(async () => project.removeMember(project.member.id)).rejects.toEqual(
      refusal("project/last-administrator"),
    );
    expect(() => project.members.setRole({ id: bo, role: "reader" })).toThrow(refusal("app/not-found"));
  });

  test("is refused while anybody else has the project open, and nothing is changed", { timeout: 30_000 }, async () => {
    const { project, bo } = await sharedProject();
    const other = closing(openProjectWithKey({ path: project.path, key: project.key, memberId: project.member.id }));
    await expect(project.removeMember(bo)).rejects.toEqual(refusal("project/in-use"));
    other.labels.saveClass({ name: "of the other" });
    other.close();
    await project.removeMember(bo);
    expect(project.labels.classes().map(({ name }) => name)).toContain("of the other");
  });

  test("while it copies, reading answers, writing and opening are refused; stopping leaves the project as it was", async () => {
    const { project, bo, images } = await sharedProject();
    const before = contentOf(project, images);
    const stop = new AbortController();
    const seen: string[] = [];
    const removing = project.removeMember(bo, {
      signal: stop.signal,
      progress: (done, total) => {
        expect(done).toBeLessThanOrEqual(total);
        if (seen.length > 0) return;
        seen.push("progress");
        expect(contentOf(project, images)).toEqual(before);
        expect(() => project.labels.saveClass({ name: "x" })).toThrow(refusal("project/in-use"));
        expect(() => openProjectWithKey({ path: project.path, key: project.key, memberId: project.member.id })).toThrow(
          refusal("project/in-use"),
        );
        stop.abort();
      },
    });
    await expect(removing).rejects.toEqual(refusal("app/aborted"));
    expect(seen).toEqual(["progress"]);
    project.labels.saveClass({ name: "x" });
    expect(project.members.list().every(({ removedAt }) => removedAt === null)).toBe(true);
    project.close();
    expect(readdirSync(project.path).sort()).toEqual(AT_REST);
    (await open(project.path, BO)).close();
  });

  test("a damaged page stops it before anything is replaced", async () => {
    const { project, bo } = await sharedProject();
    project.close();
    const file = join(project.path, "project.db");
    const bytes = readFileSync(file);
    bytes[bytes.length - 5000]! ^= 1; // a page of frames, which opening does not read
    writeFileSync(file, bytes);
    const ada = await open(project.path, PASSPHRASE);
    await expect(ada.removeMember(bo)).rejects.toMatchObject({
      code: "project/corrupt",
      message: expect.stringContaining("damaged"),
    });
    expect(ada.labels.classes()).toHaveLength(1);
  });
});

test("who stops being an administrator while a removal waits for the others to leave does not leave the project without one", async () => {
  const { project, bo } = await sharedProject();
  const { path, key, member } = project;
  const other = closing(openProjectWithKey({ path, key, memberId: member.id }));
  const removing = project.removeMember(bo);
  project.members.setRole({ id: member.id, role: "reader" });
  other.close();
  await expect(removing).rejects.toEqual(refusal("project/last-administrator"));
  project.close();
  expect((await open(path, BO)).member.role).toBe("administrator");
});

describe("a passphrase that is hashed while the project gets another key", () => {
  /** Slow enough that the key is another when it is done. */
  const SLOW = { memoryKiB: 128 * 1024, passes: 8, lanes: 4 };

  test("opens the project with the key that it has then: a changed one, and one of somebody who is let in", async () => {
    const { project, images } = await sharedProject();
    const before = contentOf(project, images);
    const changing = project.members.changePassphrase(PASSPHRASE, "other words of Ada", { cost: SLOW });
    const adding = project.members.add({ name: "Cleo", role: "reader", passphrase: "Cleo says friend", cost: SLOW });
    const newRecoveryKey = await project.renewRecoveryKey();
    await Promise.all([changing, adding]);
    project.close();
    for (const words of ["other words of Ada", "Cleo says friend"]) {
      const opened = await open(project.path, words);
      expect(contentOf(opened, images)).toEqual(before);
      opened.close();
    }
    const { path } = project;
    closing(await recoverProject({ path, recoveryKey: newRecoveryKey, passphrase: PASSPHRASE, cost: CHEAP })).close();
  });

  test("gives nobody a key back who was removed meanwhile", async () => {
    const { project, bo } = await sharedProject();
    // Ada removes herself, which another administrator makes possible, while her own passphrase is being changed.
    expect(bo).not.toBe(project.member.id);
    const changing = project.members.changePassphrase(PASSPHRASE, "other words of Ada", { cost: SLOW });
    await project.removeMember(project.member.id);
    await expect(changing).rejects.toEqual(refusal("project/not-allowed"));
    project.close();
    for (const words of [PASSPHRASE, "other words of Ada"]) {
      await expect(open(project.path, words)).rejects.toEqual(refusal("project/key-wrong"));
    }
    await open(project.path, BO);
  });
});

test("a renewed recovery key replaces the old one; who was not an administrator cannot renew it", async () => {
  const { project, recoveryKey } = await newProject();
  const renewed = await project.renewRecoveryKey();
  expect(project.audit.list(0, 1).entries[0]).toMatchObject({ action: "project/rekey" });
  project.close();
  const again = { path: project.path, passphrase: "a new passphrase", cost: CHEAP };
  await expect(recoverProject({ ...again, recoveryKey })).rejects.toEqual(refusal("project/key-wrong"));
  closing(await recoverProject({ ...again, recoveryKey: renewed })).close();
});

describe("a process that dies while it removes a member", () => {
  /** What the project is after a death at each step. */
  const OUTCOMES: Record<RekeyStep, "as before" | "removed"> = {
    alone: "as before",
    copying: "as before",
    copied: "as before",
    changed: "as before",
    "both-sets": "as before",
    "old-closed": "as before",
    renamed: "removed",
    "new-set": "removed",
  };
  const steps = Object.entries(OUTCOMES) as [RekeyStep, "as before" | "removed"][];

  test.each(steps)(
    "at the step %s leaves the project %s, with nothing lost and nothing left over",
    async (dieAt, outcome) => {
      const { project, recoveryKey, bo, images } = await sharedProject();
      const before = contentOf(project, images);
      const { total } = project.audit.list(0, 1);
      const order: RemovingOrder = {
        path: project.path,
        key: Buffer.from(project.key).toString("base64"),
        memberId: project.member.id,
        removed: bo,
        dieAt,
      };
      project.close();
      const script = fileURLToPath(new URL("./children/removing.ts", import.meta.url));
      const child = fork(script, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
      children.push(child);
      child.send(order);
      const [, signal] = await once(child, "exit");
      expect(signal).toBe("SIGKILL");

      const removed = outcome === "removed";
      // Who was removed tries first: they must neither get in nor keep the others out.
      const bos = open(project.path, BO);
      if (removed) await expect(bos).rejects.toEqual(refusal("project/key-wrong"));
      else (await bos).close();
      const ada = await open(project.path, PASSPHRASE);
      expect(contentOf(ada, images)).toEqual(before);
      expect(ada.integrityCheck()).toBe("ok");
      expect(ada.members.list().map(({ removedAt }) => removedAt !== null)).toEqual([false, removed]);
      expect(ada.audit.list(0, 1)).toMatchObject({ intact: true, total: total + (removed ? 2 : 0) });
      // Nobody has seen the new recovery key; after the last step it is in keys.json all the same.
      expect(ada.summary().hasRecoveryKey).toBe(dieAt !== "renamed");
      ada.labels.saveClass({ name: "after the crash" });
      const renewed = removed ? await ada.renewRecoveryKey() : recoveryKey;
      expect(ada.summary().hasRecoveryKey).toBe(true);
      ada.close();
      expect(readdirSync(project.path).sort()).toEqual(AT_REST);
      const keys = JSON.parse(readFileSync(join(project.path, "keys.json"), "utf8"));
      expect(keys.next).toBeUndefined();
      const again = { path: project.path, passphrase: "a new passphrase", cost: CHEAP };
      closing(await recoverProject({ ...again, recoveryKey: renewed })).close();
    },
  );
});
