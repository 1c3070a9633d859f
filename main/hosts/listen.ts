// The sockets of the browser door: what is no proper request, comes too slowly or too often never reaches it.
//
// Node's parser refuses what two programs could read differently (two lengths, a length and chunks, bare line ends); here are the
// rest of the rules for a server that only browsers talk to: one Host, a path as the target (we are no proxy), 16 KiB of
// headers within ten seconds, a whole request within ten minutes, and a bound on connections in all and from one address.

import type { IncomingMessage, Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { createAdaptorServer } from "@hono/node-server";
import { AppError } from "../../preload/contract/index.ts";
import { BrowserDoor, type DoorOptions, networkOf } from "./browser.ts";
import { guardHeaders } from "./page.ts";
import { LOOPBACK } from "./reach.ts";

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10 * 60_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
} as const;
const CONNECTIONS = 256;
const CONNECTIONS_OF_ONE_ADDRESS = 64;
const TLS = {
  minVersion: "TLSv1.2",
  // Of TLS 1.2 only what has forward secrecy and authenticated encryption; 1.3 has nothing else.
  ciphers:
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20:!SHA1",
  honorCipherOrder: true,
  handshakeTimeout: 10_000,
  ALPNProtocols: ["http/1.1"],
} as const;

export interface BrowserHost {
  readonly door: BrowserDoor;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves where `reach` says, on loopback by default. `port` 0: any free one.
 * @throws AppError app/invalid-input for a port that is taken or not allowed, or an address that is not this machine's
 */
export async function serveBrowser(options: DoorOptions): Promise<BrowserHost> {
  const { reach = LOOPBACK } = options;
  let door: BrowserDoor | null = null;
  const answer = (request: Request, { incoming }: { incoming: IncomingMessage }): Promise<Response> | Response =>
    isProper(incoming)
      ? door!.handle(request, incoming.socket.remoteAddress)
      : new Response(null, { status: 400, headers: guardHeaders(new Headers({ connection: "close" })) });
  const tls = reach.guarded && {
    ...TLS,
    cert: reach.guarded.certificate.certificate,
    key: reach.guarded.certificate.key,
  };
  const server = createAdaptorServer({
    fetch: (request, env) => answer(request, env as { incoming: IncomingMessage }),
    overrideGlobalObjects: false,
    ...(tls ? { createServer: createTlsServer, serverOptions: { ...LIMITS, ...tls } } : { serverOptions: LIMITS }),
  }) as Server;
  boundConnections(server);
  await new Promise<void>((listening, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => failed(refusalToListen(error, options.port, reach.address)));
    server.listen(options.port, reach.address, listening);
  });
  const { port } = server.address() as AddressInfo;
  door = new BrowserDoor({ ...options, port });
  return {
    door,
    port,
    close: () =>
      new Promise((closed) => {
        door.close();
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** HTTP/1.1 with one Host header, and a target that is a path: two programs that read the request mean the same by it. */
function isProper({ httpVersion, rawHeaders, url }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  return httpVersion === "1.1" && hosts.length === 1 && url?.startsWith("/") === true;
}

function boundConnections(server: Server): void {
  server.maxConnections = CONNECTIONS;
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket | TLSSocket) => {
    const address = networkOf(socket.remoteAddress ?? "");
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once("close", () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > CONNECTIONS_OF_ONE_ADDRESS) socket.destroy();
  });
}

function refusalToListen(error: NodeJS.ErrnoException, port: number, address: string): Error {
  if (error.code === "EADDRINUSE" || error.code === "EACCES") {
    return new AppError("app/invalid-input", `Port ${port} is taken or not allowed: choose another with --port.`);
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") {
    return new AppError(
      "app/invalid-input",
      `${address} is not an address of this machine: choose another with --host.`,
    );
  }
  return error;
}
