// Loupe as a node that listens: C-ECHO and C-STORE as provider (PS3.4 annexes A, B), for as long as somebody wants it.
//
// Who may send is asked twice: by the AE title we are called, and by the title of the caller where a list is given. A title is no secret
// and proves nothing; the host and port that the caller of this room chooses, and the firewall, are what keeps strangers out.
// Everything a stranger can cost is bounded in limits.ts.

import { createServer, type Server, type Socket } from "node:net";
import { AppError } from "../../preload/contract/errors.ts";
import { Association, type Context, type Message } from "./association.ts";
import { Channel } from "./channel.ts";
import { FIELD, NO_DATA_SET } from "./command.ts";
import { checkAeTitle, IMPLEMENTATION, onAbort } from "./connect.ts";
import { answerStore, type OnObject } from "./incoming.ts";
import { Budget, checkSignal, DEFAULT_LIMITS, type Limits, stopped } from "./limits.ts";
import {
  type AnsweredContext,
  type AssociateRq,
  broken,
  decodeAssociateRq,
  encodeAbort,
  encodeAssociateAc,
  encodeAssociateRj,
  isDicomApplication,
  PDU,
} from "./pdu.ts";
import { isStorageClass, TRANSFER_SYNTAXES, VERIFICATION } from "./services.ts";
import { STATUS } from "./words.ts";

export interface NodeOptions {
  readonly aeTitle: string;
  /** 0 takes any free one */
  readonly port: number;
  /** the address to listen on; default 127.0.0.1, which only this machine reaches */
  readonly host?: string;
  readonly accept?: {
    /** default: every storage class */
    readonly sopClasses?: readonly string[];
    /** default: every syntax that Loupe reads */
    readonly transferSyntaxes?: readonly string[];
  };
  /** AE titles; default: everybody */
  readonly allowedCallers?: readonly string[];
  readonly onObject: OnObject;
  readonly limits?: Partial<Limits>;
  /** closes the node */
  readonly signal?: AbortSignal;
}

export interface RunningNode {
  readonly host: string;
  readonly port: number;
  /** Takes no more associations, breaks off those that stand, and waits until the last object is dealt with. */
  close(): Promise<void>;
}

