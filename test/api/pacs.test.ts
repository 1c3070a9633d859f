// Archives through the contract: a real studio with real children against an archive on the loopback, by DIMSE and by DICOMweb.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { send } from "../../main/network/send.ts";
import type { Job, PacsReport, Studio } from "../../preload/contract/index.ts";
import { freePort } from "../network/archives.ts";
import { object } from "../network/peers.ts";
import { type SmallPacs, startSmallPacs } from "../network/small-pacs.ts";
import { ctSeries } from "../support/ct-series.ts";
import { ended, openStudio, type TestStudio } from "./open-studio.ts";

/** Tests look for patients by the IDs they came with; the default is tried in a test of its own. */
const deidentify = { profile: "none" as const };
const SECRET = "a password of the archive";
const phantoms = [0, 3, 6].map((index) => drawPhantom({ index, seed: 11 }).bytes);
const ct = ctSeries({ slices: 4, side: 16, patient: "CT-1", uid: "2.25.77" }).map(({ bytes }) => bytes);

let opened: TestStudio;
let client: Studio;
let pacs: SmallPacs;
let dimse: string;
let web: string;

beforeAll(async () => {
  opened = await openStudio();
  client = opened.client;
  pacs = await startSmallPacs([...phantoms, ...ct]);
  const { host, port, aeTitle } = pacs;
  const address = { kind: "dimse", name: "Archive", host, port, aeTitle, callingAe: "LOUPE" } as const;
  dimse = (await client.pacs.connections.save(address)).id;
  const auth = { kind: "password", user: "ada", password: SECRET } as const;
  web = (await client.pacs.connections.save({ kind: "dicomweb", name: "Web", url: pacs.url, auth })).id;
});
afterAll(async () => {
  await opened.close();
  await pacs.close();
});

const audit = async () => (await client.audit.list({ limit: 500 })).entries;
const reportOf = (job: Job) => job.result as PacsReport;
const images = async () => (await client.images.list({})).total;

