// What is left in memory after a project was locked: the studio as a real process, worked with over HTTP, locked, and its memory searched.
//
// What a core dump of the studio's process would hold is read while it is stopped (memory-image.ts); of its children nothing is left to read. Looked
// for are the passphrase, the recovery key, the data key, names of patients and members, each as UTF-8 (which is how V8 keeps such strings, and
// native code too), UTF-16, hexadecimal and base64. The same search before locking shows that it finds them.
//
// What JavaScript cannot wipe and what is done instead: main/api/README.md and main/hosts/README.md, on locking and on memory.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { openProject } from "../../main/project/project.ts";
import { RPC_PATH, type Studio } from "../../preload/contract/index.ts";
import { box } from "../project/shapes.ts";
import { countInMemory, keySecret, type Secret, textSecret } from "./memory-image.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";

const MINUTES = 60_000;
/** After the answer to locking: memory is usually clean after a quarter of this and has to be at the end, on a busy machine too. */
const SETTLE_MS = 20_000;
const SEARCHES = 4;

/** Names that occur, some of them hundreds of times, before locking. */
const NAMES = ["patient", "member", "file name", "class"];
const PASSPHRASE = "Vbqzwx passphrase of this reader";
const WRONG = "Kjqzvw not the passphrase";
const PATIENT = "Xqzjwv";
const MEMBER = "Dr Wqjxzv";
const FILE = "Hzqkxw";
const CLASS = "Yzqxvj doubtful";

