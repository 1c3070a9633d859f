import { join } from "node:path";
import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { HostPresence } from "../../main/project/host-presence.ts";
import type { Studio } from "../../preload/contract/index.ts";
import { ended, ORIGIN, openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

let open: TestStudio;
/** The page's client, speaking to the handler through real Requests without a port. */
let page: Studio;

beforeAll(async () => {
  open = await openStudio();
  page = createORPCClient(
    new RPCLink({
      url: `${ORIGIN}/rpc`,
      fetch: (request, init) => open.studio.handle(new Request(request, init as RequestInit)),
    }),
  );
});
afterAll(() => open.close());

const get = (path: string) => open.studio.handle(new Request(`${ORIGIN}${path}`));

async function refusal(call: Promise<unknown>): Promise<{ code: string; status: number; message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ORPCError) return { code: error.code, status: error.status, message: error.message };
    throw error;
  }
  throw new Error("the call was not refused");
}

describe("calls", () => {
  test("travel as Requests and answer what the in-process client answers", async () => {
    expect(await page.projects.current()).toEqual(await open.client.projects.current());
    expect((await page.projects.recent()).map(({ path }) => path)).toEqual([open.project.path]);
  });

  test("answer a refusal with the room's code, its status and its sentence", async () => {
    const answer = await refusal(page.images.get({ id: "none" }));
    expect(answer).toMatchObject({ code: "app/not-found", status: 404 });
    expect(answer.message).toMatch(/\.$/);
    expect(await refusal(open.client.images.get({ id: "none" }))).toEqual(answer);
  });

  test("name the field of an invalid input, and not its value", async () => {
    const answer = await refusal(
      page.projects.create({ name: "geheim".repeat(40), member: "Ada", passphrase: "verschwiegen" }),
    );
    expect(answer).toMatchObject({ code: "app/invalid-input", status: 400 });
    expect(answer.message).toContain("name");
    expect(answer.message).not.toMatch(/geheim|verschwiegen/);
  });

  test("that cannot be read are invalid input, and not quoted", async () => {
    const request = new Request(`${ORIGIN}/rpc/images/list`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{ not json",
    });
    const response = await open.studio.handle(request);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("not json");
  });

  test("say nothing about an unexpected error but that it happened; the host hears code and call", async () => {
    const broken = await openStudio({
      startChild: () => {
        throw new Error("cannot start for patient Zeller");
      },
    });
    const answer = await refusal(broken.client.images.importSample({}));
    expect(answer).toMatchObject({ code: "app/internal", status: 500 });
    expect(answer.message).not.toContain("Zeller");
    expect(broken.reports).toEqual(["app/internal images.importSample"]);
    await broken.close();
  });

  test("that do not exist, and other addresses, are app/not-found", async () => {
    const nothing = await open.studio.handle(
      new Request(`${ORIGIN}/rpc/images/nothing`, { method: "POST", body: "{}" }),
    );
    expect(nothing.status).toBe(404);
    expect((await get("/etc/passwd")).status).toBe(404);
  });

  test("are never kept by a cache", async () => {
    const response = await open.studio.handle(
      new Request(`${ORIGIN}/rpc/projects/current`, { method: "POST", body: "{}" }),
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("browse folders without hidden entries, projects marked", async () => {
    const { entries, parent } = await page.app.browse({ path: `${open.folder}/projects` });
    expect(entries).toEqual([{ name: "Chest.loupe", path: open.project.path, kind: "project" }]);
    expect(parent).toBe(open.folder);
    expect(await refusal(page.app.browse({ path: `${open.folder}/none` }))).toMatchObject({ code: "app/not-found" });
  });
});

describe("one dropped file", () => {
  test("is imported, its pixels and thumbnail are served, and the same file again is a duplicate", async () => {
    const { bytes, fileName } = drawPhantom({ index: 0, seed: 1 });
    const file = () => new File([bytes as Uint8Array<ArrayBuffer>], fileName);
    const report = await page.images.importFile({ name: `lesion/${fileName}`, bytes: file(), labels: "folders" });
    expect(report).toMatchObject({ imported: 1, duplicates: 0, labelled: 1, deidentified: 1, refused: [] });
    expect((await page.images.importFile({ name: fileName, bytes: file() })).duplicates).toBe(1);

    const { items } = await page.images.list({});
    const { id, pixels } = await page.images.get({ id: items[0]!.id });
    const response = await get(`/pixels/${id}/0`);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect((await response.arrayBuffer()).byteLength).toBe(pixels.rows * pixels.columns * 2);
    const thumbnail = await get(`/thumbnails/${id}`);
    expect(new Uint8Array(await thumbnail.arrayBuffer()).subarray(1, 4)).toEqual(new TextEncoder().encode("PNG"));
    expect(thumbnail.headers.get("cache-control")).toBe("no-store");
  });

  test("is looked at for text by a job, and judged by a call", async () => {
    const { id } = (await page.images.list({})).items[0]!;
    const job = await ended(page, await page.images.lookForText({ filter: { ids: [id] } }));
    expect(job).toMatchObject({ state: "done", result: { looked: 1, unreadable: 0 } });
    const regions = [{ frame: null, x: 0, y: 0, width: 5, height: 5 }];
    const known = await page.images.reviewText({ id, regions });
    expect(known.reviews).toMatchObject([{ blanked: regions }]);
    expect(await page.images.deidentification({ id })).toEqual(known);
    expect(known.report?.counts.replaced).toBeGreaterThan(0);
  });

  test("that is no image is listed with its reason", async () => {
    const report = await page.images.importFile({ name: "notes.txt", bytes: new File(["hello"], "notes.txt") });
    expect(report.refused).toMatchObject([{ file: "notes.txt", code: "imaging/format-unknown" }]);
  });

  test.each([
    "/pixels/none/0",
    "/pixels/none",
    "/pixels/none/-1",
    "/pixels/a/b/c",
    "/pixels/%ff/0",
    "/thumbnails/none",
  ])("pixels at %s are refused as not found", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("events", () => {
  test("start with hello and then tell of changes", async () => {
    const gone = new AbortController();
    const response = await open.studio.handle(
      new Request(`${ORIGIN}/rpc/app/events`, { method: "POST", body: "{}", signal: gone.signal }),
    );
    const reader = response.body!.getReader();
    let heard = "";
    const until = async (word: string) => {
      while (!heard.includes(word)) heard += new TextDecoder().decode((await reader.read()).value);
    };
    await until("hello");
    expect(heard).not.toContain("changed");
    await open.client.labels.saveClass({ name: "other" });
    await until("labels");
    await reader.cancel();
    gone.abort();
  });

  test("tell a job's progress to two windows", async () => {
    const windows = await Promise.all([page.app.events(), open.client.app.events()]);
    const { id } = await page.images.importSample({ images: 20, seed: 3 });
    const heard = windows.map(async (window) => {
      const states: string[] = [];
      for await (const event of window) {
        if (event.type === "job" && event.job.id === id) states.push(event.job.state);
        if (states.at(-1) === "done") break;
      }
      return states;
    });
    for (const states of await Promise.all(heard)) {
      expect(states[0]).toBe("running");
      expect(states.filter((state) => state === "done")).toHaveLength(1);
    }
  });
});

describe("a locked project", () => {
  test("answers project/locked to everything about it, until it is opened with its passphrase", async () => {
    await page.projects.lock();
    expect(await page.projects.current()).toBeNull();
    for (const call of [
      page.images.list({}),
      page.labels.undo({}),
      page.runs.list(),
      page.jobs.list(),
      page.models.list(),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: "project/locked", status: 423 });
    }
    expect((await get("/thumbnails/any")).status).toBe(423);
    expect(await refusal(page.projects.open({ path: open.project.path, passphrase: "wrong wrong" }))).toMatchObject({
      code: "project/key-wrong",
    });
    expect((await page.projects.open({ path: open.project.path, passphrase: PASSPHRASE })).id).toBe(open.project.id);
    expect((await page.images.facets()).total).toBe(21);
  });

  test("stops its jobs: they are interrupted, and what they finished is in", async () => {
    const job = await page.images.importSample({ images: 2000, seed: 99 });
    const events = await page.app.events();
    for await (const event of events) {
      if (event.type === "job" && event.job.id === job.id && event.job.progress.done > 0) break;
    }
    await page.projects.lock();
    await page.projects.open({ path: open.project.path, passphrase: PASSPHRASE });
    expect((await page.jobs.get({ id: job.id })).state).toBe("interrupted");
    expect((await page.images.facets()).total).toBeGreaterThan(21);
  });

  test("opened twice at once is open once: the first opening is locked, and nothing of it stays behind", async () => {
    const own = await openStudio();
    try {
      const opening = { path: own.project.path, passphrase: PASSPHRASE };
      const job = await own.client.images.importSample({ images: 2000, seed: 5 });
      await Promise.all([own.client.projects.open(opening), own.client.projects.open(opening)]);
      expect((await own.client.jobs.get({ id: job.id })).state).toBe("interrupted");
      await own.client.projects.lock();
      const presence = new HostPresence(join(opening.path, "host.lock"));
      expect(presence.enter()).toBe(true);
      presence.leave();
    } finally {
      await own.close();
    }
  });

  test("locks itself after a while without calls, but not while a job runs", async () => {
    const idle = await openStudio({ idleLockMs: () => 300 });
    try {
      const job = await idle.client.images.importSample({ images: 20, seed: 1 });
      expect((await ended(idle.client, job)).state).toBe("done");
      const events = await idle.client.app.events();
      for await (const event of events) if (event.type === "changed" && event.topic === "project") break;
      await expect.poll(() => idle.client.projects.current(), { timeout: 5000 }).toBeNull();
    } finally {
      await idle.close();
    }
  });
});