/** Waits until a job's progress says so. */
async function until(id: string, fits: (job: Job) => boolean): Promise<Job> {
  for (let tries = 0; tries < 300; tries++) {
    const job = await client.jobs.get({ id });
    if (fits(job) || job.state !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the job did not get there in time");
}

describe("connections", () => {
  test("are kept in order, changed, removed; their secrets never come out and are nowhere in the clear", async () => {
    const list = await client.pacs.connections.list();
    expect(list.map(({ name }) => name)).toEqual(["Archive", "Web"]);
    expect(list[1]).toMatchObject({ url: pacs.url, auth: { kind: "password", user: "ada" } });
    expect(JSON.stringify([list, await audit()])).not.toContain(SECRET);
    const stored = readFileSync(join(opened.project.path, "project.db"));
    expect(stored.includes(SECRET) || stored.includes("ARCHIVE")).toBe(false);
    const third = await client.pacs.connections.save({ kind: "dicomweb", name: "Third", url: "https://a.example/web" });
    const renamed = await client.pacs.connections.save({
      kind: "dicomweb",
      id: third.id,
      name: "3",
      url: "https://a.example",
    });
    expect(renamed).toMatchObject({ id: third.id, name: "3" });
    await client.pacs.connections.remove({ id: third.id });
    expect(await client.pacs.connections.list()).toEqual(list);
    await expect(client.pacs.connections.remove({ id: third.id })).rejects.toMatchObject({ code: "app/not-found" });
  });

  test("keep credentials for their own server only", async () => {
    const keep = { kind: "keep" } as const;
    const change = { kind: "dicomweb", id: web, name: "Web", auth: keep } as const;
    await expect(client.pacs.connections.save({ ...change, url: "http://127.0.0.1:1/web" })).rejects.toMatchObject({
      code: "app/invalid-input",
    });
    expect(await client.pacs.connections.save({ ...change, url: pacs.url })).toMatchObject({ auth: { user: "ada" } });
    await client.pacs.echo({ id: web });
    expect(pacs.credentials.at(-1)).toBe(`Basic ${Buffer.from(`ada:${SECRET}`).toString("base64")}`);
  });

  test.each([
    { kind: "dimse", name: "x", host: "h", port: 0, aeTitle: "A", callingAe: "B" },
    { kind: "dimse", name: "x", host: "h", port: 104, aeTitle: "A TITLE THAT IS TOO LONG", callingAe: "B" },
    { kind: "dimse", name: "x", host: "h", port: 104, aeTitle: "A\\B", callingAe: "B" },
    { kind: "dicomweb", name: "x", url: "file:///etc/passwd" },
  ] as const)("are refused where they cannot be: %o", async (wrong) => {
    await expect(client.pacs.connections.save(wrong)).rejects.toMatchObject({ code: "app/invalid-input" });
  });
});

describe("echo and search", () => {
  test("an archive answers; one that is not there or is called otherwise is told with its code", async () => {
    expect((await client.pacs.echo({ id: dimse })).milliseconds).toBeGreaterThan(0);
    const { host, port } = pacs;
    const other = { kind: "dimse", name: "O", host, port, aeTitle: "OTHER", callingAe: "LOUPE" } as const;
    const { id } = await client.pacs.connections.save(other);
    await expect(client.pacs.echo({ id })).rejects.toMatchObject({ code: "network/refused" });
    await client.pacs.connections.save({ ...other, id, port: await freePort() });
    await expect(client.pacs.echo({ id })).rejects.toMatchObject({ code: "network/unreachable" });
    await client.pacs.connections.remove({ id });
  });

  test("finds the same by DIMSE and by DICOMweb, and says when there is more", async () => {
    for (const id of [dimse, web]) {
      const all = await client.pacs.search({ id, level: "study" });
      expect(all).toMatchObject({ more: false });
      expect(all.items).toHaveLength(4);
      const scan = all.items.find(({ patientId }) => patientId === "CT-1");
      expect(scan).toMatchObject({ modalities: ["CT"], objects: 4, seriesCount: 1 });
      expect((await client.pacs.search({ id, level: "study", limit: 2 })).items).toHaveLength(2);
      expect(await client.pacs.search({ id, level: "study", limit: 2 })).toMatchObject({ more: true });
      expect(await client.pacs.search({ id, level: "study", limit: 4 })).toMatchObject({ more: false });
      const series = await client.pacs.search({ id, level: "series", study: scan!.study });
      expect(series.items).toMatchObject([{ study: scan!.study, modalities: ["CT"], objects: 4 }]);
      const patients = await client.pacs.search({ id, level: "patient", limit: 3 });
      expect(patients.items).toHaveLength(3);
      expect(patients.more).toBe(true);
    }
  });

  test("matches names as they begin, days, modality and ID", async () => {
    const ids = async (criteria: object, id = dimse) =>
      (await client.pacs.search({ id, level: "study", criteria })).items.map(({ patientId }) => patientId).sort();
    const drawn = ["PHANTOM-11-0001", "PHANTOM-11-0002", "PHANTOM-11-0003"];
    for (const id of [dimse, web]) {
      expect(await ids({ patientName: "phant" }, id)).toEqual(drawn);
      expect(await ids({ patientName: "hantom" }, id)).toEqual([]);
      expect(await ids({ patientId: "PHANTOM-11-0001" }, id)).toEqual([drawn[0]]);
      expect(await ids({ modality: "CT" }, id)).toEqual(["CT-1"]);
      expect(await ids({ from: "1999-01-01", to: "1999-12-31" }, id)).toEqual([]);
    }
  });

  test.each([
    { level: "series" },
    { level: "patient", criteria: { modality: "CT" } },
    { level: "study", criteria: { patientId: "A\\B" } },
    { level: "study", criteria: { from: "yesterday" } },
  ] as const)("refuses what cannot be asked: %o", async (search) => {
    const refused = (async () => client.pacs.search({ id: dimse, ...search }))();
    await expect(refused).rejects.toMatchObject({ code: "app/invalid-input" });
  });

  test("the audit says what was asked, and no value of it", async () => {
    await client.pacs.search({ id: dimse, level: "study", criteria: { patientId: "CT-1", from: "2020-01-01" } });
    const [entry] = await audit();
    expect(entry).toMatchObject({ action: "network/search", subject: dimse });
    expect(JSON.parse(entry!.detail)).toEqual({ by: ["patientId", "from"], level: "study", limit: 200 });
    expect((await audit()).map(({ action }) => action)).toContain("network/echo");
  });
});

describe("retrieve", () => {
  const studies = async (id: string) => (await client.pacs.search({ id, level: "study" })).items;

  test("brings a study into the project with C-GET, and a second time finds it there", async () => {
    const scan = (await studies(dimse)).find(({ patientId }) => patientId === "CT-1")!;
    const wanted = [{ study: scan.study, objects: scan.objects }];
    const job = await ended(client, await client.pacs.retrieve({ id: dimse, wanted, deidentify }));
    expect(job).toMatchObject({ state: "done", kind: "pacs-fetch", subject: dimse });
    expect(reportOf(job)).toMatchObject({ objects: 4, imported: 4, duplicates: 0, failed: 0, refused: [] });
    const { items } = await client.images.list({ filter: { patient: "CT-1" } });
    expect(items).toHaveLength(4);
    expect((await client.images.stack({ id: items[0]!.id })).slices).toHaveLength(4);
    const again = await ended(client, await client.pacs.retrieve({ id: dimse, wanted, deidentify }));
    expect(reportOf(again)).toMatchObject({ imported: 0, duplicates: 4 });
    expect((await audit()).find(({ action }) => action === "network/retrieve")?.detail).toBe(
      '{"series":0,"studies":1}',
    );
  });

  test("takes out who the patient is unless told otherwise, and says so nowhere but in the image", async () => {
    const name = "PHANTOM-11-0003";
    const one = (await studies(dimse)).find(({ patientId }) => patientId === name)!;
    const job = await ended(client, await client.pacs.retrieve({ id: dimse, wanted: [{ study: one.study }] }));
    expect(reportOf(job)).toMatchObject({ imported: 1, deidentified: 1 });
    expect((await client.images.list({ filter: { text: name } })).total).toBe(0);
    const { items } = await client.images.list({ sort: "imported", limit: 500 });
    expect(items.map(({ study }) => study)).not.toContain(one.study);
    expect((await client.images.deidentification({ id: items.at(-1)!.id })).report).not.toBeNull();
    expect(JSON.stringify([job, await audit()])).not.toContain(one.study);
  });

  test("brings a series over DICOMweb", async () => {
    const one = (await studies(web)).find(({ patientId }) => patientId === "PHANTOM-11-0001")!;
    const { items } = await client.pacs.search({ id: web, level: "series", study: one.study });
    const wanted = [{ study: one.study, series: items[0]!.series }];
    const job = await ended(client, await client.pacs.retrieve({ id: web, wanted }));
    expect(reportOf(job)).toMatchObject({ objects: 1, imported: 1 });
  });

  test("asks an archive without C-GET to send to our node: one for the occasion, or the one that listens", async () => {
    const port = await freePort();
    const mover = await startSmallPacs(phantoms, { moveTo: port });
    const address = { kind: "dimse", name: "Mover", host: mover.host, port: mover.port, aeTitle: "ARCHIVE" } as const;
    const { id } = await client.pacs.connections.save({ ...address, callingAe: "LOUPE" });
    const settings = { aeTitle: "LOUPE", port, reach: "machine", onlyKnown: true } as const;
    const started = await client.pacs.node.start(settings);
    await until(started.job!.id, ({ progress }) => progress.note === "listening");
    const [first, second] = await studies(id);
    const through = await ended(client, await client.pacs.retrieve({ id, wanted: [{ study: first!.study }] }));
    expect(through).toMatchObject({ state: "done", result: { objects: 1, imported: 0 } });
    await client.pacs.node.stop();
    expect(reportOf(await ended(client, started.job!))).toMatchObject({ objects: 1 });
    const own = await ended(client, await client.pacs.retrieve({ id, wanted: [{ study: second!.study }] }));
    expect(own).toMatchObject({ state: "done", result: { objects: 1, failed: 0 } });
    await client.pacs.connections.remove({ id });
    await mover.close();
  });

  test("is stopped at once, and keeps what came", async () => {
    const series = ctSeries({ slices: 40, side: 16, patient: "SLOW", uid: "2.25.99" }).map(({ bytes }) => bytes);
    for (const kind of ["dimse", "dicomweb"] as const) {
      const slow = await startSmallPacs(series, { pauseMs: 100 });
      const { host, port, aeTitle, url } = slow;
      const { id } = await client.pacs.connections.save(
        kind === "dimse"
          ? { kind, name: "Slow", host, port, aeTitle, callingAe: "LOUPE" }
          : { kind, name: "Slow", url },
      );
      const job = await client.pacs.retrieve({
        id,
        wanted: [{ study: (await studies(id))[0]!.study, objects: 40 }],
        deidentify,
      });
      const half = await until(job.id, ({ progress }) => progress.done >= 3);
      expect(half.progress).toMatchObject({ total: 40, unit: "objects", note: "fetching" });
      await client.jobs.cancel({ id: job.id });
      expect((await ended(client, job)).state).toBe("cancelled");
      expect((await client.images.list({ filter: { patient: "SLOW" } })).total).toBeGreaterThanOrEqual(2);
      expect(slow.sent).toBeLessThan(40);
      await client.pacs.connections.remove({ id });
      await slow.close();
    }
  });

  test("an archive that is gone fails the job with its code", async () => {
    const gone = await client.pacs.connections.save({
      ...{
        kind: "dimse",
        name: "Gone",
        host: "127.0.0.1",
        port: await freePort(),
        aeTitle: "GONE",
        callingAe: "LOUPE",
      },
    } as const);
    const job = await ended(client, await client.pacs.retrieve({ id: gone.id, wanted: [{ study: "1.2.3" }] }));
    expect(job).toMatchObject({ state: "failed", error: { code: "network/unreachable" } });
    await client.pacs.connections.remove({ id: gone.id });
  });
});

describe("our node", () => {
  test("listens only when asked; what comes is in the project, what is no image is refused to its sender", async () => {
    expect(await client.pacs.node.status()).toMatchObject({ enabled: false });
    const port = await freePort();
    const { job } = await client.pacs.node.start({ aeTitle: "LOUPE", port, reach: "machine", onlyKnown: true });
    await until(job!.id, ({ progress }) => progress.note === "listening");
    expect(await client.pacs.node.status()).toMatchObject({
      enabled: true,
      settings: { port },
      job: { state: "running" },
    });
    await expect(
      client.pacs.node.start({ aeTitle: "LOUPE", port, reach: "machine", onlyKnown: true }),
    ).rejects.toMatchObject({ code: "jobs/running" });
    const us = { host: "127.0.0.1", port, aeTitle: "LOUPE", callingAe: "ARCHIVE" };
    const before = await images();
    const fresh = [7, 8].map((index) => drawPhantom({ index, seed: 12 }).bytes);
    const empty = object({ uid: "1.2.3.9", bytes: 0 });
    const { sent, failed } = await send(us, [...fresh, empty]);
    expect({ sent, failed: failed.map(({ index }) => index) }).toEqual({ sent: 2, failed: [2] });
    expect(await images()).toBe(before + 2);
    await expect(send({ ...us, callingAe: "STRANGER" }, fresh)).rejects.toMatchObject({ code: "network/refused" });
    expect(await until(job!.id, ({ progress }) => progress.done === 3)).toMatchObject({
      progress: { done: 3, total: 0 },
    });
    expect(await client.pacs.node.stop()).toMatchObject({ enabled: false });
    const stopped = await ended(client, job!);
    expect(stopped).toMatchObject({ state: "done", progress: { done: 3 }, result: { objects: 3, imported: 2 } });
    expect(reportOf(stopped).refused).toMatchObject([{ file: "object 3" }]);
    await expect(send(us, fresh)).rejects.toMatchObject({ code: "network/unreachable" });
    const actions = (await audit()).map(({ action }) => action);
    expect(actions).toContain("network/listen");
    expect(actions).toContain("network/stop");
  });

  test("a port that is taken fails its job in words", async () => {
    const { port } = pacs;
    const { job } = await client.pacs.node.start({ aeTitle: "LOUPE", port, reach: "machine", onlyKnown: true });
    expect(await ended(client, job!)).toMatchObject({ state: "failed", error: { code: "network/port-taken" } });
    await client.pacs.node.stop();
  });
});
