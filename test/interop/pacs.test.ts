// Our node and our clients against other people's: Orthanc 1.10 with its DICOMweb plugin, and dcmtk's programs on both sides.
//
// What counts is the data set: it leaves, is kept, is found and comes back byte for byte. Where the other side encodes anew what it was sent
// (dcmtk's programs do, unless told not to), the test compares with what that side says it keeps.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codecOf } from "../../main/imaging/dicom/transfer-syntax.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import type { RemoteNode } from "../../main/network/connect.ts";
import { qido } from "../../main/network/dicomweb/qido.ts";
import { wado } from "../../main/network/dicomweb/wado.ts";
import { echo } from "../../main/network/echo.ts";
import { find } from "../../main/network/find.ts";
import type { Found } from "../../main/network/identifier.ts";
import type { ObjectAbout } from "../../main/network/incoming.ts";
import { type RunningNode, startNode } from "../../main/network/node.ts";
import { identityOf, splitPart10 } from "../../main/network/part10.ts";
import { get, move } from "../../main/network/retrieve.ts";
import { send } from "../../main/network/send.ts";
import { TRANSFER_SYNTAXES } from "../../main/network/services.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { ended, openStudio } from "../api/open-studio.ts";
import {
  behindTls,
  dcmtk,
  missing,
  type Orthanc,
  startDcmqrscp,
  startOrthanc,
  startStorescp,
  stopAll,
  subfolder,
} from "../network/archives.ts";

const phantoms = [0, 1, 2, 3, 4, 5].map((index) => drawPhantom({ index, seed: 11 }).bytes);

const SHARED = join(import.meta.dirname, "../../../shared/data/dicom");

