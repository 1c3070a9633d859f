// What the browser host refuses, asked over real sockets. The requests are written by hand: a client library would tidy them first.

import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import { IDLE_LIFE_MS, LINK_LIFE_MS } from "../../main/hosts/sessions.ts";
import { openStudio, type TestStudio } from "../api/open-studio.ts";
import { pageFolder } from "./page-folder.ts";
import { head, raw } from "./raw.ts";

let open: TestStudio;
let host: BrowserHost;
let ours: string;
let cookie: string;
let now = 0;

beforeAll(async () => {
  open = await openStudio();
  host = await serveBrowser({ studio: open.studio, pageFolder: pageFolder(), port: 0, now: () => now });
  ours = `127.0.0.1:${host.port}`;
  cookie = await enter();
});
afterAll(async () => {
  await host.close();
  await open.close();
});

async function enter(): Promise<string> {
  const response = await fetch(host.door.newLink(), { redirect: "manual" });
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

const get = (target: string, headers: readonly string[] = [`Cookie: ${cookie}`], at = ours) =>
  raw(host.port, [head(`GET ${target} HTTP/1.1`, [`Host: ${at}`, ...headers])]);
/** A call that would succeed as it stands. */
const call = (body: string | Buffer = '{"json":null}', headers: readonly string[] = []) =>
  raw(host.port, [
    head("POST /rpc/projects/current HTTP/1.1", [
      ...[`Host: ${ours}`, `Cookie: ${cookie}`, `Origin: http://${ours}`, "Content-Type: application/json"],
      ...(headers.some((line) => /^(content-length|transfer-encoding)/i.test(line))
        ? []
        : [`Content-Length: ${Buffer.byteLength(body)}`]),
      ...headers,
    ]),
    body,
  ]);

test("what is refused below succeeds without the one thing that is wrong", async () => {
  expect((await get("/")).status).toBe(200);
  expect((await get("/assets/index-1a2b3c4d.js")).status).toBe(200);
  const answer = await call();
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('"name":"Chest"');
});

describe("who is not let in", () => {
  const paths = ["/", "/assets/index-1a2b3c4d.js", "/pixels/a/0", "/thumbnails/a", "/rpc/projects/current", "/x"];

  test.each(paths)("%s without a session is 401", async (path) => {
    expect((await get(path, [])).status).toBe(401);
    expect((await get(path, [`Cookie: loupe-${host.port}=guess`])).status).toBe(401);
    expect((await get(path, [`Cookie: loupe-${host.port}=`])).status).toBe(401);
  });

  test("two cookies of our name are none: one of them was planted", async () => {
    expect((await get("/", [`Cookie: loupe-${host.port}=planted; ${cookie}`])).status).toBe(401);
    expect((await get("/", [`Cookie: ${cookie}`, `Cookie: loupe-${host.port}=planted`])).status).toBe(401);
  });

  test("a link that was used, is old, or was replaced", async () => {
    const path = (link: string) => new URL(link).pathname;
    const used = path(host.door.newLink());
    expect((await get(used, [])).status).toBe(303);
    expect((await get(used, [])).status).toBe(401);
    const old = path(host.door.newLink());
    now += LINK_LIFE_MS;
    expect((await get(old, [])).status).toBe(401);
    const replaced = path(host.door.newLink());
    host.door.newLink();
    expect((await get(replaced, [])).status).toBe(401);
    const posted = path(host.door.newLink());
    const post = [`Host: ${ours}`, `Origin: http://${ours}`, "Content-Length: 0"];
    expect((await raw(host.port, [head(`POST ${posted} HTTP/1.1`, post)])).status).toBe(401);
  });

  test("a session that was idle for twelve hours or signed out; its event stream is cut", async () => {
    const mine = await enter();
    const stream = head("POST /rpc/app/events HTTP/1.1", [
      ...[`Host: ${ours}`, `Cookie: ${mine}`, `Origin: http://${ours}`],
      ...["Content-Type: application/json", "Content-Length: 2"],
    ]);
    const events = raw(host.port, [stream, "{}"], 20_000);
    await expect.poll(() => get("/", [`Cookie: ${mine}`]).then(({ status }) => status)).toBe(200);
    const out = head("POST /sign-out HTTP/1.1", [
      ...[`Host: ${ours}`, `Cookie: ${mine}`, `Origin: http://${ours}`, "Content-Length: 0"],
    ]);
    expect((await raw(host.port, [out])).status).toBe(303);
    expect((await get("/", [`Cookie: ${mine}`])).status).toBe(401);
    const signedOut = performance.now();
    expect((await events).text).toContain("hello");
    expect(performance.now() - signedOut).toBeLessThan(15_000);
    const idle = await enter();
    expect((await get("/", [`Cookie: ${idle}`])).status).toBe(200);
    now += IDLE_LIFE_MS;
    expect((await get("/", [`Cookie: ${idle}`])).status).toBe(401);
    cookie = await enter();
  });
});

describe("Host", () => {
  test.each([
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1.evil.example:PORT",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:PORT.evil.example",
    "127.0.0.1:PORT@evil.example",
    "evil.example@127.0.0.1:PORT",
    "localhost.:PORT",
    "127.1:PORT",
    "127.r.0.1:PORT",
    "2130706433:PORT",
    "0x7f000001:PORT",
    "0177.0.0.1:PORT",
    "0.0.0.0:PORT",
    "[::]:PORT",
    "[::ffff:127.0.0.1]:PORT",
    "127.0.0.1:0PORT",
    "127.0.0.1:PORT/",
    "127.0.0.1:PORT, evil.example",
    "",
    " ",
  ])("%j is not ours", async (name) => {
    const answer = await get("/", [`Cookie: ${cookie}`], name.replace("PORT", String(host.port)));
    expect([400, 403]).toContain(answer.status);
  });

  test("two of them, or none, are refused, even if ours is one", async () => {
    for (const other of ["evil.example", ours]) {
      const both = [`Host: ${ours}`, `Host: ${other}`, `Cookie: ${cookie}`];
      expect((await raw(host.port, [head("GET / HTTP/1.1", both)])).status).toBe(400);
    }
    expect((await raw(host.port, [head("GET / HTTP/1.1", [`Cookie: ${cookie}`])])).status).toBe(400);
    expect((await raw(host.port, [head("GET / HTTP/1.0", [`Cookie: ${cookie}`])])).status).toBe(400);
  });

  test("does not help a target that is an address, ours or another's: the studio is no proxy", async () => {
    for (const target of [`http://${ours}/`, "http://evil.example/", `https://${ours}/`, "ftp://x/", "*", "x", "?/"]) {
      expect([400, 403]).toContain((await get(target)).status);
      expect([400, 403]).toContain((await get(target, [`Cookie: ${cookie}`], "evil.example")).status);
    }
  });
});

describe("Origin", () => {
  test.each([
    "http://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:PORT",
    "http://127.0.0.1:PORT.evil.example",
    "http://127.0.0.1:PORT@evil.example",
    "http://evil.example/127.0.0.1:PORT",
    "http://localhost:PORT",
    "http://xlocalhost:PORT",
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT http://evil.example",
    "HTTP://127.0.0.1:PORT",
    "file://",
    "loupe://studio",
  ])("%j may neither read nor post", async (pattern) => {
    const origin = pattern.replace("PORT", String(host.port));
    expect((await get("/", [`Cookie: ${cookie}`, `Origin: ${origin}`])).status).toBe(403);
    const post = ["Content-Type: application/json", "Content-Length: 2", `Cookie: ${cookie}`, `Origin: ${origin}`];
    const request = head("POST /rpc/projects/current HTTP/1.1", [`Host: ${ours}`, ...post]);
    expect((await raw(host.port, [request, "{}"])).status).toBe(403);
  });

  test("must be there when something is posted", async () => {
    const post = ["Content-Type: application/json", "Content-Length: 2", `Cookie: ${cookie}`];
    for (const path of ["/rpc/projects/lock", "/sign-out", "/sign-in", "/"]) {
      expect((await raw(host.port, [head(`POST ${path} HTTP/1.1`, [`Host: ${ours}`, ...post]), "{}"])).status).toBe(
        403,
      );
    }
  });

  test("of another port of this machine is foreign when it navigates to a call, a picture or a file", async () => {
    const navigation = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", `Cookie: ${cookie}`];
    for (const site of ["same-site", "cross-site", "nonsense"]) {
      for (const path of ["/rpc/projects/lock", "/pixels/a/0", "/thumbnails/a", "/assets/index-1a2b3c4d.js"]) {
        expect((await get(path, [`Sec-Fetch-Site: ${site}`, ...navigation])).status).toBe(403);
      }
      expect((await get("/", [`Sec-Fetch-Site: ${site}`, ...navigation])).status).toBe(200);
      expect((await get("/", [`Sec-Fetch-Site: ${site}`, "Sec-Fetch-Mode: no-cors", `Cookie: ${cookie}`])).status).toBe(
        403,
      );
    }
  });
});

describe("methods", () => {
  test("calls are made with POST alone: no GET, however it is encoded, changes anything", async () => {
    for (const query of ["", "?data=%7B%22json%22%3Anull%7D", "?data={}", "?batch=1"]) {
      expect((await get(`/rpc/projects/lock${query}`)).status).toBe(405);
    }
    expect((await call()).text).toContain('"name":"Chest"');
  });

  test.each(["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "QUERY", "LOCK", "get", "FOO"])(
    "%s is refused, and nothing is said about other origins",
    async (method) => {
      const answer = await raw(host.port, [
        head(`${method} /rpc/projects/current HTTP/1.1`, [
          ...[`Host: ${ours}`, `Cookie: ${cookie}`, "Origin: http://evil.example"],
          ...["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"],
        ]),
      ]);
      expect([400, 403, 405]).toContain(answer.status);
      expect(answer.text).not.toMatch(/access-control-/i);
      expect(answer.text).not.toContain(cookie);
    },
  );

  test("CONNECT and upgrades lead nowhere", async () => {
    const tunnel = await raw(host.port, [head("CONNECT evil.example:443 HTTP/1.1", [`Host: ${ours}`])]);
    expect([0, 400, 403, 405]).toContain(tunnel.status);
    const upgrade = [
      ...[`Host: ${ours}`, `Cookie: ${cookie}`, "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
      ...["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Connection: Upgrade"],
    ];
    const foreign = [...upgrade, "Origin: http://evil.example"];
    expect((await raw(host.port, [head("GET / HTTP/1.1", foreign, false)])).status).toBe(403);
    const own = await raw(host.port, [
      head("GET /rpc/app/events HTTP/1.1", [...upgrade, `Origin: http://${ours}`], false),
    ]);
    expect(own.status).toBe(405);
    const h2c = [
      `Host: ${ours}`,
      `Cookie: ${cookie}`,
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: x",
    ];
    expect((await raw(host.port, [head("GET /x HTTP/1.1", h2c, false)])).text).not.toContain(" 101 ");
  });
});

describe("paths that try to leave the page", () => {
  const up = [
    "..",
    "%2e%2e",
    "%2E%2e",
    ".%2e",
    "%252e%252e",
    "..;",
    "%c0%ae%c0%ae",
    "%e0%80%ae%e0%80%ae",
    "%uff0e%uff0e",
    "\uFF0E\uFF0E",
    "..%00",
  ];
  const slashes = ["/", "%2f", "%2F", "%5c", "\\", "%252f", "%c0%af", "%e0%80%af", "//", "/./", "%00/"];
  const targets = up.flatMap((dots) => slashes.map((slash) => `${dots}${slash}secret.txt`));

  test(`${targets.length} ways to write ../secret.txt, each in four places`, async () => {
    const wrong: string[] = [];
    const all = targets.flatMap((target) => [
      `/${target}`,
      `/assets/${target}`,
      `/assets/../${target}`,
      `/rpc/${target}`,
    ]);
    for (let start = 0; start < all.length; start += 24) {
      await Promise.all(
        all.slice(start, start + 24).map(async (path) => {
          const bytes = Buffer.from(head(`GET ${path} HTTP/1.1`, [`Host: ${ours}`, `Cookie: ${cookie}`]), "utf8");
          const { status, text } = await raw(host.port, [bytes]);
          if (![400, 404, 405].includes(status) || text.includes("not for the page")) wrong.push(`${status} ${path}`);
        }),
      );
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    "/C:/Windows/win.ini",
    "/C:%5CWindows%5Cwin.ini",
    "/CON",
    "/NUL.txt",
    "/assets/aux.js",
    "/index.html::$DATA",
    "/INDEX.HTML",
    "/assets/INDEX-1A2B3C4D.JS",
    "/assets/index-1a2b3c4d.js.",
    "/assets/index-1a2b3c4d.js%20",
    "/assets/index-1a2b3c4d.js%00.html",
    "/assets/index-1a2b3c4d.js/",
    "/assets//index-1a2b3c4d.js",
    "/%61ssets/index-1a2b3c4d.js",
    "/etc/passwd",
    "/%2fetc%2fpasswd",
    "//etc/passwd",
    "//evil.example/",
    "/file:///etc/passwd",
    "/.git/config",
    "/.",
    "/%",
    "/%zz",
    "/__proto__",
    "/constructor",
    "/hasOwnProperty",
    "/secret.txt",
  ])("%s is no file of the page", async (path) => {
    const answer = await get(path);
    expect([200, 400, 404].filter((status) => status !== 200 || path === "/.")).toContain(answer.status);
    expect(answer.text).not.toMatch(/not for the page|root:|\[core\]/);
  });
});

describe("bodies", () => {
  test("that say they are too long are refused before they come", async () => {
    for (const length of [64 * 1024 ** 2 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const answer = await call("", [`Content-Length: ${length}`]);
      expect(answer.status).toBe(413);
      expect(answer.text).toContain("app/too-large");
    }
    expect((await call("", ["Content-Length: 99999999999999999999999999"])).status).toBe(400);
  });

  test("that turn out too long, in chunks, are cut off at 64 MiB: the studio does not keep them", async () => {
    const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(1024 ** 2, 0x20), Buffer.from("\r\n")]);
    const before = process.memoryUsage().rss;
    const { status, sent } = await new Promise<{ status: number; sent: number }>((resolve) => {
      const socket = connect(host.port, "127.0.0.1");
      let sent = 0;
      let text = "";
      // A client that hears while it speaks: it stops when it has its answer.
      const more = (): void => {
        if (sent >= 400 || socket.destroyed || text !== "") return;
        sent += 1;
        if (socket.write(chunk)) setImmediate(more);
        else socket.once("drain", more);
      };
      socket.on("connect", () => {
        socket.write(
          head(
            "POST /rpc/projects/current HTTP/1.1",
            [
              ...[`Host: ${ours}`, `Cookie: ${cookie}`, `Origin: http://${ours}`],
              ...["Content-Type: application/json", "Transfer-Encoding: chunked"],
            ],
            false, // with `close`, Node resets the connection with what is unread in it, and the answer is lost
          ),
        );
        more();
      });
      socket.on("data", (data) => (text += data.toString("latin1")));
      socket.on("error", () => {});
      socket.on("close", () => resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0), sent }));
    });
    expect(status).toBe(413);
    expect(sent).toBeLessThan(200);
    expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(300);
    expect((await call()).status).toBe(200);
  });

  test("that are compressed are refused: 64 KiB could become 64 MiB", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 ** 2, 0x20));
    for (const encoding of ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x"]) {
      expect((await call(bomb, [`Content-Encoding: ${encoding}`])).status).toBe(400);
    }
  });

  test("of strangers are not read at all", async () => {
    const headers = [`Host: ${ours}`, `Origin: http://${ours}`, "Content-Type: application/json"];
    const answer = await raw(host.port, [
      head("POST /rpc/projects/current HTTP/1.1", [...headers, "Content-Length: 1000000"]),
    ]);
    expect(answer.status).toBe(401);
  });

  test("of more than eight files at once have to wait, and all get in afterwards", async () => {
    const form = head("POST /rpc/images/importFile HTTP/1.1", [
      ...[`Host: ${ours}`, `Cookie: ${cookie}`, `Origin: http://${ours}`, "Content-Length: 100"],
      "Content-Type: multipart/form-data; boundary=x",
    ]);
    const slow = Array.from({ length: 8 }, () => raw(host.port, [form, "--x\r\n"], 1200));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ninth = await raw(host.port, [form, "--x\r\n"]);
    expect(ninth.status).toBe(503);
    expect(ninth.text).toMatch(/retry-after: 2/i);
    await Promise.all(slow);
    await expect.poll(() => raw(host.port, [form, "-".repeat(100)]).then(({ status }) => status)).toBe(400);
  });

  test("that are no JSON, no form or nothing at all are the caller's mistake, not the studio's", async () => {
    for (const body of ["", "{", "null", '{"json":', '{"json":{},"meta":[[0,"x"]]}', '{"__proto__":1}', "[]", "\0"]) {
      expect((await call(body)).status, body).toBeLessThan(500);
    }
    for (const type of [
      "text/plain",
      "multipart/form-data",
      "multipart/form-data; boundary=",
      "x",
      "application/xml",
    ]) {
      expect((await call("{}", [`Content-Type: ${type}`])).status, type).toBeLessThan(500);
    }
    expect(open.reports).toEqual([]);
  });
});