describe.skipIf(process.platform !== "linux")("memory after locking (wants Linux)", () => {
  let folder: string;
  let source: string;
  let droppedFile: Uint8Array;
  let studio: StudioProcess;
  let client: Studio;
  let get: (path: string) => Promise<number>;
  const secrets: Secret[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "loupe-memory-"));
    source = join(folder, "source");
    for (let index = 0; index < 24; index += 1) {
      const part = join(source, index % 4 < 2 ? "one" : "two");
      mkdirSync(part, { recursive: true });
      writeFileSync(join(part, `${FILE}-${index}.dcm`), marked(index));
    }
    droppedFile = marked(30);
    studio = await startStudio({ timeoutMs: 5 * MINUTES });
    const { origin } = new URL(studio.link);
    const entered = await fetch(studio.link, { redirect: "manual" });
    const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
    const headers = { cookie, origin };
    client = createORPCClient(new RPCLink({ url: `${origin}${RPC_PATH}`, headers }));
    get = async (path) => {
      const answer = await fetch(`${origin}${path}`, { headers });
      await answer.arrayBuffer();
      return answer.status;
    };
  }, 6 * MINUTES);

  afterAll(async () => {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** How often each secret is in the memory of the studio's process. */
  function found(): Record<string, number> {
    const say = process.env.LOUPE_DEBUG ? console.error : undefined;
    return countInMemory(studio.child.pid!, secrets, say);
  }

  const childrenOf = (pid: number): string[] =>
    readdirSync("/proc").filter((entry) => {
      if (!/^\d+$/.test(entry)) return false;
      try {
        return readFileSync(`/proc/${entry}/stat`, "utf8").split(") ")[1]!.split(" ")[1] === String(pid);
      } catch {
        return false; // ended meanwhile
      }
    });

  test(
    "passphrase, keys and names are there while the project is open, and gone after it was locked",
    async () => {
      let closing = false;
      const events = (async () => {
        const kinds = new Set<string>();
        for await (const event of await client.app.events()) {
          kinds.add(event.type);
          if (event.type === "changed" && event.topic === "project" && closing) break;
        }
        return kinds;
      })();
      const { project, recoveryKey } = await client.projects.create({
        name: "Chest",
        folder: join(folder, "projects"),
        member: MEMBER,
        passphrase: PASSPHRASE,
      });
      secrets.push(
        textSecret("passphrase", PASSPHRASE),
        textSecret("wrong passphrase", WRONG),
        textSecret("recovery key", recoveryKey),
        textSecret("recovery key without hyphens", recoveryKey.replaceAll("-", "")),
        textSecret("patient", PATIENT),
        textSecret("member", MEMBER),
        textSecret("file name", FILE),
        textSecret("class", CLASS),
      );
      await work();
      await client.projects.lock();
      await expect(client.projects.open({ path: project.path, passphrase: WRONG })).rejects.toThrow();
      await client.projects.open({ path: project.path, passphrase: PASSPHRASE });
      await browse();

      const opened = await openProject({ path: project.path, passphrase: PASSPHRASE });
      secrets.push(keySecret("data key", opened.key));
      opened.close();
      const before = found();
      expect(before["data key"], "data key").toBeGreaterThan(0);
      for (const name of NAMES) expect(before[name], name).toBeGreaterThan(0);

      closing = true;
      await wait(1000); // connections that grew too old meanwhile are closed by then
      await client.projects.lock();
      await events;
      let after = before;
      for (let search = 1; search <= SEARCHES; search++) {
        await wait(SETTLE_MS);
        after = found();
        if (Object.values(after).every((times) => times === 0)) break;
        console.error(`search ${search} after locking:`, JSON.stringify(after));
      }
      expect(childrenOf(studio.child.pid!)).toEqual([]);
      console.error("before and after locking:", JSON.stringify(before), JSON.stringify(after));
      expect(after).toEqual(Object.fromEntries(secrets.map(({ name }) => [name, 0])));
    },
    10 * MINUTES,
  );

  async function work(): Promise<void> {
    const imported = await ended(
      await client.images.importPath({ path: source, labels: "folders", deidentify: { profile: "none" } }),
    );
    expect(imported.result).toMatchObject({ imported: 24, labelled: 24 });
    const dropped = new File([Buffer.from(droppedFile)], `${FILE}-dropped.dcm`);
    await client.images.importFile({ name: dropped.name, bytes: dropped, deidentify: { profile: "none" } });
    await browse();
    const snapshot = await client.snapshots.create({ name: "first" });
    const [suggested] = await client.runs.recipes({ snapshotId: snapshot.id });
    const recipe = { ...suggested!.recipe, architecture: "logistic" as const, inputSize: 16, epochs: 3 };
    const { job, run: training } = await client.runs.start({ snapshotId: snapshot.id, recipe });
    expect((await ended(job)).state).toBe("done");
    const { modelId } = await client.runs.get({ id: training.id });
    const { items } = await client.images.list({});
    await client.explanations.map({ modelId: modelId!, imageId: items[0]!.id, method: "input-gradient" });
  }

  /** What a reader does in the library and the viewer. */
  async function browse(): Promise<void> {
    const { items } = await client.images.list({ filter: { text: PATIENT } });
    expect(items.length).toBeGreaterThan(20);
    for (const { id } of items) {
      expect([await get(`/thumbnails/${id}`), await get(`/pixels/${id}/0`)]).toEqual([200, 200]);
      await client.images.get({ id });
      await client.labels.forImage({ imageId: id });
    }
    const classes = await client.labels.classes();
    const doubtful = classes.find(({ name }) => name === CLASS) ?? (await client.labels.saveClass({ name: CLASS }));
    await client.labels.apply({ edits: [{ do: "put", shape: box(items[0]!.id, doubtful.id) }] });
    await client.labels.apply({ edits: [{ do: "class", imageId: items[1]!.id, classId: doubtful.id }] });
    await client.projects.members();
    await client.audit.list({ limit: 100 });
  }

  async function ended({ id }: { id: string }) {
    for (;;) {
      const job = await client.jobs.get({ id });
      if (job.state !== "running") return job;
      await wait(100);
    }
  }
});

/** A sample file whose patient is called as the marker says. */
function marked(index: number): Uint8Array {
  const file = Buffer.from(drawPhantom({ index, seed: 5 }).bytes);
  for (const name of ["Phantom^", "PHANTOM-"]) {
    for (let at = file.indexOf(name); at >= 0; at = file.indexOf(name, at + 1)) file.write(PATIENT, at, "latin1");
  }
  return file;
}