/** Public files that are whole Part 10 files, one for each instance, of even length, in syntaxes that a node of ours takes. */
function publicFiles(): Uint8Array[] {
  const byInstance = new Map<string, Uint8Array>();
  if (!existsSync(SHARED)) return [];
  for (const name of readdirSync(SHARED).filter((one) => one.endsWith(".dcm"))) {
    const bytes = new Uint8Array(readFileSync(join(SHARED, name)));
    try {
      const { sopClass, sopInstance, transferSyntax, dataSet } = splitPart10(bytes);
      const said = identityOf(dataSet, transferSyntax);
      const agrees = said.sopInstance === sopInstance && said.sopClass === sopClass && dataSet.length % 2 === 0;
      if (agrees && TRANSFER_SYNTAXES.includes(transferSyntax)) byInstance.set(sopInstance, bytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return [...byInstance.values()];
}

const files = missing ? [] : [...phantoms, ...publicFiles()];
const byInstance = new Map(files.map((bytes) => [splitPart10(bytes).sopInstance, bytes]));

/** What makes storescu propose the file's syntax. */
function syntaxOption(bytes: Uint8Array): string {
  const options: Record<string, string> = { "1.2.840.10008.1.2.4.70": "-xs", "1.2.840.10008.1.2.5": "-xr" };
  return options[splitPart10(bytes).transferSyntax] ?? "-x=";
}

interface Arrived {
  bytes: Uint8Array;
  about: ObjectAbout;
}

/** Names of the instances whose data sets differ from `theirs`, or that are missing. */
function differing(arrived: readonly Arrived[], theirs: ReadonlyMap<string, Uint8Array>): string[] {
  const came = new Map(arrived.map(({ bytes, about }) => [about.sopInstance, splitPart10(bytes)]));
  return [...theirs].flatMap(([uid, bytes]) => {
    const one = came.get(uid);
    const other = splitPart10(bytes);
    const same = one && one.transferSyntax === other.transferSyntax && Buffer.compare(one.dataSet, other.dataSet) === 0;
    return same ? [] : [`${uid} ${other.transferSyntax} ${one?.transferSyntax}`];
  });
}

async function all(list: AsyncIterable<Found>): Promise<Found[]> {
  const found: Found[] = [];
  for await (const one of list) found.push(one);
  return found;
}

const uids = (found: readonly Found[], keyword: string): string[] => found.map((one) => one[keyword][0]).sort();
const studyOf = (found: readonly Found[], patient: string): string =>
  found.find((one) => one.PatientID?.[0] === patient)!.StudyInstanceUID[0];

describe.skipIf(missing !== "")(`archives${missing ? ` (skipped: ${missing} not installed)` : ""}`, () => {
  let arrived: Arrived[] = [];
  let loupe: RunningNode;
  let orthanc: Orthanc;
  let us: RemoteNode;

  beforeAll(async () => {
    loupe = await startNode({
      aeTitle: "LOUPE",
      port: 0,
      onObject: async (bytes, about) => void arrived.push({ bytes, about }),
    });
    us = { host: "127.0.0.1", port: loupe.port, aeTitle: "LOUPE", callingAe: "TESTER" };
    orthanc = await startOrthanc(loupe.port);
  });
  afterAll(async () => {
    await loupe.close();
    await stopAll();
  });

  describe("Orthanc", () => {
    /** What Orthanc says it keeps: its own copy of each file, which it may have encoded anew. */
    const kept = new Map<string, Uint8Array>();
    let studies: Found[] = [];

    test("takes our files in their own transfer syntax, but for those it does not take from dcmtk either", async () => {
      const told: number[] = [];
      const patient = { ...orthanc.node, limits: { idleMs: 4000 } };
      const { sent, failed } = await send(patient, files, { onProgress: (done) => told.push(done) });
      expect(told.at(-1)).toBe(files.length);
      // Of the public files a few are beyond an archive; beside a clone there are none, and our own are all taken.
      expect(sent).toBeGreaterThanOrEqual(phantoms.length + 0.75 * (files.length - phantoms.length));
      for (const { index } of failed) {
        const path = join(subfolder("refused"), `${index}.dcm`);
        writeFileSync(path, files[index]);
        // Proposes every syntax that dcmtk knows for the file's class.
        const to = ["-aec", "ORTHANC", "-td", "4", "127.0.0.1", String(orthanc.node.port), path];
        await expect(dcmtk("storescu", syntaxOption(files[index]), ...to)).rejects.toThrow(/Failed/);
        byInstance.delete(splitPart10(files[index]).sopInstance);
      }
      console.log(
        `Orthanc: ${sent} of ${files.length} taken; refused: ${failed.map(({ reason }) => reason).join(" ")}`,
      );
      for (const uid of byInstance.keys()) kept.set(uid, await orthanc.file(uid));
      const reencoded = [...kept].filter(([uid, bytes]) => {
        return Buffer.compare(splitPart10(bytes).dataSet, splitPart10(byInstance.get(uid)!).dataSet) !== 0;
      });
      console.log(`Orthanc: ${kept.size} instances, ${reencoded.length} of them kept otherwise than sent`);
      for (const bytes of phantoms) {
        const { sopInstance, dataSet } = splitPart10(bytes);
        expect(Buffer.compare(splitPart10(kept.get(sopInstance)!).dataSet, dataSet)).toBe(0);
      }
    });

    test("finds for us what findscu finds, at every level", async () => {
      studies = await all(find(orthanc.node, "study", {}));
      const args = ["-S", "-aet", "LOUPE", "-aec", "ORTHANC", "127.0.0.1", String(orthanc.node.port)];
      const said = await dcmtk("findscu", ...args, "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID");
      const theirs = [...said.matchAll(/\(0020,000d\) UI \[([\d.]+)\0?\s*\]/g)].map(([, uid]) => uid);
      expect(uids(studies, "StudyInstanceUID")).toEqual(theirs.sort());
      expect(studies.length).toBeGreaterThan(1);
      const instances: Found[] = [];
      for (const {
        StudyInstanceUID: [study],
      } of studies) {
        for (const series of await all(find(orthanc.node, "series", { StudyInstanceUID: study }))) {
          const keys = { StudyInstanceUID: study, SeriesInstanceUID: series.SeriesInstanceUID[0] };
          instances.push(...(await all(find(orthanc.node, "instance", keys))));
        }
      }
      expect(uids(instances, "SOPInstanceUID")).toEqual([...byInstance.keys()].sort());
      const one = await all(find(orthanc.node, "patient", { PatientName: "phantom^0001" }));
      expect(one.map(({ PatientID }) => PatientID)).toEqual([["PHANTOM-11-0001"]]);
      expect(await all(find(orthanc.node, "study", { PatientID: "NOBODY" }))).toEqual([]);
      expect(await all(find(orthanc.node, "study", {}, { limit: 1 }))).toHaveLength(1);
    });

    /** What getscu writes, as it gets it, of a study. */
    async function gotByGetscu(study: string): Promise<Map<string, Uint8Array>> {
      const place = subfolder(`getscu-${study}`);
      const to = ["-aet", "LOUPE", "-aec", "ORTHANC", "127.0.0.1", String(orthanc.node.port)];
      const keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", `StudyInstanceUID=${study}`];
      await dcmtk("getscu", "-S", "+B", "-od", place, ...to, ...keys);
      const files = readdirSync(place).map((name) => new Uint8Array(readFileSync(join(place, name))));
      return new Map(files.map((bytes) => [splitPart10(bytes).sopInstance, bytes]));
    }

    /** Instances that came otherwise than Orthanc keeps them, unless Orthanc sends them so: then getscu gets the same bytes. */
    async function alteredByUs(came: readonly Arrived[]): Promise<string[]> {
      const altered: string[] = [];
      for (const said of differing(came, kept)) {
        const uid = said.split(" ")[0];
        const [one] = await all(qido(orthanc.web, "instance", { SOPInstanceUID: uid }));
        const theirs = (await gotByGetscu(one.StudyInstanceUID[0])).get(uid);
        if (!theirs || differing(came, new Map([[uid, theirs]])).length > 0) altered.push(said);
      }
      return altered;
    }

    test("moves every study to our node", async () => {
      arrived = [];
      let completed = 0;
      for (const {
        StudyInstanceUID: [study],
      } of studies) {
        const result = await move(orthanc.node, { study }, "LOUPE");
        expect(result.failed).toBe(0);
        completed += result.completed;
      }
      expect(completed).toBe(kept.size);
      expect(await alteredByUs(arrived)).toEqual([]);
      expect(new Set(arrived.map(({ about }) => about.callingAe))).toEqual(new Set(["ORTHANC"]));
    });

    test("moves to our node at movescu's wish too", async () => {
      arrived = [];
      const study = studyOf(studies, "PHANTOM-11-0001");
      const keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", `StudyInstanceUID=${study}`];
      await dcmtk(
        "movescu",
        "-S",
        "-aet",
        "LOUPE",
        "-aec",
        "ORTHANC",
        "-aem",
        "LOUPE",
        "127.0.0.1",
        String(orthanc.node.port),
        ...keys,
      );
      expect(arrived.length).toBeGreaterThan(0);
      expect(
        arrived.every(
          ({ bytes, about }) =>
            differing([{ bytes, about }], new Map([[about.sopInstance, byInstance.get(about.sopInstance)!]])).length ===
            0,
        ),
      ).toBe(true);
    });

    test("answers our C-GET with every study, as it keeps it", async () => {
      const got: Arrived[] = [];
      for (const {
        StudyInstanceUID: [study],
      } of studies) {
        const { failed } = await get(orthanc.node, { study }, async (bytes, about) => void got.push({ bytes, about }));
        expect(failed).toBe(0);
      }
      expect(await alteredByUs(got)).toEqual([]);
    });

    test("gives an instance to getscu and to us alike", async () => {
      const study = studyOf(studies, "PHANTOM-11-0002");
      const theirs = await gotByGetscu(study);
      const got: Arrived[] = [];
      await get(orthanc.node, { study }, async (bytes, about) => void got.push({ bytes, about }));
      expect(theirs.size).toBe(got.length);
      expect(differing(got, theirs)).toEqual([]);
    });

    test("QIDO finds what C-FIND finds, with the same names", async () => {
      const web = await all(qido(orthanc.web, "study", {}));
      const pick = (list: readonly Found[]) =>
        list
          .map((one) =>
            ["StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "NumberOfStudyRelatedInstances"].map(
              (key) => one[key],
            ),
          )
          .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
      expect(pick(web)).toEqual(pick(studies));
      const instances = await all(qido(orthanc.web, "instance", {}));
      expect(uids(instances, "SOPInstanceUID")).toEqual([...byInstance.keys()].sort());
      const one = await all(qido(orthanc.web, "study", { PatientID: "PHANTOM-11-0001" }));
      expect(one).toHaveLength(1);
      const series = await all(qido(orthanc.web, "series", { StudyInstanceUID: one[0].StudyInstanceUID[0] }));
      expect(series.map(({ Modality }) => Modality)).toEqual([["CR"]]);
    });

    test("WADO fetches every study, whole files byte for byte", async () => {
      const got: Arrived[] = [];
      for (const {
        StudyInstanceUID: [study],
      } of studies) {
        await wado(orthanc.web, { study }, async (bytes, about) => void got.push({ bytes, about }));
      }
      expect(differing(got, kept)).toEqual([]);
      const whole = got.filter(({ bytes, about }) => Buffer.compare(bytes, kept.get(about.sopInstance)!) === 0);
      expect(whole).toHaveLength(kept.size);
    });

    test("WADO fetches a series and an instance, and says what is not there", async () => {
      const [one] = await all(qido(orthanc.web, "instance", { PatientID: "PHANTOM-11-0001" }, { limit: 1 }));
      const [study, series, instance] = [one.StudyInstanceUID[0], one.SeriesInstanceUID[0], one.SOPInstanceUID[0]];
      const got: string[] = [];
      const take = async (_: Uint8Array, about: ObjectAbout) => void got.push(about.sopInstance);
      await wado(orthanc.web, { study, series, instance }, take);
      expect(got).toEqual([instance]);
      expect((await wado(orthanc.web, { study, series }, take)).objects).toBeGreaterThan(0);
      await expect(wado(orthanc.web, { study: "1.2.3.4.5" }, take)).rejects.toMatchObject({
        code: "network/not-found",
      });
      const stranger = { ...orthanc.web, auth: { user: "loupe", password: "wrong" } };
      await expect(wado(stranger, { study }, take)).rejects.toMatchObject({ code: "network/unauthorised" });
    });

    test("refuses in words: a title it is not, a destination it does not know, a service it does not allow us", async () => {
      await expect(echo({ ...orthanc.node, aeTitle: "OTHER" })).rejects.toThrow("not called by that AE title");
      const study = studyOf(studies, "PHANTOM-11-0001");
      await expect(move(orthanc.node, { study }, "NOBODY")).rejects.toMatchObject({ code: "network/failed" });
      const stranger = { ...orthanc.node, callingAe: "STRANGER" };
      await expect(all(find(stranger, "study", {}))).rejects.toMatchObject({
        code: expect.stringMatching(/^network\//),
      });
      await expect(echo({ ...orthanc.node, port: Number(new URL(orthanc.web.url).port) })).rejects.toThrow(
        "Is this the DICOM port?",
      );
      expect(await all(find(orthanc.node, "study", {})).then(({ length }) => length)).toBe(studies.length);
    });

    test("is stopped in the middle of a transfer, and serves the next", async () => {
      for (const how of ["move", "get", "wado"] as const) {
        const controller = new AbortController();
        const { signal } = controller;
        const study = studyOf(studies, "PHANTOM-11-0001");
        const stop = async () => controller.abort();
        setTimeout(() => controller.abort(), how === "move" ? 0 : 2000);
        const work =
          how === "move"
            ? move(orthanc.node, { study }, "LOUPE", { signal })
            : how === "get"
              ? get(orthanc.node, { study }, stop, { signal })
              : wado(orthanc.web, { study }, stop, { signal });
        await expect(work).rejects.toMatchObject({ code: "app/aborted" });
      }
      await echo(orthanc.node);
    });
  });

  test("the studio searches Orthanc and brings a study into a project, by DIMSE and by DICOMweb", async () => {
    await send(orthanc.node, phantoms);
    const { client, close } = await openStudio();
    const { auth, url } = orthanc.web;
    if (!auth || !("user" in auth)) throw new Error("Orthanc has a user here.");
    const dimse = await client.pacs.connections.save({ kind: "dimse", name: "Orthanc", ...orthanc.node });
    const web = { kind: "dicomweb", name: "Orthanc web", url, auth: { kind: "password", ...auth } } as const;
    const { id } = await client.pacs.connections.save(web);
    for (const [at, connection] of [dimse.id, id].entries()) {
      await client.pacs.echo({ id: connection });
      const patientId = `PHANTOM-11-000${at + 1}`;
      const criteria = { patientName: "phantom", patientId, modality: "CR", from: "2019-01-01", to: "2021-12-31" };
      const { items, more } = await client.pacs.search({ id: connection, level: "study", criteria });
      expect({ found: items.length, more }).toEqual({ found: 1, more: false });
      expect(items[0]).toMatchObject({ patientId, objects: 3, seriesCount: 1, modalities: ["CR"] });
      const { study } = items[0]!;
      const series = (await client.pacs.search({ id: connection, level: "series", study })).items;
      expect(series).toMatchObject([{ study, objects: 3, modalities: ["CR"] }]);
      const wanted = [{ study, series: series[0]!.series, objects: 3 }];
      const deidentify = { profile: "none" } as const;
      const job = await ended(client, await client.pacs.retrieve({ id: connection, wanted, deidentify }));
      expect(job).toMatchObject({ state: "done", result: { objects: 3, imported: 3, failed: 0, refused: [] } });
      expect((await client.images.list({ filter: { patient: patientId } })).items).toHaveLength(3);
    }
    const anonymous = await client.pacs.search({ id, level: "study", criteria: { patientId: "PHANTOM-11-0001" } });
    const wanted = [{ study: anonymous.items[0]!.study }];
    const job = await ended(client, await client.pacs.retrieve({ id, wanted }));
    expect(job).toMatchObject({ state: "done", result: { objects: 3, imported: 3, deidentified: 3 } });
    await close();
  }, 60_000);

  test("Orthanc behind TLS is trusted with its certificate and not without", async () => {
    const secure = await behindTls(orthanc.web);
    expect((await all(qido(secure.web, "study", {}))).length).toBeGreaterThan(1);
    const untrusting = all(qido({ ...secure.web, ca: undefined }, "study", {}));
    await expect(untrusting).rejects.toThrow("shows a certificate that is not trusted here");
    const plain = { ...secure.web, url: secure.web.url.replace("https", "http") };
    await expect(all(qido(plain, "study", {}))).rejects.toMatchObject({ code: expect.stringMatching(/^network\//) });
    secure.close();
  });

  describe("dcmtk", () => {
    const place = () => {
      const folder = subfolder("files");
      for (const [i, bytes] of files.entries()) writeFileSync(join(folder, `${i}.dcm`), bytes);
      return folder;
    };

    test("echoscu and storescu reach our node", async () => {
      arrived = [];
      const to = ["-aet", "TESTER", "-aec", "LOUPE", "127.0.0.1", String(loupe.port)];
      await dcmtk("echoscu", ...to);
      const folder = subfolder("phantoms");
      const names = phantoms.map((bytes, i) => {
        const name = join(folder, `${i}.dcm`);
        writeFileSync(name, bytes);
        return name;
      });
      await dcmtk("storescu", ...to, ...names);
      expect(differing(arrived, new Map(phantoms.map((bytes) => [splitPart10(bytes).sopInstance, bytes])))).toEqual([]);
      await expect(
        dcmtk("echoscu", "-aet", "TESTER", "-aec", "OTHER", "127.0.0.1", String(loupe.port)),
      ).rejects.toThrow(/Called AE Title Not Recognized/);
    });

    test("dcmsend sends our node every public file in its own syntax", async () => {
      arrived = [];
      const options = ["--decompress-never", "--no-halt", "--no-uid-checks", "+sd", "+r", "--multi-associations"];
      await dcmtk("dcmsend", ...options, "-aet", "TESTER", "-aec", "LOUPE", "127.0.0.1", String(loupe.port), place());
      // dcmsend encodes native data sets anew; class, instance and a compressed syntax are what it cannot change.
      const sent = new Map(files.map((bytes) => [splitPart10(bytes).sopInstance, splitPart10(bytes).transferSyntax]));
      expect(arrived.length).toBeGreaterThanOrEqual(byInstance.size);
      for (const { bytes, about } of arrived) {
        const native = codecOf(sent.get(about.sopInstance)!) === "none";
        expect(native ? codecOf(about.transferSyntax) : about.transferSyntax).toBe(
          native ? "none" : sent.get(about.sopInstance),
        );
        expect(identityOf(splitPart10(bytes).dataSet, about.transferSyntax).sopInstance).toBe(about.sopInstance);
      }
    });

    test("storescp writes what we send, byte for byte", async () => {
      const scp = await startStorescp();
      await echo(scp.node);
      const { sent, failed } = await send(scp.node, files);
      const written = readdirSync(scp.files).map((name) => new Uint8Array(readFileSync(join(scp.files, name))));
      const theirs = written.map((bytes) => ({ bytes, about: { ...splitPart10(bytes), callingAe: "" } }));
      const refused = failed.map(({ index }) => splitPart10(files[index]).sopInstance);
      console.log(`storescp: ${sent} taken, ${failed.length} refused: ${failed.map(({ reason }) => reason).join(" ")}`);
      expect(sent).toBeGreaterThanOrEqual(files.length - 2);
      const sentFiles = files.map((bytes) => [splitPart10(bytes).sopInstance, bytes] as const);
      expect(differing(theirs, new Map(sentFiles.filter(([uid]) => !refused.includes(uid))))).toEqual([]);
    });

    test("dcmqrscp stores, finds, moves and gives back our phantoms", async () => {
      const node = await startDcmqrscp(loupe.port);
      await echo(node);
      expect(await send(node, phantoms)).toEqual({ sent: phantoms.length, failed: [] });
      const studies = await all(find(node, "study", {}));
      expect(studies.every(({ PatientName }) => PatientName[0].startsWith("Phantom^"))).toBe(true);
      const expected = new Map(phantoms.map((bytes) => [splitPart10(bytes).sopInstance, bytes]));
      arrived = [];
      const got: Arrived[] = [];
      const told: (number | null)[] = [];
      for (const {
        StudyInstanceUID: [study],
      } of studies) {
        await move(node, { study }, "LOUPE", { onProgress: ({ remaining }) => told.push(remaining) });
        await get(node, { study }, async (bytes, about) => void got.push({ bytes, about }));
      }
      expect(differing(arrived, expected)).toEqual([]);
      expect(differing(got, expected)).toEqual([]);
      expect(told).toContain(1);
      const [
        {
          StudyInstanceUID: [study],
        },
      ] = studies;
      await expect(move(node, { study }, "NOBODY")).rejects.toThrow("a destination it does not know");
      expect(await all(find(node, "study", {}, { limit: 1 }))).toHaveLength(1);
    });

    test("our echo to our own node is what echoscu's is", async () => {
      await echo(us);
    });
  });
});
