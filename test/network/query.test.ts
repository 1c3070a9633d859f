// Searches and transfers against a node that a test plays: what an archive of the world does seldom, and must not break us.

import { describe, expect, test } from "vitest";
import type { Association, Message } from "../../main/network/association.ts";
import { type Command, FIELD } from "../../main/network/command.ts";
import { find } from "../../main/network/find.ts";
import { decodeIdentifier, encodeIdentifier, type Found, type Keys } from "../../main/network/identifier.ts";
import { splitPart10 } from "../../main/network/part10.ts";
import { get, move } from "../../main/network/retrieve.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { CT, object, playedNode } from "./peers.ts";

const code = (error: unknown): string => (error instanceof AppError ? error.code : String(error));

async function all(answers: AsyncIterable<Found>): Promise<Found[]> {
  const list: Found[] = [];
  for await (const found of answers) list.push(found);
  return list;
}

async function request(association: Association): Promise<Message & { keys: Found }> {
  const message = (await association.receive(2000))!;
  return { ...message, keys: decodeIdentifier(message.data!.take()!) };
}

/** Answers `to` with a status, counts and maybe a data set. */
function answer(association: Association, to: Message, status: number, more: Partial<Command> = {}, data?: Uint8Array) {
  const { CommandField, MessageID, AffectedSOPClassUID } = to.command;
  const rsp = {
    AffectedSOPClassUID,
    CommandField: CommandField | 0x8000,
    MessageIDBeingRespondedTo: MessageID,
    Status: status,
  };
  return association.send(to.context, { ...rsp, ...more }, data);
}

/** Until our client releases or breaks off. */
async function untilReleased(association: Association): Promise<void> {
  await association.receive(5000).catch((error: unknown) => {
    if (code(error) !== "network/closed") throw error;
  });
}

const study = (uid: string, more: Keys = {}) => encodeIdentifier({ StudyInstanceUID: uid, ...more });

