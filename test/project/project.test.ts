import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { LEAST_COST } from "../../main/project/passphrase.ts";
import { createProject, openProject, openProjectWithKey, recoverProject } from "../../main/project/project.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { addImages, CHEAP, closing, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";

const refusal = (code: string) => expect.objectContaining({ code });

function editKeys(path: string, edit: (keys: Record<string, unknown>) => void): void {
  const file = join(path, "keys.json");
  const keys = JSON.parse(readFileSync(file, "utf8"));
  edit(keys);
  writeFileSync(file, JSON.stringify(keys));
}

describe("creating", () => {
  test("a new project opens again with its passphrase and has its true name", async () => {
    const { project } = await newProject({ name: "研究 α/β: «Ж»?" });
    expect(project.name).toBe("研究 α/β: «Ж»?");
    expect(project.path.endsWith("研究 α_β_ «Ж»_.loupe")).toBe(true);
    project.close();
    const again = closing(await openProject({ path: project.path, passphrase: PASSPHRASE }));
    expect(again.summary()).toEqual({
      id: project.id,
      name: "研究 α/β: «Ж»?",
      path: project.path,
      createdAt: project.createdAt,
      member: { id: project.member.id, name: "Ada", role: "administrator" },
      hasRecoveryKey: true,
      counts: { images: 0, patients: 0, labelled: 0, snapshots: 0, runs: 0, models: 0 },
    });
  });

  test.each(["..", "CON", "a".repeat(120), "医".repeat(120), "e\u0301", ".hidden", "trailing. ", "🫁"])(
    "the name %j becomes a folder inside the chosen one and is kept",
    async (name) => {
      const folder = temporaryFolder();
      const { project } = await newProject({ name, folder });
      expect(readdirSync(folder)).toHaveLength(1);
      expect(project.name).toBe(name.normalize("NFC").trim());
    },
  );

  test("a second project of the same name is refused and the first stays", async () => {
    const folder = temporaryFolder();
    const { project } = await newProject({ folder });
    await expect(newProject({ folder })).rejects.toEqual(refusal("project/already-exists"));
    project.close();
    closing(await openProject({ path: project.path, passphrase: PASSPHRASE }));
  });

  test("a short passphrase is refused, counted in characters after normalisation", async () => {
    const create = (passphrase: string) =>
      createProject({ folder: temporaryFolder(), name: "x", member: "Ada", passphrase, cost: CHEAP });
    await expect(create("1234567")).rejects.toEqual(refusal("project/passphrase-weak"));
    await expect(create("e\u0301".repeat(7))).rejects.toEqual(refusal("project/passphrase-weak"));
    closing((await create("é".repeat(8))).project);
  });

  test("a creation that fails leaves nothing in the folder", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(newProject({ folder: join(folder, "file") })).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  test("passphrases are hashed with 64 MiB and three passes or more unless a test says otherwise", async () => {
    expect(LEAST_COST).toEqual({ memoryKiB: 65_536, passes: 3, lanes: 4 });
    const { project } = await createProject({
      folder: temporaryFolder(),
      name: "x",
      member: "Ada",
      passphrase: PASSPHRASE,
    });
    closing(project);
    const { kdf } = JSON.parse(readFileSync(join(project.path, "keys.json"), "utf8")).members[0].privateKey;
    expect(kdf).toMatchObject({ name: "argon2id", lanes: 4 });
    expect(kdf.memoryKiB).toBeGreaterThanOrEqual(LEAST_COST.memoryKiB);
    expect(kdf.passes).toBeGreaterThanOrEqual(LEAST_COST.passes);
  });
});

describe("keys", () => {
  test("a wrong passphrase is refused, also one that differs in a capital letter", async () => {
    const { project } = await newProject();
    project.close();
    for (const passphrase of ["", "wrong horse battery staple", PASSPHRASE.toUpperCase()]) {
      await expect(openProject({ path: project.path, passphrase })).rejects.toEqual(refusal("project/key-wrong"));
    }
  });

  test("the same passphrase in composed and decomposed letters opens", async () => {
    const folder = temporaryFolder();
    const { project } = await createProject({
      folder,
      name: "x",
      member: "Zoë",
      passphrase: "Zo\u00eb déjà vu",
      cost: CHEAP,
    });
    project.close();
    closing(await openProject({ path: project.path, passphrase: "Zoe\u0308 de\u0301ja\u0300 vu" }));
  });

  test("a member's name is checked when it is given", async () => {
    const { project } = await newProject();
    project.close();
    const open = (member: string) => openProject({ path: project.path, passphrase: PASSPHRASE, member });
    await expect(open("Eve")).rejects.toEqual(refusal("project/key-wrong"));
    closing(await open("Ada"));
  });

  test("after a change of passphrase the new one opens and the old one does not", async () => {
    const { project } = await newProject();
    await expect(project.members.changePassphrase("wrong one", "a new passphrase", { cost: CHEAP })).rejects.toEqual(
      refusal("project/key-wrong"),
    );
    await expect(project.members.changePassphrase(PASSPHRASE, "short", { cost: CHEAP })).rejects.toEqual(
      refusal("project/passphrase-weak"),
    );
    await project.members.changePassphrase(PASSPHRASE, "a new passphrase", { cost: CHEAP });
    expect(project.audit.list(0, 1).entries[0]?.action).toBe("passphrase/change");
    project.close();
    await expect(openProject({ path: project.path, passphrase: PASSPHRASE })).rejects.toEqual(
      refusal("project/key-wrong"),
    );
    closing(await openProject({ path: project.path, passphrase: "a new passphrase" }));
  });

  test("the recovery key opens and sets a new passphrase; it keeps working; another project's does not", async () => {
    const { project, recoveryKey } = await newProject();
    project.close();
    for (const passphrase of ["first new passphrase", "second new passphrase"]) {
      const recovered = closing(await recoverProject({ path: project.path, recoveryKey, passphrase, cost: CHEAP }));
      expect(recovered.member).toEqual(project.member);
      recovered.close();
      closing(await openProject({ path: project.path, passphrase }));
    }
    const other = await newProject({ name: "Other" });
    await expect(
      recoverProject({ path: project.path, recoveryKey: other.recoveryKey, passphrase: "third passphrase" }),
    ).rejects.toEqual(refusal("project/key-wrong"));
  });

  test("keys moved into another project, or with other hash parameters, do not open it", async () => {
    const { project } = await newProject();
    const other = await newProject({ name: "Other" });
    project.close();
    other.project.close();
    const foreign = temporaryFolder();
    copyFileSync(join(project.path, "project.db"), join(foreign, "project.db"));
    copyFileSync(join(other.project.path, "keys.json"), join(foreign, "keys.json"));
    await expect(openProject({ path: foreign, passphrase: PASSPHRASE })).rejects.toEqual(refusal("project/corrupt"));
    editKeys(project.path, (keys) => {
      (keys.members as { privateKey: { kdf: { passes: number } } }[])[0]!.privateKey.kdf.passes = 2;
    });
    await expect(openProject({ path: project.path, passphrase: PASSPHRASE })).rejects.toEqual(
      refusal("project/key-wrong"),
    );
  });

  test("closing wipes the key, and nothing can be asked of a closed project", async () => {
    const { project } = await newProject();
    const key = project.key;
    const child = openProjectWithKey({ path: project.path, key, memberId: project.member.id });
    expect(child.member).toEqual(project.member);
    child.close();
    expect([...key].every((byte) => byte === 0)).toBe(true);
    project.close();
    project.close();
    expect(() => project.key).toThrow(refusal("project/locked"));
    expect(() => project.images.facets()).toThrow(refusal("project/locked"));
    expect(() => project.labels.saveClass({ name: "x" })).toThrow(refusal("project/locked"));
  });
});

describe("folders that are not quite projects", () => {
  const open = (path: string) => openProject({ path, passphrase: PASSPHRASE });

  test("an empty or missing folder is not a project", async () => {
    const folder = temporaryFolder();
    await expect(open(folder)).rejects.toEqual(refusal("project/not-a-project"));
    await expect(open(join(folder, "nowhere"))).rejects.toEqual(refusal("project/not-a-project"));
  });

  test("a database that is not encrypted is refused", async () => {
    const { project } = await newProject();
    project.close();
    rmSync(join(project.path, "project.db"));
    const plain = new Database(join(project.path, "project.db"));
    plain.exec("CREATE TABLE images (id)");
    plain.close();
    await expect(open(project.path)).rejects.toEqual(refusal("project/not-encrypted"));
  });

  test("a lost file, an empty database and damaged keys are called corrupt", async () => {
    const { project } = await newProject();
    project.close();
    const keys = readFileSync(join(project.path, "keys.json"), "utf8");
    writeFileSync(join(project.path, "keys.json"), keys.slice(0, 100));
    await expect(open(project.path)).rejects.toEqual(refusal("project/corrupt"));
    writeFileSync(join(project.path, "keys.json"), keys.replace("argon2id", "md5"));
    await expect(open(project.path)).rejects.toEqual(refusal("project/corrupt"));
    editKeys(project.path, (content) => {
      (content.members as { privateKey: { kdf: { memoryKiB: number } } }[])[0]!.privateKey.kdf.memoryKiB = 1e12;
    });
    await expect(open(project.path)).rejects.toEqual(refusal("project/corrupt"));
    writeFileSync(join(project.path, "keys.json"), keys);
    truncateSync(join(project.path, "project.db"), 0);
    await expect(open(project.path)).rejects.toEqual(refusal("project/corrupt"));
    rmSync(join(project.path, "project.db"));
    await expect(open(project.path)).rejects.toEqual(refusal("project/corrupt"));
  });

  test("a cut or changed database never opens as if it were whole", async () => {
    const { project } = await newProject();
    addImages(project, 200);
    project.close();
    const file = join(project.path, "project.db");
    const whole = readFileSync(file);
    /** what opening and checking says about these bytes */
    const verdict = async (bytes: Buffer): Promise<string> => {
      writeFileSync(file, bytes);
      try {
        const opened = closing(await open(project.path));
        const found = opened.integrityCheck();
        opened.close();
        return found === "ok" ? found : "found by the check";
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return error.code;
      }
    };
    // Not the first sixteen bytes: a cipher with a passphrase keeps its salt there; ours has a key, and nothing depends on them.
    for (const at of [16, 20, 24, 4090, 5000, whole.length >> 1, whole.length - 100]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      expect([at, await verdict(bytes)]).toEqual([at, expect.stringMatching(/^(project.corrupt|found by the check)$/)]);
    }
    for (const length of [1000, 4096 * 10, whole.length - 4096]) {
      expect([length, await verdict(whole.subarray(0, length))]).toEqual([length, "project/corrupt"]);
    }
    expect(await verdict(whole)).toBe("ok");
  });

  test("a newer schema or newer keys are refused politely, and nothing is changed", async () => {
    const { project } = await newProject();
    const { ProjectDatabase } = await import("../../main/project/database.ts");
    const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
    const version = Number(database.pragma("user_version"));
    database.pragma(`user_version = ${version + 1}`);
    database.close();
    project.close();
    await expect(open(project.path)).rejects.toMatchObject({
      code: "project/newer-version",
      message: expect.stringContaining("please update Loupe"),
    });
    editKeys(project.path, (keys) => {
      keys.version = 3;
      keys.newField = true;
    });
    await expect(open(project.path)).rejects.toEqual(refusal("project/newer-version"));
    expect(existsSync(join(project.path, "project.db-wal"))).toBe(false);
  });

  test.skipIf(process.platform === "win32")("a folder that may not be written is project/read-only", async () => {
    const folder = temporaryFolder();
    const { project } = await newProject({ folder });
    project.close();
    for (const path of [folder, project.path]) chmodSync(path, 0o555);
    for (const name of ["project.db", "keys.json"]) chmodSync(join(project.path, name), 0o444);
    // Root may write anywhere, so it becomes somebody else for a moment.
    const NOBODY = 65_534;
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      await expect(open(project.path)).rejects.toEqual(refusal("project/read-only"));
      await expect(newProject({ folder, name: "Other" })).rejects.toEqual(refusal("project/read-only"));
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
      chmodSync(project.path, 0o755);
    }
    closing(await open(project.path));
  });

  test("what a dead process left of a creation is swept by the next one, what a living one makes is not", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, ".loupe-draft-4194305-dead"));
    mkdirSync(join(folder, `.loupe-draft-${process.pid}-living`));
    await newProject({ folder });
    expect(readdirSync(folder).sort()).toEqual([`.loupe-draft-${process.pid}-living`, "Chest.loupe"]);
  });
});
