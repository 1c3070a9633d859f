// Pages of other sites in a real browser that has a session: they post forms, fetch, embed, open sockets and windows, and get nothing.
//
// Two sites try: one that is foreign to the browser (evil.localhost) and one on another port of this machine, which browsers count
// as the same site, so that the strict cookie travels. What the door was asked and answered is written down here.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import { openStudio, type TestStudio } from "../api/open-studio.ts";
import { pageFolder } from "../hosts/page-folder.ts";
import { launchBrowser } from "../support/browser.ts";

const browser = await launchBrowser();

interface Asked {
  readonly what: string;
  readonly path: string;
  readonly withCookie: boolean;
  readonly status: number;
}

describe.skipIf(typeof browser === "string")(
  `pages of other sites${typeof browser === "string" ? ` (skipped: ${browser})` : ""}`,
  () => {
    let open: TestStudio;
    let host: BrowserHost;
    let evil: Server;
    let context: BrowserContext;
    let page: Page;
    const asked: Asked[] = [];

    beforeAll(async () => {
      open = await openStudio();
      host = await serveBrowser({ studio: open.studio, pageFolder: pageFolder(), port: 0 });
      const { handle } = host.door;
      vi.spyOn(host.door, "handle").mockImplementation(async (request, address) => {
        const response = await handle.call(host.door, request, address);
        asked.push({
          what: `${request.method} ${request.headers.get("sec-fetch-site")} ${request.headers.get("sec-fetch-dest")}`,
          path: new URL(request.url).pathname,
          withCookie: (request.headers.get("cookie") ?? "").includes(`loupe-${host.port}`),
          status: response.status,
        });
        return response;
      });
      evil = createServer((_request, response) => {
        response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>evil</title><body>");
      });
      await new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening));
      context = await (browser as Browser).newContext();
      page = await context.newPage();
      page.setDefaultTimeout(45_000);
      await page.goto(host.door.newLink());
      expect(await page.textContent("h1")).toBe("Loupe");
    }, 120_000);

    afterAll(async () => {
      await context?.close();
      await (browser as Browser).close();
      await host?.close();
      evil?.close();
      await open?.close();
    });

    const here = () => host.door.origin;
    const lockPath = "/rpc/projects/lock";
    /** The project is open and this browser's session alive: nobody locked, signed out or let themselves in. */
    async function expectNothingHappened(): Promise<void> {
      expect(await open.client.projects.current()).toMatchObject({ name: "Chest" });
      const own = await context.newPage();
      expect((await own.goto(here()))!.status()).toBe(200);
      await own.close();
    }
    /** What the door was asked since, without the browser's own wish for an icon. */
    const since = (start: number) => asked.slice(start).filter(({ path }) => path !== "/favicon.ico");

    test("the page itself can do all of it: what is refused below is refused because of where it comes from", async () => {
      const status = await page.evaluate(async () => {
        const call = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
        return (await fetch("/rpc/projects/current", call)).status;
      });
      expect(status).toBe(200);
    });

    describe.each([
      ["a foreign site", (port: number) => `http://evil.localhost:${port}/`, false],
      ["another port of this machine", (port: number) => `http://127.0.0.1:${port}/`, true],
    ] as const)("%s", (_name, addressOf, sendsCookie) => {
      const address = () => addressOf((evil.address() as AddressInfo).port);
      const visit = () => page.goto(address());

      test.each(["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])(
        "posts a form as %s: 403",
        async (enctype) => {
          for (const path of [lockPath, "/sign-out", "/sign-in", "/enter/x", "/"]) {
            const start = asked.length;
            const visitor = await context.newPage();
            await visitor.goto(address());
            const [response] = await Promise.all([
              visitor.waitForResponse((response) => response.url() === `${here()}${path}`),
              visitor.evaluate(
                ([action, type]) => {
                  const form = document.createElement("form");
                  Object.assign(form, { action, method: "post", enctype: type });
                  // As text/plain this reads {"json":null,"x":"="}
                  const input = document.createElement("input");
                  Object.assign(input, { name: '{"json":null,"x":"', value: '"}' });
                  form.append(input);
                  document.body.append(form);
                  form.submit();
                },
                [`${here()}${path}`, enctype] as const,
              ),
            ]);
            expect(response.status()).toBe(403);
            await visitor.close();
            expect(since(start).map(({ withCookie }) => withCookie)).toContain(sendsCookie);
          }
          await expectNothingHappened();
        },
      );

      test("fetches with credentials, in every mode: it reads nothing and changes nothing", async () => {
        await visit();
        const start = asked.length;
        const read = await page.evaluate(
          async ([origin, path]) => {
            const got: string[] = [];
            const wishes: [string, RequestInit][] = [];
            for (const mode of ["cors", "no-cors"] as const) {
              for (const type of ["text/plain", "application/json", "multipart/form-data; boundary=x"]) {
                wishes.push([path, { method: "POST", mode, body: "{}", headers: { "content-type": type } }]);
              }
              for (const to of ["/", path, "/pixels/a/0", "/rpc/app/events"]) wishes.push([to, { mode }]);
              wishes.push(["/sign-out", { method: "POST", mode }]);
              wishes.push([path, { method: "PUT", mode, body: "{}" }]);
            }
            for (const [to, init] of wishes) {
              try {
                const response = await fetch(`${origin}${to}`, { ...init, credentials: "include" });
                if (response.type !== "opaque") got.push(`${to} ${response.type} ${await response.text()}`);
              } catch {
                // refused by the browser
              }
            }
            navigator.sendBeacon(`${origin}${path}`, new Blob(["{}"], { type: "text/plain" }));
            return got;
          },
          [here(), lockPath] as const,
        );
        await page.waitForTimeout(200);
        expect(read).toEqual([]);
        const answers = since(start);
        expect(answers.length).toBeGreaterThan(10);
        expect(answers.filter(({ status }) => status !== 403 && status !== 405)).toEqual([]);
        expect(answers.some(({ withCookie }) => withCookie)).toBe(sendsCookie);
        await expectNothingHappened();
      });

      test("embeds it as image, script, style, frame, object, video and event source: none loads", async () => {
        await visit();
        const start = asked.length;
        const loaded = await page.evaluate(
          async ([origin, script]) => {
            const loads: string[] = [];
            const tags: [string, string, string][] = [
              ["img", "src", "/thumbnails/a"],
              ["img", "src", "/pixels/a/0"],
              ["script", "src", script],
              ["link", "href", "/assets/x.css"],
              ["video", "src", "/pixels/a/0"],
            ];
            const waits = tags.map(([tag, attribute, path]) => {
              const element = document.createElement(tag);
              if (tag === "link") element.setAttribute("rel", "stylesheet");
              element.setAttribute(attribute, `${origin}${path}`);
              document.body.append(element);
              return new Promise<void>((done) => {
                element.addEventListener("load", () => done(void loads.push(`${tag} ${path}`)));
                element.addEventListener("loadeddata", () => done(void loads.push(`${tag} ${path}`)));
                element.addEventListener("error", () => done());
              });
            });
            const source = new EventSource(`${origin}/rpc/app/events`, { withCredentials: true });
            waits.push(
              new Promise<void>((done) => {
                source.onopen = () => done(void loads.push("event source"));
                source.onerror = () => done(source.close());
              }),
            );
            await Promise.all(waits);
            for (const [tag, attribute] of [
              ["iframe", "src"],
              ["object", "data"],
              ["embed", "src"],
            ] as const) {
              const element = document.createElement(tag);
              element.setAttribute(attribute, `${origin}/`);
              document.body.append(element);
            }
            return loads;
          },
          [here(), "/assets/index-1a2b3c4d.js"] as const,
        );
        await page.waitForTimeout(500);
        expect(loaded).toEqual([]);
        const texts = await Promise.all(page.frames().map((frame) => frame.content().catch(() => "")));
        for (const text of texts) expect(text).not.toContain("Loupe</h1>");
        const answers = since(start);
        expect(answers.length).toBeGreaterThanOrEqual(7);
        expect(answers.filter(({ status }) => status !== 403)).toEqual([]);
        await expectNothingHappened();
      });

      test("opens a WebSocket: it is not let in", async () => {
        await visit();
        const outcome = await page.evaluate(
          (address) =>
            new Promise<string>((done) => {
              const socket = new WebSocket(address);
              socket.onopen = () => done("open");
              socket.onerror = () => done("error");
            }),
          `${here().replace("http", "ws")}/rpc/app/events`,
        );
        expect(outcome).toBe("error");
        await expectNothingHappened();
      });

      test("opens a window: a call is 403, the page is shown but out of reach of whoever opened it", async () => {
        await visit();
        const start = asked.length;
        const [call] = await Promise.all([
          context.waitForEvent("page"),
          page.evaluate((address) => void window.open(address), `${here()}${lockPath}?data=%7B%7D`),
        ]);
        await call.waitForLoadState().catch(() => {});
        await expect.poll(() => since(start).map(({ status }) => status)).toEqual([403]);
        await call.close();
        const [own] = await Promise.all([
          context.waitForEvent("page"),
          page.evaluate((address) => void Object.assign(window, { opened: window.open(address) }), `${here()}/`),
        ]);
        await own.waitForLoadState();
        expect(await own.evaluate(() => window.opener)).toBeNull();
        const reach = await page.evaluate(() => {
          const { opened } = window as unknown as { opened: Window | null };
          return opened === null || opened.closed || opened.length === 0;
        });
        expect(reach).toBe(true);
        await own.close();
        await expectNothingHappened();
      });
    });
  },
);