describe("requests that two programs could read differently", () => {
  const start = () =>
    `POST /rpc/projects/current HTTP/1.1\r\nHost: ${ours}\r\nCookie: ${cookie}\r\nOrigin: http://${ours}\r\n`;
  const smuggled = () => head("GET / HTTP/1.1", [`Host: ${ours}`, `Cookie: ${cookie}`]);

  test.each([
    ["a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"],
    ["two lengths", "Content-Length: 0\r\nContent-Length: 40\r\n\r\n"],
    ["two lengths in one", "Content-Length: 0, 40\r\n\r\n"],
    ["a length with a sign", "Content-Length: +0\r\n\r\n"],
    ["a negative length", "Content-Length: -1\r\n\r\n"],
    ["a hexadecimal length", "Content-Length: 0x0\r\n\r\n"],
    ["chunks of a strange kind", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"],
    ["chunks not last", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
    ["a space before the colon", "Content-Length : 0\r\n\r\n"],
    ["a bare line feed", "X: y\nContent-Length: 0\r\n\r\n"],
    ["bare line feeds at the end", "Content-Length: 0\n\n"],
    ["a bare carriage return", "X: y\rContent-Length: 0\r\n\r\n"],
    ["a NUL in a header", "X: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["a name with a space", "X Y: z\r\nContent-Length: 0\r\n\r\n"],
    ["a line without a colon", "nonsense\r\nContent-Length: 0\r\n\r\n"],
    ["a chunk with a wrong size", "Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n"],
    ["a chunk of no end", "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\r\n"],
    ["a chunk ended by a line feed", "Transfer-Encoding: chunked\r\n\r\n0\n\n"],
  ])("%s: 400, and what follows is never answered", async (_what, rest) => {
    const answer = await raw(host.port, [start() + rest + smuggled()]);
    expect([answer.status, answer.answers]).toEqual([400, 1]);
  });

  test("a folded header does not give us another Host", async () => {
    const folded = `GET / HTTP/1.1\r\nHost: evil.example\r\n ${ours}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
    expect([400, 403]).toContain((await raw(host.port, [folded])).status);
  });

  test.each([
    ["HTTP/2.0", "GET / HTTP/2.0"],
    ["HTTP/9.9", "GET / HTTP/9.9"],
    ["no version", "GET /"],
    ["no target", "GET  HTTP/1.1"],
    ["a space in the target", "GET / x HTTP/1.1"],
    ["a tab", "GET\t/\tHTTP/1.1"],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["SSH", "SSH-2.0-x"],
    ["nothing but ends of lines", "\r\n\r\n\r\n"],
  ])("%s is no request", async (_what, line) => {
    const answer = await raw(host.port, [Buffer.from(head(line, [`Host: ${ours}`, `Cookie: ${cookie}`]), "latin1")]);
    expect([0, 400, 505]).toContain(answer.status);
  });

  test("headers beyond 16 KiB are 431, a target beyond them too", async () => {
    expect((await get("/", [`Cookie: ${cookie}`, `X: ${"x".repeat(17_000)}`])).status).toBe(431);
    expect((await get(`/${"x".repeat(17_000)}`)).status).toBe(431);
    const many = Array.from({ length: 5000 }, (_, index) => `X${index}: y`);
    expect((await get("/", [`Cookie: ${cookie}`, ...many])).status).toBe(431);
  });
});

describe("those who take their time", () => {
  test("a connection that says nothing, or little by little, is closed", async () => {
    const closed = (first: string, every: string) =>
      new Promise<string>((resolve) => {
        let text = "";
        const socket = connect(host.port, "127.0.0.1", () => socket.write(first));
        const timer = setInterval(() => socket.write(every), 500);
        socket.on("data", (chunk) => (text += chunk.toString("latin1")));
        socket.on("error", () => {});
        socket.on("close", () => {
          clearInterval(timer);
          resolve(text);
        });
      });
    const answers = await Promise.all([closed("", ""), closed("GET / HTTP/1.1\r\n", "X: y\r\n")]);
    for (const text of answers) expect(text === "" || text.startsWith("HTTP/1.1 408")).toBe(true);
  });

  test("one address may hold 64 connections; the next is closed, and the page still answers afterwards", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 80 }, () => {
        const socket = connect(host.port, "127.0.0.1");
        socket.on("error", () => {});
        return new Promise<{ socket: typeof socket; closed: boolean }>((resolve) => {
          socket.on("close", () => resolve({ socket, closed: true }));
          setTimeout(() => resolve({ socket, closed: false }), 1000);
        });
      }),
    );
    const kept = sockets.filter(({ closed }) => !closed);
    expect(kept.length).toBeLessThanOrEqual(64);
    expect(kept.length).toBeGreaterThanOrEqual(50);
    for (const { socket } of sockets) socket.destroy();
    await expect.poll(() => get("/").then(({ status }) => status)).toBe(200);
  });
});

test("no answer names the program, lets another origin read, or may be kept, but for files whose names are hashes", async () => {
  for (const [path, cached] of [
    ["/", false],
    ["/nothing", false],
    ["/assets/index-1a2b3c4d.js", true],
    ["/pixels/a/0", false],
  ] as const) {
    const { text } = await get(path);
    expect(text).not.toMatch(/^(server|x-powered-by|access-control-[\w-]+):/im);
    expect(text).toMatch(cached ? /cache-control: private, max-age=31536000, immutable/i : /cache-control: no-store/i);
    for (const header of [
      /content-security-policy: default-src 'none'/i,
      /cross-origin-opener-policy: same-origin/i,
      /cross-origin-embedder-policy: require-corp/i,
      /cross-origin-resource-policy: same-origin/i,
      /x-content-type-options: nosniff/i,
      /referrer-policy: no-referrer/i,
      /permissions-policy: camera=\(\)/i,
    ]) {
      expect(text).toMatch(header);
    }
    expect(text).not.toMatch(/strict-transport-security/i);
  }
});
