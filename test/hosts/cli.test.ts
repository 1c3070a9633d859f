import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject } from "../../main/project/index.ts";
import { type Finished, type RunOptions, runLoupe } from "./run-loupe.ts";

/** A Node of the system that cannot run TypeScript, or null. */
const olderNode =
  ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
    if (!existsSync(path)) return false;
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    return Number(/^v(\d+)/.exec(stdout)?.[1] ?? 99) < 24;
  }) ?? null;
const PASSPHRASE = "correct horse battery staple";
let folder: string;
let env: Record<string, string>;

const run = (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Finished> =>
  runLoupe(args, { folder, env, ...more });
/** Runs with --json and reads the one document on stdout. */
async function json(...args: string[]): Promise<{ code: number | null; document: Record<string, unknown> }> {
  const { code, stdout } = await run([...args, "--json"]);
  return { code, document: JSON.parse(stdout) as Record<string, unknown> };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "loupe-cli-"));
  env = { LOUPE_PASSPHRASE: PASSPHRASE, LOUPE_PROJECT: join(folder, "Chest.loupe") };
  const made = await run(["new", "Chest", "--folder", folder, "--member", "Ada", "--json"]);
  expect(made).toMatchObject({ code: 0 });
  expect(JSON.parse(made.stdout)).toMatchObject({ project: { name: "Chest", member: { name: "Ada" } } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("loupe", () => {
  test("explains itself and every command, with exit code 0", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    const commands = ["new", "import", "deidentify", "label", "snapshot", "train", "runs"];
    commands.push("evaluate", "compare", "compress", "explain", "export", "save", "serve", "demo");
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    const details = await Promise.all(
      ["import", "deidentify", "train", "demo"].map((command) => run([command, "--help"])),
    );
    for (const detail of details) {
      expect(detail.code).toBe(0);
      expect(detail.stdout).toContain("--json");
    }
  });

  test.each([[["unheard"]], [["import", "--sample", "somewhere"]], [["train", "--epochs", "many"]], [["export"]]])(
    "%j is a mistake in the command: exit code 2, nothing on stdout",
    async (args) => {
      const { code, stdout, stderr } = await run(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^error/);
    },
  );

  test("tells a mistake as JSON where JSON was asked for", async () => {
    expect(await json("train", "--epochs", "many")).toMatchObject({
      code: 2,
      document: { error: { code: "app/invalid-input" } },
    });
  });

  test("refuses with exit code 1, the error code and a sentence", async () => {
    const human = await run(["runs"], { env: { ...env, LOUPE_PASSPHRASE: "wrong wrong wrong" } });
    expect(human).toMatchObject({ code: 1, stdout: "" });
    expect(human.stderr).toMatch(/^error \[project\/key-wrong\]: The passphrase is not right\./);
    const weak = await run(["new", "Weak", "--folder", folder], { env: { LOUPE_PASSPHRASE: "1234567" } });
    expect(weak).toMatchObject({ code: 1, stdout: "" });
    expect(weak.stderr).toMatch(/^error \[project\/passphrase-weak\]: A passphrase needs at least 8 characters/);
    expect(await json("explain", "none.png")).toMatchObject({
      code: 1,
      document: { error: { code: "app/not-found" } },
    });
  });

  test("takes the passphrase from a file, and says what to do where it has none", async () => {
    const file = join(folder, "passphrase.txt");
    writeFileSync(file, `${PASSPHRASE}\n`);
    chmodSync(file, 0o600);
    const { LOUPE_PROJECT } = env;
    const bare = { env: { LOUPE_PROJECT: LOUPE_PROJECT! } };
    expect(await run(["runs", "--passphrase-file", file], bare)).toMatchObject({ code: 0 });
    const none = await run(["runs"], bare);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("--passphrase-file");
  });

  test("is an installed command, too", async () => {
    const { code, stdout } = await run(["--version"], { command: [process.execPath, "main/hosts/cli/loupe.mjs"] });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test.skipIf(olderNode === null)(
    "runs on the Node of the packages where the system's is older (skipped without one)",
    async () => {
      const { code, stdout } = await run(["runs", "--json"], { command: [olderNode!, "main/hosts/cli/loupe.mjs"] });
      expect({ code, runs: JSON.parse(stdout) as unknown }).toEqual({ code: 0, runs: [] });
    },
  );
});

describe("the job without a window", () => {
  test("goes from images to an evaluation, each step one JSON document", async () => {
    expect(await json("import", "--sample", "--images", "40")).toMatchObject({
      code: 0,
      document: { imported: 40, labelled: 40 },
    });
    expect(await json("label")).toMatchObject({
      document: { unlabelled: 0, classes: [{ name: "normal" }, { name: "lesion" }] },
    });

    const csv = join(folder, "labels.csv");
    writeFileSync(csv, "file,label\nno-such-file.dcm,normal\n");
    expect(await json("label", "--csv", csv)).toMatchObject({
      document: { labelled: 0, unmatched: ["no-such-file.dcm"] },
    });

    const snapshot = await json("snapshot", "first");
    expect(snapshot).toMatchObject({
      code: 0,
      document: { name: "first", classes: [{ name: "normal" }, { name: "lesion" }] },
    });
    const train = await json("train", "--architecture", "logistic", "--epochs", "3", "--input-size", "16");
    expect(train).toMatchObject({ code: 0, document: { state: "done", snapshotId: snapshot.document.id } });
    const evaluation = await json("evaluate", "--part", "validation");
    expect(evaluation).toMatchObject({ code: 0, document: { part: "validation", modelId: train.document.modelId } });
    const second = await json("train", "--architecture", "logistic", "--epochs", "1", "--input-size", "8");
    const both = [train.document.id, second.document.id] as string[];
    expect(await json("compare", ...both, "--part", "validation")).toMatchObject({
      code: 0,
      document: { part: "validation", modelIds: [train.document.modelId, second.document.modelId], pairs: [{}] },
    });
    expect(await run(["compare", both[0]!])).toMatchObject({ code: 2 });
    const runs = await run(["runs"]);
    expect(runs.stdout).toContain("logistic 1");

    const saved = await json("save", "--name", "胸片", "--folder", join(folder, "models"), "--format", "tensorflow");
    expect(saved).toMatchObject({
      code: 0,
      document: { path: join(folder, "models", "胸片", "model.json"), copies: false },
    });
    expect(await json("save", "--name", "a/b", "--folder", folder)).toMatchObject({
      code: 1,
      document: { error: { code: "app/invalid-input" } },
    });

    const picture = join(folder, "map.png");
    const explain = ["explain", "PHANTOM-7-0001-1.dcm", "--method", "input-gradient", "--output", picture];
    expect(await json(...explain)).toMatchObject({ code: 0, document: { method: "input-gradient", output: picture } });
    expect(readFileSync(picture).subarray(1, 4).toString()).toBe("PNG");
    const project = await openProject({ path: env.LOUPE_PROJECT!, passphrase: PASSPHRASE });
    const exported = project.audit.list(0, 500).entries.filter(({ action }) => action === "image/export");
    project.close();
    expect(exported.map(({ detail }) => JSON.parse(detail) as unknown)).toEqual([{ form: "explanation" }]);
  });

  test("is stopped by Ctrl-C: the run is cancelled, keeps its place, and --resume ends it", async () => {
    const args = ["train", "--architecture", "logistic", "--input-size", "16", "--epochs", "400"];
    let stopped = false;
    const { code, stderr } = await run(args, {
      onStderr(child, text) {
        if (!stopped && text.includes("training")) {
          stopped = true;
          child.kill("SIGINT");
        }
      },
    });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("error [app/aborted]") });
    const [run1] = JSON.parse((await run(["runs", "--json"])).stdout) as { id: string; state: string; step: number }[];
    expect(run1).toMatchObject({ state: "cancelled" });
    expect(await json("train", "--resume", "latest")).toMatchObject({
      code: 0,
      document: { id: run1!.id, state: "done" },
    });
  });

  test("can work on a project that a window has open", async () => {
    const { openStudio } = await import("../api/open-studio.ts");
    const window = await openStudio();
    try {
      await window.client.projects.open({ path: env.LOUPE_PROJECT!, passphrase: PASSPHRASE });
      const job = await window.client.images.importSample({ images: 200, seed: 11 });
      mkdirSync(join(folder, "empty"), { recursive: true });
      expect((await json("import", join(folder, "empty"))).code).toBe(0);
      expect((await window.client.jobs.get({ id: job.id })).state).toMatch(/running|done/);
      const jobs = await window.client.jobs.list();
      expect(jobs.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["import", "sample"]));
    } finally {
      await window.close();
    }
  });
});