describe("a search", () => {
  test("asks at its level for the usual attributes and the caller's, and gives out what comes", async () => {
    let asked: Found = {};
    let tags: string[] = [];
    const node = await playedNode(async (association) => {
      const message = (await association.receive(2000))!;
      const bytes = message.data!.take()!;
      asked = decodeIdentifier(bytes);
      tags = tagsOf(bytes);
      await answer(association, message, 0xff00, {}, study("1.2", { PatientName: "A^B", ModalitiesInStudy: "CT\\MR" }));
      await answer(association, message, 0xff01, {}, study("1.3"));
      await answer(association, message, 0x0000);
      await untilReleased(association);
    });
    const found = await all(find(node, "study", { PatientName: "A*", StudyDate: "20200101-20201231" }));
    expect(found).toEqual([
      { StudyInstanceUID: ["1.2"], PatientName: ["A^B"], ModalitiesInStudy: ["CT", "MR"] },
      { StudyInstanceUID: ["1.3"] },
    ]);
    expect(asked).toEqual({ QueryRetrieveLevel: ["STUDY"], PatientName: ["A*"], StudyDate: ["20200101-20201231"] });
    expect(tags).toEqual(
      "00080020 00080030 00080050 00080052 00080061 00081030 00100010 00100020 0020000d 00201206 00201208".split(" "),
    );
  });

  /** Tags of an implicit VR little endian data set without sequences, in the order they stand. */
  function tagsOf(bytes: Uint8Array): string[] {
    const view = Buffer.from(bytes);
    const tags: string[] = [];
    for (let at = 0; at < view.length; at += 8 + view.readUInt32LE(at + 4)) {
      tags.push(
        [view.readUInt16LE(at), view.readUInt16LE(at + 2)].map((half) => half.toString(16).padStart(4, "0")).join(""),
      );
    }
    return tags;
  }

  test("sends what is not ASCII as UTF-8 and says so", async () => {
    const node = await playedNode(async (association) => {
      const message = await request(association);
      expect(message.keys).toMatchObject({ SpecificCharacterSet: ["ISO_IR 192"], PatientName: ["Müller*"] });
      await answer(association, message, 0);
      await untilReleased(association);
    });
    expect(await all(find(node, "patient", { PatientName: "Müller*" }))).toEqual([]);
  });

  const names = [
    { charset: "ISO_IR 100", bytes: Buffer.from("M\xfcller^J\xf6rg", "latin1"), name: "Müller^Jörg" },
    { charset: "ISO_IR 192", bytes: Buffer.from("王^小东"), name: "王^小东" },
    { charset: "GB18030", bytes: Buffer.from("cdf55ed0a1b6ab", "hex"), name: "王^小东" },
    {
      charset: "\\ISO 2022 IR 87",
      bytes: Buffer.from("Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "latin1"),
      name: "Yamada^Tarou=山田^太郎",
    },
  ];
  for (const { charset, bytes, name } of names) {
    test(`reads names in ${charset}`, async () => {
      const element = (group: number, number: number, value: Buffer) => {
        const padded = value.length % 2 ? Buffer.concat([value, Buffer.from(" ")]) : value;
        const head = Buffer.alloc(8);
        head.writeUInt16LE(group, 0);
        head.writeUInt16LE(number, 2);
        head.writeUInt32LE(padded.length, 4);
        return Buffer.concat([head, padded]);
      };
      const data = Buffer.concat([element(8, 5, Buffer.from(charset)), element(0x10, 0x10, bytes)]);
      const node = await playedNode(async (association) => {
        const message = await request(association);
        await answer(association, message, 0xff00, {}, data);
        await answer(association, message, 0);
        await untilReleased(association);
      });
      const [found] = await all(find(node, "study", {}));
      expect(found.PatientName).toEqual([name]);
    });
  }

  test("cancels what is above its limit, and what nobody reads on", async () => {
    for (const leave of ["limit", "break"]) {
      let cancelled = false;
      const node = await playedNode(async (association) => {
        const message = await request(association);
        for (let i = 1; i <= 5; i++) await answer(association, message, 0xff00, {}, study(`1.${i}`));
        const cancel = (await association.receive(2000))!;
        cancelled =
          cancel.command.CommandField === FIELD.cancelRq &&
          cancel.command.MessageIDBeingRespondedTo === message.command.MessageID;
        await answer(association, message, 0xfe00);
        await untilReleased(association);
      });
      const found: Found[] = [];
      for await (const one of find(node, "study", {}, leave === "limit" ? { limit: 2 } : {})) {
        found.push(one);
        if (leave === "break" && found.length === 2) break;
      }
      expect(found).toHaveLength(2);
      expect(cancelled).toBe(true);
    }
  });

  test("breaks off where a node takes no notice of a cancel", async () => {
    const ENDLESS = 100_000;
    let sent = 0;
    const node = await playedNode(async (association) => {
      const message = await request(association);
      for (let i = 1; i <= ENDLESS; i++) {
        try {
          await answer(association, message, 0xff00, {}, study(`1.${i}`));
        } catch {
          return;
        }
        sent = i;
        if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    expect(await all(find(node, "study", {}, { limit: 3 }))).toHaveLength(3);
    expect(sent).toBeLessThan(ENDLESS);
  });

  test("is stopped by its signal, whether the node answers the cancel or not", async () => {
    for (const polite of [true, false]) {
      const node = await playedNode(
        async (association) => {
          const message = await request(association);
          await answer(association, message, 0xff00, {}, study("1.1"));
          const cancel = await association.receive(2000);
          expect(cancel?.command.CommandField).toBe(FIELD.cancelRq);
          if (polite) await answer(association, message, 0xfe00);
          await untilReleased(association);
        },
        { idleMs: 5000, cancelMs: 100, negotiateMs: 1000 },
      );
      const controller = new AbortController();
      const search = find(node, "study", {}, { signal: controller.signal });
      await search.next();
      setTimeout(() => controller.abort(), 20);
      await expect(search.next()).rejects.toMatchObject({ code: "app/aborted" });
    }
  });

  test("tells failures in words, never in the words of the node", async () => {
    const node = await playedNode(async (association) => {
      const message = await request(association);
      await answer(association, message, 0xa900);
      await untilReleased(association);
    });
    await expect(all(find(node, "study", {}))).rejects.toThrow(
      /^The node ARCHIVE at 127\.0\.0\.1:\d+ was asked for a search and answered: data that do not fit their class \(status A900\)\.$/,
    );
  });

  test("refuses attributes that are none", async () => {
    const node = { host: "127.0.0.1", port: 104, aeTitle: "A", callingAe: "B" };
    const wrong: Keys[] = [{ Nonsense: "" }, { Rows: "5" }, { ReferencedSeriesSequence: "x" }];
    for (const keys of wrong) {
      await expect(all(find(node, "study", keys))).rejects.toMatchObject({ code: "app/invalid-input" });
    }
  });
});

describe("a transfer by C-MOVE", () => {
  test("names the destination, tells its counts, and ends with them", async () => {
    const node = await playedNode(async (association) => {
      const message = await request(association);
      expect(message.command.MoveDestination).toBe("LOUPE");
      expect(message.keys).toEqual({
        QueryRetrieveLevel: ["SERIES"],
        StudyInstanceUID: ["1.2"],
        SeriesInstanceUID: ["1.2.3"],
      });
      const counts = {
        NumberOfCompletedSuboperations: 1,
        NumberOfFailedSuboperations: 0,
        NumberOfWarningSuboperations: 0,
      };
      await answer(association, message, 0xff00, { ...counts, NumberOfRemainingSuboperations: 2 });
      await answer(
        association,
        message,
        0xb000,
        { ...counts, NumberOfFailedSuboperations: 2 },
        encodeIdentifier({ FailedSOPInstanceUIDList: "1.5" }),
      );
      await untilReleased(association);
    });
    const told: unknown[] = [];
    const result = await move(node, { study: "1.2", series: "1.2.3" }, "LOUPE", {
      onProgress: (progress) => told.push(progress),
    });
    expect(told[0]).toEqual({ completed: 1, failed: 0, warning: 0, remaining: 2 });
    expect(result).toEqual({ completed: 1, failed: 2, warning: 0, remaining: 0 });
  });

  test("says what to do where the destination is unknown, and what is missing in a wish", async () => {
    const node = await playedNode(async (association) => {
      await answer(association, await request(association), 0xa801);
      await untilReleased(association);
    });
    await expect(move(node, { patient: "P" }, "LOUPE")).rejects.toThrow(
      "a destination it does not know; enter our AE title there",
    );
    for (const wanted of [
      {},
      { series: "1.2" },
      { study: "1.2", instance: "1.2" },
      { study: "1.2/.." },
      { study: "1.2\\1.3" },
    ]) {
      await expect(move(node, wanted, "LOUPE")).rejects.toMatchObject({ code: "app/invalid-input" });
    }
  });

  test("waits longer between answers than other operations, but not for ever", async () => {
    const node = await playedNode(async (association) => {
      await request(association);
      await untilReleased(association);
    });
    const began = performance.now();
    await expect(move(node, { study: "1.2" }, "LOUPE")).rejects.toMatchObject({ code: "network/timeout" });
    expect(performance.now() - began).toBeGreaterThan(550);
  });
});

describe("a transfer by C-GET", () => {
  /** Sends files as sub-operations; the statuses our client answers. */
  async function store(association: Association, files: Uint8Array[]): Promise<number[]> {
    const statuses: number[] = [];
    for (const [i, file] of files.entries()) {
      const { sopClass, sopInstance, dataSet } = splitPart10(file);
      const context = [...association.contexts.values()].find(({ abstractSyntax, transferSyntax }) => {
        return abstractSyntax === sopClass && transferSyntax === "1.2.840.10008.1.2.1";
      });
      const rq = {
        AffectedSOPClassUID: sopClass,
        AffectedSOPInstanceUID: sopInstance,
        CommandField: FIELD.storeRq,
        MessageID: 100 + i,
      };
      await association.send(context!, rq, dataSet);
      for (;;) {
        const message = (await association.receive(2000))!;
        if (message.command.CommandField === FIELD.storeRsp) {
          statuses.push(message.command.Status!);
          break;
        }
      }
    }
    return statuses;
  }

  test("takes objects between the answers and offers itself as provider of their classes", async () => {
    const files = [object({ uid: "1.1" }), object({ uid: "1.2", bytes: 300_000 })];
    const node = await playedNode(async (association, rq) => {
      expect(rq.roles).toEqual([{ sopClass: CT, scu: false, scp: true }]);
      expect(rq.contexts.length).toBeGreaterThan(10);
      const message = await request(association);
      expect(await store(association, files.slice(0, 1))).toEqual([0]);
      await answer(association, message, 0xff00, {
        NumberOfRemainingSuboperations: 1,
        NumberOfCompletedSuboperations: 1,
      });
      expect(await store(association, files.slice(1))).toEqual([0]);
      await answer(association, message, 0, { NumberOfCompletedSuboperations: 2, NumberOfFailedSuboperations: 0 });
      await untilReleased(association);
    });
    const got: Uint8Array[] = [];
    const result = await get(node, { study: "1.2" }, async (bytes) => void got.push(bytes), { sopClasses: [CT] });
    expect(result).toEqual({ completed: 2, failed: 0, warning: 0, remaining: 0 });
    expect(got.map((bytes, i) => Buffer.compare(splitPart10(bytes).dataSet, splitPart10(files[i]).dataSet))).toEqual([
      0, 0,
    ]);
  });

  test("asks for the classes first where nobody names them", async () => {
    const asked: string[] = [];
    let proposed: string[] = [];
    const special = "1.2.840.10008.5.1.4.1.1.501.2.1";
    const node = await playedNode(async (association, rq) => {
      const message = await request(association);
      if (message.command.CommandField === FIELD.getRq) {
        proposed = rq.contexts.map(({ abstractSyntax }) => abstractSyntax);
        await answer(association, message, 0);
      } else {
        const level = message.keys.QueryRetrieveLevel[0];
        asked.push(level);
        const found: Keys = level === "SERIES" ? { SeriesInstanceUID: "1.2.9" } : { SOPClassUID: special };
        await answer(association, message, 0xff00, {}, encodeIdentifier(found));
        await answer(association, message, 0);
      }
      await untilReleased(association);
    });
    await get(node, { study: "1.2" }, async () => {});
    expect(asked).toEqual(["SERIES", "IMAGE"]);
    expect(proposed.filter((uid) => uid === special)).toHaveLength(16);
    expect(proposed).toContain(CT);
  });

  test("ends with the receiver's error, after the node was told", async () => {
    let statuses: number[] = [];
    const node = await playedNode(async (association) => {
      await request(association);
      statuses = await store(association, [object()]);
      await untilReleased(association);
    });
    const full = new AppError("project/disk-full", "The disk is full.");
    await expect(get(node, { study: "1.2" }, () => Promise.reject(full), { sopClasses: [CT] })).rejects.toBe(full);
    await expect.poll(() => statuses).toEqual([0xa700]);
  });

  test("keeps nothing that comes after a cancel", async () => {
    const controller = new AbortController();
    const got: string[] = [];
    let statuses: number[] = [];
    const node = await playedNode(async (association) => {
      const message = await request(association);
      statuses = await store(association, [object({ uid: "1.1" }), object({ uid: "1.2" })]);
      await answer(association, message, 0xfe00, { NumberOfCompletedSuboperations: 1 });
      await untilReleased(association);
    });
    const keep = async (_: Uint8Array, { sopInstance }: { sopInstance: string }) => {
      got.push(sopInstance);
      controller.abort();
    };
    const work = get(node, { study: "1.2" }, keep, { sopClasses: [CT], signal: controller.signal });
    await expect(work).rejects.toMatchObject({ code: "app/aborted" });
    expect(got).toEqual(["1.1"]);
    await expect.poll(() => statuses).toEqual([0, 0xc000]);
  });

  test("proposes as many contexts as an association has, and each class at least once", async () => {
    for (const count of [1, 8, 30, 127, 300]) {
      let proposed: readonly { abstractSyntax: string }[] = [];
      const node = await playedNode(async (association, rq) => {
        proposed = rq.contexts;
        await answer(association, await request(association), 0);
        await untilReleased(association);
      });
      const sopClasses = Array.from({ length: count }, (_, i) => `1.2.840.10008.5.1.4.1.1.${i + 1}`);
      await get(node, { study: "1.2" }, async () => {}, { sopClasses });
      expect(proposed.length).toBeLessThanOrEqual(128);
      expect(new Set(proposed.map(({ abstractSyntax }) => abstractSyntax)).size).toBe(Math.min(count, 127) + 1);
    }
  });
});
