// The other side of a connection, played by a test: a node that accepts every context and then does what the test says, and objects.

import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { EXPLICIT_LITTLE } from "../../main/imaging/dicom/transfer-syntax.ts";
import { type DicomFile, writeDicom } from "../../main/imaging/dicom/write.ts";
import { Association, type Context } from "../../main/network/association.ts";
import { Channel } from "../../main/network/channel.ts";
import { IMPLEMENTATION, type RemoteNode } from "../../main/network/connect.ts";
import { DEFAULT_LIMITS, type Limits } from "../../main/network/limits.ts";
import { type AssociateRq, decodeAssociateRq, encodeAssociateAc } from "../../main/network/pdu.ts";

export const QUICK: Partial<Limits> = { connectMs: 2000, negotiateMs: 300, idleMs: 400, moveMs: 600, cancelMs: 200 };

/** Listens until the test ends; the address as our client takes it. */
export async function listening(
  onSocket: (socket: Socket) => void,
  limits: Partial<Limits> = QUICK,
): Promise<RemoteNode> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { host: "127.0.0.1", port, aeTitle: "ARCHIVE", callingAe: "LOUPE", limits };
}

/** A node that accepts all contexts with the first syntax of each and hands the association to `play`. Errors of `play` fail the test. */
export async function playedNode(
  play: (association: Association, rq: AssociateRq) => Promise<void>,
  limits: Partial<Limits> = QUICK,
): Promise<RemoteNode> {
  const playing: Promise<void>[] = [];
  const node = await listening((socket) => {
    const channel = new Channel(socket, "The test");
    const run = async () => {
      const pdu = await channel.read(2000);
      if (!pdu) return;
      const rq = decodeAssociateRq(pdu.body);
      const contexts = rq.contexts.map(({ id, transferSyntaxes }) => ({
        id,
        result: 0,
        transferSyntax: transferSyntaxes[0],
      }));
      const ac = { calledAe: rq.calledAe, callingAe: rq.callingAe, contexts, roles: rq.roles };
      await channel.write(encodeAssociateAc(ac, IMPLEMENTATION), 2000);
      const agreed = rq.contexts.map(({ id, abstractSyntax, transferSyntaxes }): Context => {
        return { id, abstractSyntax, transferSyntax: transferSyntaxes[0] };
      });
      const facts = { contexts: agreed, peerMaxPdu: rq.maxPdu, limits: DEFAULT_LIMITS, budget: null };
      await play(new Association(channel, facts), rq);
    };
    const running = run();
    running.catch(() => {});
    playing.push(running);
  }, limits);
  onTestFinished(async () => {
    await Promise.all(playing);
  });
  return node;
}

export const CT = "1.2.840.10008.5.1.4.1.1.2";

/** An object with `bytes` of pixels, no patient. */
export function object(
  options: {
    uid?: string;
    bytes?: number;
    sopClass?: string;
    transferSyntax?: string;
    pixelData?: DicomFile["pixelData"];
  } = {},
) {
  const { uid = "1.2.3.4", bytes = 512, sopClass = CT, transferSyntax = EXPLICIT_LITTLE } = options;
  return writeDicom({
    attributes: {
      SOPClassUID: sopClass,
      SOPInstanceUID: uid,
      StudyInstanceUID: "1.2.3",
      SeriesInstanceUID: "1.2.3.1",
      Rows: 1,
      Columns: bytes / 2,
      BitsAllocated: 16,
    },
    pixelData: options.pixelData ?? new Uint8Array(bytes).map((_, i) => (i * 31) & 0xff),
    transferSyntax,
  });
}
