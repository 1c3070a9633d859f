// Our side as the one who asks: from a node's address to an association (PS3.8 7.1), and back out of it in every case.

import { connect, type Socket } from "node:net";
import { AppError } from "../../preload/contract/errors.ts";
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from "../imaging/dicom/write.ts";
import { Association, type Context } from "./association.ts";
import { Channel } from "./channel.ts";
import { type Budget, checkSignal, DEFAULT_LIMITS, type Limits, stopped } from "./limits.ts";
import { broken, decodeAssociateAc, encodeAbort, encodeAssociateRq, PDU, type Role } from "./pdu.ts";
import { abortion, located, rejection, unreachable } from "./words.ts";

/** A node as somebody entered it. */
export interface RemoteNode {
  readonly host: string;
  readonly port: number;
  /** its AE title, 1 to 16 characters */
  readonly aeTitle: string;
  /** ours, as it knows us */
  readonly callingAe: string;
  readonly limits?: Partial<Limits>;
}

export interface Proposal {
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

export const IMPLEMENTATION = { classUid: IMPLEMENTATION_CLASS_UID, version: IMPLEMENTATION_VERSION };

/** PS3.5 table 6.2-1, AE. Throws app/invalid-input. */
export function checkAeTitle(title: string): void {
  if (!/^(?=.*[^ ])[\x20-\x5b\x5d-\x7e]{1,16}$/.test(title)) {
    throw new AppError(
      "app/invalid-input",
      "An AE title has 1 to 16 letters, digits, spaces or signs of ASCII, and no backslash.",
    );
  }
}

function checkNode({ host, port, aeTitle, callingAe }: RemoteNode): void {
  checkAeTitle(aeTitle);
  checkAeTitle(callingAe);
  if (host.trim() === "") throw new AppError("app/invalid-input", "A node needs a host name or an address.");
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new AppError("app/invalid-input", `A port is a whole number from 1 to 65535, found ${port}.`);
  }
}

/** Errors: network/unreachable, app/aborted. */
async function connectTo(
  host: string,
  port: number,
  where: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host, port });
  return new Promise((resolve, reject) => {
    const settle = (error: AppError | null) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      socket.removeAllListeners();
      if (!error) {
        resolve(socket);
        return;
      }
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const stop = () => settle(stopped());
    const timer = setTimeout(() => settle(unreachable(where, "ETIMEDOUT")), waitMs);
    signal?.addEventListener("abort", stop);
    socket.once("connect", () => settle(null));
    socket.once("error", (cause: NodeJS.ErrnoException) => settle(unreachable(where, cause.code ?? "", cause)));
  });
}

interface OpenOptions {
  readonly roles?: readonly Role[];
  /** breaks off at once, as long as the association is not open yet */
  readonly signal?: AbortSignal;
  readonly budget?: Budget;
}

/**
 * Asks for an association with these contexts (at most 128); those the node accepts are the association's.
 * Errors: app/invalid-input, app/aborted, network/unreachable, timeout, refused, no-service, closed, protocol.
 */
export async function openAssociation(
  node: RemoteNode,
  proposals: readonly Proposal[],
  options: OpenOptions,
): Promise<Association> {
  checkNode(node);
  checkSignal(options.signal);
  const limits: Limits = { ...DEFAULT_LIMITS, ...node.limits };
  const where = `The node ${node.aeTitle} at ${node.host}:${node.port}`;
  const socket = await connectTo(node.host, node.port, where, limits.connectMs, options.signal);
  const channel = new Channel(socket, where);
  const stop = () => channel.fail(stopped(), encodeAbort(0, 0));
  options.signal?.addEventListener("abort", stop);
  try {
    const contexts = proposals.map((proposal, i) => ({ id: 2 * i + 1, ...proposal }));
    const { aeTitle: calledAe, callingAe } = node;
    const rq = { calledAe, callingAe, contexts, roles: options.roles ?? [] };
    await channel.write(encodeAssociateRq(rq, IMPLEMENTATION), limits.negotiateMs);
    const pdu = await channel.read(limits.negotiateMs);
    if (!pdu) {
      const how = "closed the connection when it was asked for an association. Is this its DICOM port?";
      throw new AppError("network/closed", `${where} ${how}`);
    }
    if (pdu.type === PDU.associateRj) throw rejection(where, pdu.body[1], pdu.body[2], pdu.body[3]);
    if (pdu.type === PDU.abort) throw abortion(where, pdu.body[2], pdu.body[3]);
    if (pdu.type !== PDU.associateAc) throw broken(`a message of type ${pdu.type} instead of an answer`);
    const answer = decodeAssociateAc(pdu.body);
    const accepted = contexts.flatMap(({ id, abstractSyntax, transferSyntaxes }): Context[] => {
      const found = answer.contexts.find((context) => context.id === id && context.result === 0);
      if (!found) return [];
      if (!transferSyntaxes.includes(found.transferSyntax)) throw broken("a transfer syntax that was not proposed");
      return [{ id, abstractSyntax, transferSyntax: found.transferSyntax }];
    });
    const facts = { contexts: accepted, peerMaxPdu: answer.maxPdu, limits, budget: options.budget ?? null };
    const association = new Association(channel, facts);
    if (accepted.length === 0) {
      await association.release();
      const how = "gave us an association, but supports none of the services or transfer syntaxes asked for.";
      throw new AppError("network/no-service", `${where} ${how} Ask whoever runs it what it supports.`);
    }
    return association;
  } catch (error) {
    channel.fail(error instanceof AppError ? error : broken("something unexpected"), encodeAbort(0, 0));
    throw located(where, error);
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

/** Opens, works, releases; aborts where the work throws, and at once where the signal does. */
export async function withAssociation<T>(
  node: RemoteNode,
  proposals: readonly Proposal[],
  options: OpenOptions,
  work: (association: Association) => Promise<T>,
): Promise<T> {
  const association = await openAssociation(node, proposals, options);
  const endWatch = onAbort(options.signal, () => association.abort(stopped()));
  try {
    const result = await work(association);
    await association.release();
    return result;
  } catch (error) {
    association.abort(error instanceof AppError ? error : stopped());
    throw located(association.where, error);
  } finally {
    endWatch();
  }
}

/** While `signal` may abort: `stop` is called once. Returns what ends the watch. */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  return () => signal?.removeEventListener("abort", stop);
}
