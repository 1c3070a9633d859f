// Our client and our node over the loopback: what is sent is what arrives, and what is not wanted is refused in words.

import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { codecOf } from "../../main/imaging/dicom/transfer-syntax.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { FIELD } from "../../main/network/command.ts";
import { openAssociation, type RemoteNode } from "../../main/network/connect.ts";
import { checkAnswer, echo, expectMessage } from "../../main/network/echo.ts";
import type { ObjectAbout } from "../../main/network/incoming.ts";
import { type NodeOptions, startNode } from "../../main/network/node.ts";
import { splitPart10 } from "../../main/network/part10.ts";
import { send } from "../../main/network/send.ts";
import { TRANSFER_SYNTAXES } from "../../main/network/services.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { CT, listening, object, QUICK } from "./peers.ts";

interface Arrived {
  bytes: Uint8Array;
  about: ObjectAbout;
}

/** A node of ours until the test ends, its address, and what arrives there. */
async function ourNode(options: Partial<NodeOptions> = {}) {
  const arrived: Arrived[] = [];
  const node = await startNode({
    aeTitle: "LOUPE",
    port: 0,
    onObject: async (bytes, about) => void arrived.push({ bytes, about }),
    ...options,
  });
  onTestFinished(() => node.close());
  const remote: RemoteNode = {
    host: "127.0.0.1",
    port: node.port,
    aeTitle: "LOUPE",
    callingAe: "SENDER",
    limits: QUICK,
  };
  return { node, remote, arrived };
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing thrown",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe("a node of ours", () => {
  test("answers an echo", async () => {
    const { remote } = await ourNode();
    await echo(remote);
  });

  test("receives data sets byte for byte, in every transfer syntax we read, with a header that says which", async () => {
    const { remote, arrived } = await ourNode();
    const files = TRANSFER_SYNTAXES.filter((uid) => uid !== "1.2.840.10008.1.2.1.99").map((transferSyntax, i) =>
      object({ transferSyntax, uid: `1.2.3.4.${i}`, pixelData: Uint8Array.of(1, 2, 3, 4) }),
    );
    files.push(...[0, 1].map((index) => drawPhantom({ index, seed: 3 }).bytes));
    expect(await send(remote, files)).toEqual({ sent: files.length, failed: [] });
    expect(arrived).toHaveLength(files.length);
    arrived.forEach(({ bytes, about }, i) => {
      const came = splitPart10(bytes);
      const went = splitPart10(files[i]);
      expect(Buffer.compare(came.dataSet, went.dataSet)).toBe(0);
      const { sopClass, sopInstance, transferSyntax } = went;
      expect(came).toMatchObject({ sopClass, sopInstance, transferSyntax });
      expect(about).toEqual({ callingAe: "SENDER", sopClass, sopInstance, transferSyntax });
    });
  });

  test("offers the syntaxes that imaging decodes, and all of them", () => {
    expect(TRANSFER_SYNTAXES.filter((uid) => codecOf(uid) === null)).toEqual([]);
    expect(new Set(TRANSFER_SYNTAXES).size).toBe(16);
  });

  test("receives an object of 40 MB in pieces", async () => {
    const { remote, arrived } = await ourNode();
    const file = object({ bytes: 40_000_000 });
    await send(remote, [file]);
    expect(Buffer.compare(splitPart10(arrived[0].bytes).dataSet, splitPart10(file).dataSet)).toBe(0);
  });

  test("serves several senders at once", async () => {
    const { remote, arrived } = await ourNode();
    const senders = [1, 2, 3, 4, 5].map((n) =>
      send(
        remote,
        [1, 2, 3].map((i) => object({ uid: `1.2.${n}.${i}`, bytes: 200_000 })),
      ),
    );
    expect((await Promise.all(senders)).map(({ sent }) => sent)).toEqual([3, 3, 3, 3, 3]);
    expect(new Set(arrived.map(({ about }) => about.sopInstance)).size).toBe(15);
  });

  test("refuses callers and titles it does not know, in the words of PS3.8 9.3.4", async () => {
    const { remote } = await ourNode({ allowedCallers: ["PACS"] });
    await expect(echo(remote)).rejects.toThrow("does not know our AE title");
    await expect(echo({ ...remote, callingAe: "PACS", aeTitle: "OTHER" })).rejects.toThrow(
      "not called by that AE title",
    );
    expect(await code(echo(remote))).toBe("network/refused");
    await echo({ ...remote, callingAe: "PACS" });
  });

  test("refuses an association above its number, and takes the next when one is over", async () => {
    const { remote } = await ourNode({ limits: { maxAssociations: 1 } });
    const proposals = [{ abstractSyntax: "1.2.840.10008.1.1", transferSyntaxes: ["1.2.840.10008.1.2"] }];
    const first = await openAssociation(remote, proposals, {});
    await expect(echo(remote)).rejects.toThrow("as many associations as it allows; try again later");
    await first.release();
    await expect.poll(() => code(echo(remote))).toBe("nothing thrown");
  });

  test("takes only the classes and syntaxes it is told to", async () => {
    const { remote, arrived } = await ourNode({
      accept: { sopClasses: [CT], transferSyntaxes: ["1.2.840.10008.1.2.1"] },
    });
    const { sent, failed } = await send(remote, [
      object({ uid: "1.1" }),
      object({ uid: "1.2", sopClass: "1.2.840.10008.5.1.4.1.1.4" }),
      object({ uid: "1.3", transferSyntax: "1.2.840.10008.1.2" }),
      object({ uid: "1.4" }),
      Uint8Array.of(1, 2, 3),
    ]);
    expect(sent).toBe(2);
    expect(failed.map(({ index }) => index)).toEqual([1, 2, 4]);
    expect(failed[0].reason).toContain("takes no objects of class 1.2.840.10008.5.1.4.1.1.4");
    expect(failed[2].reason).toContain("Expected a DICOM file");
    expect(arrived.map(({ about }) => about.sopInstance)).toEqual(["1.1", "1.4"]);
  });

  test("answers A700 for an object above its limit and takes the next", async () => {
    const { remote, arrived } = await ourNode({ limits: { maxObjectBytes: 10_000 } });
    const files = [object({ uid: "1.1", bytes: 30_000 }), object({ uid: "1.2" })];
    const { failed } = await send(remote, files);
    expect(failed).toEqual([{ index: 0, reason: "The node did not store it: out of resources (status A700)." }]);
    expect(arrived.map(({ about }) => about.sopInstance)).toEqual(["1.2"]);
  });

  test("breaks off where an object has no end", async () => {
    const { remote, arrived } = await ourNode({ limits: { maxObjectBytes: 10_000 } });
    const { failed } = await send(remote, [object({ bytes: 4_000_000 })]);
    expect(failed[0].reason).toMatch(/closed the connection|broke the association off/);
    expect(arrived).toEqual([]);
  });

  test("shares its memory between senders and gives it back", async () => {
    const held: (() => void)[] = [];
    const { remote } = await ourNode({
      limits: { maxHeldBytes: 3_000_000 },
      onObject: () => new Promise<void>((resolve) => held.push(resolve)),
    });
    const patient = { ...remote, limits: { ...QUICK, idleMs: 20_000 } };
    const first = send(patient, [object({ uid: "1.1", bytes: 2_000_000 })]);
    await expect.poll(() => held.length).toBe(1);
    const second = await send(patient, [object({ uid: "1.2", bytes: 2_000_000 })]);
    expect(second.failed[0].reason).toContain("out of resources");
    held[0]();
    expect((await first).sent).toBe(1);
    const third = send(patient, [object({ uid: "1.3", bytes: 2_000_000 })]);
    await expect.poll(() => held.length).toBe(2);
    held[1]();
    expect((await third).sent).toBe(1);
  });

  const failures = [
    { title: "a full disk", error: new AppError("project/disk-full", "full"), status: "A700" },
    { title: "a full disk of the system", error: Object.assign(new Error("full"), { code: "ENOSPC" }), status: "A700" },
    { title: "an image that is too large", error: new AppError("imaging/too-large", "large"), status: "A700" },
    { title: "anything else", error: new Error("Doe^John"), status: "C000" },
  ];
  for (const { title, error, status } of failures) {
    test(`answers ${status} where the receiver meets ${title}, and says nothing of it`, async () => {
      const { remote } = await ourNode({ onObject: () => Promise.reject(error) });
      const { failed } = await send(remote, [object()]);
      expect(failed[0].reason).toContain(`status ${status}`);
      expect(failed[0].reason).not.toContain("Doe");
    });
  }

  describe("with an object that is not what its command says", () => {
    const cases = [
      { title: "another instance", command: {}, file: object({ uid: "9.9" }), status: 0xa900 },
      { title: "another class", command: {}, file: object({ sopClass: "1.2.840.10008.5.1.4.1.1.4" }), status: 0xa900 },
      { title: "no instance UID", command: { AffectedSOPInstanceUID: "../x" }, file: object(), status: 0x0117 },
      {
        title: "the class of another context",
        command: { AffectedSOPClassUID: "1.2.3" },
        file: object(),
        status: 0x0122,
      },
      { title: "no data set at all", command: {}, file: null, status: 0xc000 },
    ];
    for (const { title, command, file, status } of cases) {
      test(`refuses ${title} with ${status.toString(16)}`, async () => {
        const { remote, arrived } = await ourNode();
        const proposals = [{ abstractSyntax: CT, transferSyntaxes: ["1.2.840.10008.1.2.1"] }];
        const association = await openAssociation(remote, proposals, {});
        const [context] = association.contexts.values();
        const rq = {
          AffectedSOPClassUID: CT,
          AffectedSOPInstanceUID: "1.2.3.4",
          CommandField: FIELD.storeRq,
          MessageID: 1,
          ...command,
        };
        await association.send(context, rq, file ? splitPart10(file).dataSet : undefined);
        const answer = await expectMessage(association, 1000);
        expect(checkAnswer(answer, FIELD.storeRsp, 1)).toBe(status);
        expect(arrived).toEqual([]);
        await association.release();
      });
    }
  });

  test("drops whoever says nothing, or half a message", async () => {
    const { node } = await ourNode({ limits: QUICK });
    for (const said of [Buffer.alloc(0), Buffer.of(1, 0, 0, 0, 0, 80, 0)]) {
      const socket = connect(node.port, "127.0.0.1");
      socket.write(said);
      const began = performance.now();
      await new Promise((resolve) => socket.once("close", resolve));
      expect(performance.now() - began).toBeLessThan(20_000);
    }
  });

  test("says so where its port is taken, and ends with its signal", async () => {
    const controller = new AbortController();
    const { node, remote } = await ourNode({ signal: controller.signal });
    const again = startNode({ aeTitle: "LOUPE", port: node.port, onObject: async () => {} });
    expect(await code(again)).toBe("network/port-taken");
    controller.abort();
    await node.close();
    expect(await code(echo(remote))).toBe("network/unreachable");
    expect(await code(startNode({ aeTitle: "A\\B", port: 0, onObject: async () => {} }))).toBe("app/invalid-input");
    expect(await code(startNode({ aeTitle: "A", port: 70000, onObject: async () => {} }))).toBe("app/invalid-input");
  });

  test("closing breaks an association off", async () => {
    const { node, remote } = await ourNode();
    const proposals = [{ abstractSyntax: CT, transferSyntaxes: ["1.2.840.10008.1.2.1"] }];
    const association = await openAssociation(remote, proposals, {});
    const waiting = code(association.receive(2000));
    await node.close();
    expect(await waiting).toBe("network/closed");
  });
});

