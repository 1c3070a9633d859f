import { request as httpRequest } from "node:http";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EventHub } from "../../main/api/events.ts";
import { BrowserDoor } from "../../main/hosts/browser.ts";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import type { Studio } from "../../preload/contract/index.ts";
import { openStudio, type TestStudio } from "../api/open-studio.ts";
import { pageFolder } from "./page-folder.ts";

const PORT = 4321;
const ORIGIN = `http://127.0.0.1:${PORT}`;
let open: TestStudio;
let door: BrowserDoor;
let cookie: string;
beforeAll(async () => {
  open = await openStudio();
  door = new BrowserDoor({ studio: open.studio, pageFolder: pageFolder(), port: PORT });
  cookie = await enter(door);
});
afterAll(() => open.close());

async function enter(door: BrowserDoor): Promise<string> {
  const response = await door.handle(new Request(door.newLink()));
  return response.headers.get("set-cookie")!.split(";")[0]!;
}
const get = (path: string, headers: Record<string, string> = { cookie }, origin = ORIGIN) =>
  door.handle(new Request(`${origin}${path}`, { headers }));
const call = (headers: Record<string, string>, origin = ORIGIN) =>
  door.handle(
    new Request(`${origin}/rpc/projects/current`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json", ...headers },
    }),
  );

describe("the link", () => {
  test("is exchanged once for a cookie that no script and no other site can use", async () => {
    const link = door.newLink();
    const first = await door.handle(new Request(link));
    expect(first.status).toBe(303);
    expect(first.headers.get("location")).toBe("/");
    expect(first.headers.get("set-cookie")).toMatch(/^loupe-4321=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await door.handle(new Request(link))).status).toBe(401);
  });

  test("stops working when a newer one is printed", async () => {
    const old = door.newLink();
    door.newLink();
    expect((await door.handle(new Request(old))).status).toBe(401);
  });

  test.each(["", "x", "../", "%2e%2e"])("with the token %j lets nobody in", async (token) => {
    door.newLink();
    const response = await get(`/enter/${token}`, {});
    expect([401, 404]).toContain(response.status);
    expect(response.headers.get("set-cookie")).toBeNull();
  });
});

describe("without the cookie", () => {
  test.each(["/", "/assets/index-1a2b3c4d.js", "/pixels/a/0", "/thumbnails/a", "/nothing"])(
    "%s is 401",
    async (path) => {
      expect((await get(path, {})).status).toBe(401);
      expect((await get(path, { cookie: "loupe-4321=guess; loupe-1=x" })).status).toBe(401);
    },
  );

  test("calls are 401", async () => {
    expect((await call({ origin: ORIGIN })).status).toBe(401);
  });
});

describe("with the cookie", () => {
  test("the page comes with a nonce of its own each time, and with the strict policy", async () => {
    const answers = await Promise.all([get("/"), get("/")]);
    const nonces = await Promise.all(
      answers.map(async (answer) => {
        const nonce = /nonce="([^"]+)"/.exec(await answer.text())![1]!;
        const policy = answer.headers.get("content-security-policy")!;
        expect(policy).toContain(`'nonce-${nonce}'`);
        expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
        expect(policy).not.toContain("'unsafe-eval'");
        expect(answer.headers.get("cross-origin-opener-policy")).toBe("same-origin");
        expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
        expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
        return nonce;
      }),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test("a reload works, and so do files and calls", async () => {
    expect((await get("/")).status).toBe(200);
    expect((await get("/")).status).toBe(200);
    expect((await get("/assets/index-1a2b3c4d.js")).headers.get("content-type")).toContain("text/javascript");
    expect(await (await call({ cookie, origin: ORIGIN })).json()).toMatchObject({ json: { name: "Chest" } });
  });

  test("every answer carries the policy, refusals too", async () => {
    for (const response of [await get("/nothing"), await get("/", {}), await call({ cookie, origin: "http://evil" })]) {
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(response.headers.get("cache-control")).toBe("no-store");
    }
  });

  test.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "//secret.txt",
    "/%00",
    "/assets",
    "/constructor",
  ])("%s is not a file of the page", async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain("not for the page");
  });
});

describe("other sites", () => {
  test("that point their name at this machine are refused before anything else", async () => {
    for (const origin of ["http://evil.example:4321", "http://127.0.0.1:9999", "http://127.0.0.1.evil.example:4321"]) {
      expect((await get("/", { cookie }, origin)).status).toBe(403);
      expect((await call({ cookie, origin }, origin)).status).toBe(403);
    }
    expect((await get("/", { cookie }, `http://localhost:${PORT}`)).status).toBe(200);
  });

  test("cannot post: neither with their Origin, nor with none, nor from another port of this machine", async () => {
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:4321"]) {
      expect((await call({ cookie, origin })).status).toBe(403);
    }
    expect((await call({ cookie })).status).toBe(403);
  });

  test("cannot load images or scripts from here, but a person can follow a link to the page", async () => {
    const from = (site: string, mode: string, dest: string) =>
      get("/", { cookie, "sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest });
    expect((await from("cross-site", "no-cors", "image")).status).toBe(403);
    expect((await from("same-site", "no-cors", "script")).status).toBe(403);
    expect((await from("cross-site", "navigate", "iframe")).status).toBe(403);
    expect((await from("cross-site", "navigate", "document")).status).toBe(200);
    expect((await from("same-origin", "cors", "empty")).status).toBe(200);
  });
});

test("a body larger than memory should hold is refused by its length", async () => {
  const response = await call({ cookie, origin: ORIGIN, "content-length": String(2 ** 31) });
  expect(response.status).toBe(413);
});

describe("on a real port", () => {
  let host: BrowserHost;
  let client: Studio;
  beforeAll(async () => {
    host = await serveBrowser({ studio: open.studio, pageFolder: pageFolder(), port: 0 });
    const { origin } = host.door;
    const session = await fetch(host.door.newLink(), { redirect: "manual" });
    const cookie = session.headers.get("set-cookie")!.split(";")[0]!;
    client = createORPCClient(new RPCLink({ url: `${origin}/rpc`, headers: { cookie, origin } }));
  });
  afterAll(() => host.close());

  test("it listens on loopback alone and reads the Host that was sent", async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: "evil.example" };
      httpRequest({ host: "127.0.0.1", port: host.port, path: "/", headers }, (response) =>
        resolve(response.statusCode),
      )
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });

  test("events arrive while they happen, and a page that goes away ends its stream", async () => {
    const subscribe = vi.spyOn(EventHub.prototype, "subscribe");
    const gone = new AbortController();
    const events = await client.app.events(undefined, { signal: gone.signal });
    const hub = subscribe.mock.contexts.at(-1) as EventHub;
    subscribe.mockRestore();
    expect(hub.subscribers).toBe(1);
    expect((await events.next()).value).toEqual({ type: "hello" });
    const { id } = await open.client.labels.saveClass({ name: "seen" });
    expect((await events.next()).value).toEqual({ type: "changed", topic: "labels" });
    gone.abort();
    await expect(events.next()).rejects.toThrow();
    await expect.poll(() => hub.subscribers).toBe(0);
    await open.client.labels.deleteClass({ id });
  });

  test("a port that is taken is refused with a sentence", async () => {
    await expect(serveBrowser({ studio: open.studio, pageFolder: pageFolder(), port: host.port })).rejects.toThrow(
      /is taken/,
    );
  });
});
