// Sending to nodes that a test plays: what happens to the other files when one of them goes wrong.

import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DEFLATED, EXPLICIT_LITTLE } from "../../main/imaging/dicom/transfer-syntax.ts";
import type { Association } from "../../main/network/association.ts";
import { type Command, FIELD } from "../../main/network/command.ts";
import { fileHeader, splitPart10 } from "../../main/network/part10.ts";
import { send } from "../../main/network/send.ts";
import { storageProposals, TRANSFER_SYNTAXES } from "../../main/network/services.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { CT, object, playedNode, QUICK } from "./peers.ts";

/** Answers each object with the status that `answer` gives; null breaks the association off. */
async function receiving(answer: (command: Command, data: Uint8Array) => number | null, count = { associations: 0 }) {
  const play = async (association: Association) => {
    count.associations += 1;
    for (;;) {
      const message = await association.receive(3000).catch((error: unknown) => {
        if (error instanceof AppError && error.code === "network/closed") return null;
        throw error;
      });
      if (!message) return;
      const status = answer(message.command, message.data!.take()!);
      if (status === null) {
        association.abort(new AppError("network/closed", "The test broke off."));
        return;
      }
      const { MessageID, AffectedSOPInstanceUID } = message.command;
      const rsp = { CommandField: FIELD.storeRsp, MessageIDBeingRespondedTo: MessageID, Status: status };
      await association.send(message.context, { ...rsp, AffectedSOPClassUID: CT, AffectedSOPInstanceUID });
    }
  };
  return playedNode(play, { ...QUICK, negotiateMs: 2000, idleMs: 2000 });
}

const files = (count: number) => Array.from({ length: count }, (_, i) => object({ uid: `1.2.${i}` }));

describe("sending", () => {
  test("goes on with a new association after a node broke off over one file", async () => {
    const count = { associations: 0 };
    const node = await receiving(
      ({ AffectedSOPInstanceUID }) => (AffectedSOPInstanceUID === "1.2.1" ? null : 0),
      count,
    );
    const { sent, failed } = await send(node, files(4));
    expect(sent).toBe(3);
    expect(failed.map(({ index }) => index)).toEqual([1]);
    expect(failed[0].reason).toContain("broke the association off");
    expect(count.associations).toBe(2);
  });

  test("gives up where the node breaks off three times in a row", async () => {
    const count = { associations: 0 };
    const node = await receiving(() => null, count);
    await expect(send(node, files(9))).rejects.toMatchObject({ code: "network/closed" });
    expect(count.associations).toBe(3);
  });

  test("counts warnings as sent and failures as not, in words", async () => {
    const statuses = [0xb000, 0x0122, 0xb007, 0xd123];
    const node = await receiving(() => statuses.shift()!);
    const { sent, failed } = await send(node, files(4));
    expect(sent).toBe(2);
    expect(failed.map(({ reason }) => reason)).toEqual([
      "The node did not store it: a SOP class it does not support (status 0122).",
      "The node did not store it: status D123.",
    ]);
  });

  test("names an object as its data set does, and pads a deflated one", async () => {
    const came: { uid: string | undefined; length: number }[] = [];
    const node = await receiving(({ AffectedSOPInstanceUID: uid }, data) => {
      came.push({ uid, length: data.length });
      return 0;
    });
    const { dataSet } = splitPart10(object({ uid: "1.9" }));
    const about = { sopClass: CT, sopInstance: "1.1", transferSyntax: EXPLICIT_LITTLE };
    const odd = [0, 1, 2, 3].map((level) => deflateRawSync(dataSet, { level })).find(({ length }) => length % 2 === 1);
    const deflated = odd ?? Buffer.concat([deflateRawSync(dataSet), Buffer.alloc(1)]);
    const { failed } = await send(node, [
      Buffer.concat([fileHeader(about), dataSet]),
      Buffer.concat([fileHeader({ ...about, transferSyntax: DEFLATED }), deflated]),
      Buffer.concat([fileHeader(about), dataSet, Buffer.alloc(1)]),
    ]);
    expect(came).toEqual([
      { uid: "1.9", length: dataSet.length },
      { uid: "1.9", length: deflated.length + 1 },
    ]);
    expect(failed).toEqual([{ index: 2, reason: "Expected a data set of even length, found one that is cut short." }]);
  });

  test("takes files one by one, as they come", async () => {
    const node = await receiving(() => 0);
    async function* drawn() {
      for (const file of files(3)) yield file;
    }
    const told: number[] = [];
    expect((await send(node, drawn(), { onProgress: (done) => told.push(done) })).sent).toBe(3);
    expect(told).toEqual([1, 2, 3]);
  });
});

describe("contexts of a C-GET", () => {
  const classes = (count: number, start = 0) =>
    Array.from({ length: count }, (_, i) => `1.2.840.10008.5.1.4.1.1.${start + i}`);

  for (const known of [0, 1, 3, 7, 20, 60, 127, 200]) {
    test(`fit their room with ${known} known classes and 29 likely ones, known ones first`, () => {
      const proposals = storageProposals(classes(known), classes(29, 500), 127);
      expect(proposals.length).toBeLessThanOrEqual(127);
      const served = new Set(proposals.map(({ abstractSyntax }) => abstractSyntax));
      for (const uid of classes(known).slice(0, 127)) expect(served).toContain(uid);
      if (known <= 90) for (const uid of classes(29, 500)) expect(served).toContain(uid);
      for (const uid of served) {
        const syntaxes = proposals.filter((one) => one.abstractSyntax === uid).flatMap((one) => one.transferSyntaxes);
        expect([...syntaxes].sort()).toEqual([...TRANSFER_SYNTAXES].sort());
      }
      // A class that is known to come gets each syntax on its own while there is room.
      const first = proposals.filter((one) => one.abstractSyntax === classes(1)[0]);
      if (known > 0 && known <= 6)
        expect(first.every(({ transferSyntaxes }) => transferSyntaxes.length === 1)).toBe(true);
    });
  }
});
