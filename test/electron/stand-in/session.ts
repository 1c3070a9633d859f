// `protocol`, `session`, `ipcMain`, `webContents` events of guards: what the host registered, asked by window.ts as Electron would ask.

import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

export type Handler = (request: Request) => Response | Promise<Response>;
type Decide<T> = (decision: T) => void;
type BeforeRequest = (details: { url: string; resourceType: string }, decide: Decide<{ cancel?: boolean }>) => void;

interface Scheme {
  scheme: string;
  privileges: Record<string, boolean>;
}

/** What was registered; `schemes` before ready, as Electron demands. */
export const registered = {
  schemes: [] as Scheme[],
  handlers: new Map<string, Handler>(),
  beforeRequest: null as BeforeRequest | null,
  permissionRequest: null as ((contents: unknown, permission: string, decide: Decide<boolean>) => void) | null,
  permissionCheck: null as ((contents: unknown, permission: string) => boolean) | null,
  devicePermission: null as ((details: object) => boolean) | null,
  displayMedia: null as ((request: object, decide: Decide<object | null>) => void) | null,
  certificate: null as ((request: object, decide: Decide<number>) => void) | null,
  spellCheck: true,
  ipc: new Map<string, (event: unknown, ...args: unknown[]) => unknown>(),
};

export const protocol = {
  registerSchemesAsPrivileged(schemes: Scheme[]): void {
    registered.schemes = schemes;
  },
};

class DefaultSession extends EventEmitter {
  readonly protocol = { handle: (scheme: string, answer: Handler) => void registered.handlers.set(scheme, answer) };
  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest) => {
      registered.beforeRequest = listener;
    },
  };
  setSpellCheckerEnabled(on: boolean): void {
    registered.spellCheck = on;
  }
  setPermissionRequestHandler(handler: typeof registered.permissionRequest): void {
    registered.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: typeof registered.permissionCheck): void {
    registered.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: typeof registered.devicePermission): void {
    registered.devicePermission = handler;
  }
  setDisplayMediaRequestHandler(handler: typeof registered.displayMedia): void {
    registered.displayMedia = handler;
  }
  setCertificateVerifyProc(handler: typeof registered.certificate): void {
    registered.certificate = handler;
  }
}
/** A session of a window of its own, with handlers and a guard of its own; what it says of permissions is not asked. */
export class OtherSession extends DefaultSession {
  readonly handlers = new Map<string, Handler>();
  beforeRequest: BeforeRequest | null = null;
  override readonly protocol = { handle: (scheme: string, answer: Handler) => void this.handlers.set(scheme, answer) };
  override readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest) => {
      this.beforeRequest = listener;
    },
  };
  override setPermissionRequestHandler(): void {}
}
export const session = {
  defaultSession: new DefaultSession(),
  fromPartition: (): OtherSession => new OtherSession(),
};

export const ipcMain = {
  handle(channel: string, answer: (event: unknown, ...args: unknown[]) => unknown): void {
    registered.ipc.set(channel, answer);
  },
};

/** The private scheme's handler on a loopback port. Resolves with the port. */
export async function serveScheme(origin: string): Promise<number> {
  const server = createServer((incoming, outgoing) => void answer(origin, incoming, outgoing));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return (server.address() as AddressInfo).port;
}

/** Hands a request to the handler, and its answer back piece by piece. */
async function answer(origin: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const { method = "GET", url = "/" } = incoming;
  const body = method === "GET" || method === "HEAD" ? null : (Readable.toWeb(incoming) as ReadableStream);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
  try {
    const scheme = origin.slice(0, origin.indexOf(":"));
    const init = { method, headers, body, signal: gone.signal, duplex: "half" } as RequestInit;
    const response = await registered.handlers.get(scheme)!(new Request(`${origin}${url}`, init));
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.flushHeaders();
    for await (const piece of response.body ?? []) outgoing.write(piece);
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}