describe("our client", () => {
  test("says what is wrong with an address before it calls anybody", async () => {
    const node = { host: "127.0.0.1", port: 104, aeTitle: "A", callingAe: "B" };
    for (const wrong of [
      { port: 0 },
      { port: 1.5 },
      { host: " " },
      { aeTitle: "" },
      { callingAe: "seventeen letters" },
    ]) {
      expect(await code(echo({ ...node, ...wrong }))).toBe("app/invalid-input");
    }
  });

  test("ends with a time limit where nobody answers", async () => {
    const remote = await listening(() => {});
    await expect(echo(remote)).rejects.toThrow("had 0.3 s to answer and did not");
  });

  test("ends where the other side closes, or speaks another protocol", async () => {
    expect(await code(echo(await listening((socket) => socket.destroy())))).toBe("network/closed");
    const web = await listening((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(echo(web)).rejects.toThrow(
      /^The node ARCHIVE at 127\.0\.0\.1:\d+ sent what cannot be taken\. .* found a message of type 72\. Is this the DICOM port\?$/,
    );
  });

  test("stops at once with its signal: while connecting, waiting and sending", async () => {
    const silent = await listening((socket) => socket.resume(), {});
    const stop = (work: (signal: AbortSignal) => Promise<unknown>) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      return code(work(controller.signal));
    };
    expect(await stop((signal) => echo(silent, { signal }))).toBe("app/aborted");
    expect(await code(echo(silent, { signal: AbortSignal.abort() }))).toBe("app/aborted");
    const { remote } = await ourNode({ onObject: () => new Promise((resolve) => setTimeout(resolve, 500)) });
    const patient = { ...remote, limits: {} };
    expect(await stop((signal) => send(patient, [object()], { signal }))).toBe("app/aborted");
  });
});