/** Starts to listen. Errors: app/invalid-input, app/aborted, network/port-taken, network/unreachable. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  checkAeTitle(options.aeTitle);
  for (const title of options.allowedCallers ?? []) checkAeTitle(title);
  checkSignal(options.signal);
  const host = options.host ?? "127.0.0.1";
  const service = new Service(options);
  const server = createServer((socket) => service.serve(socket));
  // Those above the number of associations are told so; those far above it are not even heard.
  server.maxConnections = 2 * service.limits.maxAssociations;
  const port = await listen(server, host, options.port);
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      endWatch();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await service.stop();
      await closed;
    })();
    return closing;
  };
  const endWatch = onAbort(options.signal, () => void close());
  return { host, port, close };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EADDRINUSE") {
        const what = `Port ${port} of ${host} is used by another program; choose another, and tell it to the archive.`;
        reject(new AppError("network/port-taken", what, { cause }));
      } else if (cause.code === "EACCES") {
        const what = `The system does not let us listen on port ${port}; choose one above 1023, and tell it to the archive.`;
        reject(new AppError("network/port-taken", what, { cause }));
      } else {
        const what = `This machine cannot listen on ${host}, port ${port}: choose one of its own addresses and a port from 0 to 65535.`;
        reject(new AppError("network/unreachable", what, { cause }));
      }
    });
    try {
      server.listen({ host, port }, () => {
        server.removeAllListeners("error");
        server.on("error", () => {});
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    } catch (cause) {
      reject(new AppError("app/invalid-input", `A port is a whole number from 0 to 65535, found ${port}.`, { cause }));
    }
  });
}

class Service {
  readonly limits: Limits;
  readonly #options: NodeOptions;
  readonly #budget: Budget;
  /** connections that are not closed yet, and what is done for them */
  readonly #serving = new Map<Channel, Promise<void>>();
  #associations = 0;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#budget = new Budget(this.limits.maxHeldBytes);
  }

  serve(socket: Socket): void {
    const channel = new Channel(socket, `A node at ${socket.remoteAddress ?? "an unknown address"}`);
    // A stranger's mistake is the stranger's: nobody here asked for anything. What may be said back was said in the association.
    const served = this.#serve(channel).catch((error: unknown) => {
      channel.fail(error instanceof AppError ? error : broken("a fault of ours"), encodeAbort(2, 0));
    });
    this.#serving.set(channel, served);
    socket.once("close", () => void served.then(() => this.#serving.delete(channel)));
  }

  async stop(): Promise<void> {
    for (const channel of this.#serving.keys()) channel.fail(stopped(), encodeAbort(0, 0));
    const serving = [...this.#serving];
    await Promise.allSettled(serving.map(([, served]) => served));
    for (const [channel] of serving) channel.destroy();
  }

  async #serve(channel: Channel): Promise<void> {
    const { negotiateMs } = this.limits;
    const pdu = await channel.read(negotiateMs);
    if (!pdu) {
      channel.end(0);
      return;
    }
    if (pdu.type !== PDU.associateRq) throw broken(`a message of type ${pdu.type} instead of a request`);
    const rq = decodeAssociateRq(pdu.body);
    const refusal = this.#refusal(rq);
    if (refusal) {
      await channel.write(encodeAssociateRj(...refusal), negotiateMs);
      channel.end(negotiateMs);
      return;
    }
    this.#associations += 1;
    try {
      await this.#associate(channel, rq);
    } finally {
      this.#associations -= 1;
    }
  }

  /** Result, source and reason of PS3.8 table 9-21; null where we accept. */
  #refusal(rq: AssociateRq & { protocolVersion: number }): [number, number, number] | null {
    const { aeTitle, allowedCallers } = this.#options;
    if ((rq.protocolVersion & 1) === 0) return [1, 2, 2];
    if (!isDicomApplication(rq.applicationContext)) return [1, 1, 2];
    if (rq.calledAe !== aeTitle.trim()) return [1, 1, 7];
    if (allowedCallers && !allowedCallers.some((title) => title.trim() === rq.callingAe)) return [1, 1, 3];
    if (this.#associations >= this.limits.maxAssociations) return [2, 3, 2];
    return null;
  }

  async #associate(channel: Channel, rq: AssociateRq): Promise<void> {
    const answers = rq.contexts.map(({ id, abstractSyntax, transferSyntaxes }): AnsweredContext => {
      // The first that we take, in the order of the sender, who knows how the object is kept.
      const found = transferSyntaxes.find((uid) => this.#takes(abstractSyntax, uid));
      // Reasons 3 and 4: abstract syntax, transfer syntaxes not supported (PS3.8 table 9-18).
      const result = !this.#supports(abstractSyntax) ? 3 : found === undefined ? 4 : 0;
      return { id, result, transferSyntax: found ?? "" };
    });
    const { calledAe, callingAe, maxPdu } = rq;
    const ac = { calledAe, callingAe, contexts: answers, roles: [] };
    await channel.write(encodeAssociateAc(ac, IMPLEMENTATION), this.limits.negotiateMs);
    const contexts = answers
      .filter(({ result }) => result === 0)
      .map(({ id, transferSyntax }): Context => {
        const { abstractSyntax } = rq.contexts.find((context) => context.id === id)!;
        return { id, abstractSyntax, transferSyntax };
      });
    const facts = { contexts, peerMaxPdu: maxPdu, limits: this.limits, budget: this.#budget };
    const association = new Association(channel, facts);
    for (;;) {
      const message = await association.receive(this.limits.idleMs);
      if (!message) return;
      await this.#answer(association, message, callingAe);
    }
  }

  #supports(abstractSyntax: string): boolean {
    const classes = this.#options.accept?.sopClasses;
    if (abstractSyntax === VERIFICATION) return true;
    return classes ? classes.includes(abstractSyntax) : isStorageClass(abstractSyntax);
  }

  #takes(abstractSyntax: string, transferSyntax: string): boolean {
    if (abstractSyntax === VERIFICATION) return TRANSFER_SYNTAXES.includes(transferSyntax);
    return (this.#options.accept?.transferSyntaxes ?? TRANSFER_SYNTAXES).includes(transferSyntax);
  }

  async #answer(association: Association, message: Message, callingAe: string): Promise<void> {
    const { command, context, data } = message;
    if (command.CommandField === FIELD.storeRq && context.abstractSyntax !== VERIFICATION) {
      await answerStore(association, message, callingAe, this.#options.onObject);
      return;
    }
    data?.done();
    // A cancel has no answer, and nothing of ours can be cancelled; an answer to nothing is dropped.
    if (command.CommandField === FIELD.cancelRq || command.CommandField >= 0x8000) return;
    const echo = command.CommandField === FIELD.echoRq && command.CommandDataSetType === NO_DATA_SET;
    await association.send(context, {
      AffectedSOPClassUID: command.AffectedSOPClassUID,
      CommandField: command.CommandField | 0x8000,
      MessageIDBeingRespondedTo: command.MessageID ?? 0,
      Status: echo ? STATUS.success : STATUS.unrecognisedOperation,
    });
  }
}
