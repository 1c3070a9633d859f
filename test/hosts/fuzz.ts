// Requests as nobody would send them, from a seed: half-right ones that reach deep, wrong ones that stop early, and noise.
//
// A request is bytes on a socket, so what a client library would refuse to send is sent too. Two in three carry the session's cookie.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { BrowserHost } from "../../main/hosts/listen.ts";
import { raw } from "./raw.ts";

interface Fuzzed {
  readonly bytes: Buffer;
  /** true where a right answer could be 2xx: everything that decides is as our own page sends it */
  readonly mayPass: boolean;
}

interface FuzzTarget {
  readonly host: string;
  readonly cookie: string;
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const method = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("GET", "POST", "POST") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "QUERY", "PRI"),
  },
  { weight: 1, arbitrary: token },
);
const places = fc.constantFrom(
  ...["/", "/index.html", "/assets/index-1a2b3c4d.js", "/enter/", "/enter/x", "/sign-in", "/pixels/", "/pixels/a/0"],
  ...["/pixels/a/999999", "/thumbnails/", "/thumbnails/a", "/rpc", "/rpc/", "/rpc/projects/current", "/rpc/app/info"],
  ...["/rpc/projects/recent", "/rpc/images/list", "/rpc/images/importFile", "/rpc/labels/apply", "/rpc/labels/classes"],
  ...[
    "/rpc/projects/audit",
    "/rpc/runs/list",
    "/rpc/models/list",
    "/rpc/jobs/get",
    "/rpc/no/such",
    "/rpc/__proto__/constructor",
  ],
);
const piece = fc.oneof(
  fc.constantFrom(
    "..",
    "%2e%2e",
    "%00",
    "%2f",
    "%5c",
    "\\",
    "//",
    ";",
    "?",
    "#",
    "%",
    "%zz",
    "%c0%af",
    ":",
    "@",
    "*",
    "\0",
    " ",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
  token,
);
const target = fc.oneof(
  { weight: 4, arbitrary: places },
  {
    weight: 3,
    arbitrary: fc.tuple(places, fc.array(piece, { maxLength: 6 })).map(([place, more]) => place + more.join("")),
  },
  { weight: 1, arbitrary: fc.array(piece, { maxLength: 8 }).map((parts) => parts.join("/")) },
  { weight: 1, arbitrary: fc.webUrl() },
);
const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('{"json":null}', "{}", '{"json":{"offset":0,"limit":10}}', '{"json":{"id":"a"}}'),
  fc.json({ maxDepth: 2 }).map((inner) => `{"json":${inner}}`),
  fc.tuple(fc.json({ maxDepth: 2 }), fc.json({ maxDepth: 2 })).map(([a, b]) => `{"json":${a},"meta":${b}}`),
  fc.constant('{"json":{"__proto__":{"polluted":1},"offset":-1,"limit":1e309}}'),
  fc.constant("[".repeat(5000)),
);
const body = fc.oneof(
  { weight: 3, arbitrary: json.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 200 })
      .map((bytes) =>
        Buffer.concat([
          Buffer.from(
            '--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"json":{"name":"a.png"},"maps":[["bytes"]]}\r\n',
          ),
          Buffer.from(
            '--x\r\nContent-Disposition: form-data; name="0"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n',
          ),
          Buffer.from(bytes),
          Buffer.from("\r\n--x--\r\n"),
        ]),
      ),
  },
);
const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("application/json", "multipart/form-data; boundary=x") },
  fc.constantFrom(
    "application/json",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/x-www-form-urlencoded",
  ),
  fc.string({ maxLength: 20 }),
);
const extra = fc.oneof(
  fc.constantFrom(
    ...[
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: x",
      "Content-Length: 3",
      "Content-Encoding: gzip",
      "Expect: 100-continue",
    ],
    ...[
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Range: bytes=0-1",
      "If-None-Match: *",
      "X-Forwarded-Host: evil",
      "Forwarded: host=evil",
    ],
    ...[
      "X-HTTP-Method-Override: DELETE",
      "Sec-Fetch-Site: cross-site",
      "Sec-Fetch-Mode: navigate",
      "Accept-Language: zh",
      "TE: trailers",
    ],
    ...[
      "Cookie: a=b; c",
      "Host: evil.example",
      "Origin: null",
      "Access-Control-Request-Method: POST",
      "Trailer: X",
      " folded: x",
    ],
  ),
  fc.tuple(token, fc.string({ unit: "binary", maxLength: 20 })).map(([name, value]) => `${name}: ${value}`),
);
const noise = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes));

/** One request for this target. */
function fuzzedRequest({ host, cookie }: FuzzTarget): fc.Arbitrary<Fuzzed> {
  const named = fc.oneof(
    { weight: 16, arbitrary: fc.constant(host) },
    { weight: 1, arbitrary: fc.constantFrom("evil.example", "127.0.0.1", "", `${host}.evil.example`, `evil@${host}`) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  );
  const origin = fc.oneof(
    { weight: 8, arbitrary: fc.constant(`http://${host}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(null, "null", "http://evil.example", `https://${host}`, `http://${host}.evil`),
    },
  );
  const session = fc.oneof(
    { weight: 10, arbitrary: fc.constant(cookie) },
    { weight: 2, arbitrary: fc.constantFrom(null, `${cookie}x`, `${cookie.split("=")[0]}=`, `${cookie}; ${cookie}`) },
  );
  const length = fc.oneof(
    { weight: 12, arbitrary: fc.constant("right" as const) },
    { weight: 1, arbitrary: fc.constantFrom("0", "-1", "1e3", "99999999999", "9".repeat(40)) },
  );
  const extras = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(extra, { minLength: 1, maxLength: 2 }));
  const made = fc
    .record({
      method,
      target,
      named,
      origin,
      session,
      contentType,
      body,
      length,
      extras,
    })
    .map((parts): Fuzzed => {
      const lines = [`${parts.method} ${parts.target} HTTP/1.1`, `Host: ${parts.named}`];
      if (parts.origin !== null) lines.push(`Origin: ${parts.origin}`);
      if (parts.session !== null) lines.push(`Cookie: ${parts.session}`);
      const hasBody = parts.method !== "GET" && parts.method !== "HEAD";
      if (hasBody) lines.push(`Content-Type: ${parts.contentType}`);
      if (hasBody) lines.push(`Content-Length: ${parts.length === "right" ? parts.body.length : parts.length}`);
      lines.push(...parts.extras, "Connection: close", "", "");
      const known = parts.method === "GET" || parts.method === "POST" || parts.method === "HEAD";
      const right = parts.named === host && (parts.origin === `http://${host}` || (parts.origin === null && !hasBody));
      return {
        bytes: Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), hasBody ? parts.body : Buffer.alloc(0)]),
        mayPass: known && right && parts.session === cookie,
      };
    });
  return fc.oneof(
    { weight: 12, arbitrary: made },
    { weight: 1, arbitrary: noise.map((bytes) => ({ bytes, mayPass: false })) },
    // A right request with a few bytes changed.
    {
      weight: 3,
      arbitrary: fc
        .tuple(made, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }))
        .map(([{ bytes }, changes]) => {
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) changed[at % changed.length] = byte;
          // A changed byte may take a foreign Origin away, but not put the cookie there.
          return { bytes: changed, mayPass: changed.includes(cookie) };
        }),
    },
  );
}

const AT_ONCE = 32;
const WARM_UP = 400;
/** A right answer comes in milliseconds; a request without an end gets none, and is not waited for longer than this. */
const PATIENCE_MS = 600;

export interface FuzzReport {
  /** answers by status; 0: closed without one */
  readonly statuses: Record<number, number>;
  /** what should not have been: the first line of each such request with its answer */
  readonly wrong: readonly string[];
  /** after garbage collection, against the state after the first requests; bytes */
  readonly growth: { readonly resident: number; readonly heap: number };
}

/** Sends `count` requests from `seed`. Wrong is an answer of 500 or more to any of them, and 2xx to one that lacks what lets it in. */
export async function fuzz(host: BrowserHost, cookie: string, count: number, seed: number): Promise<FuzzReport> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const memory = (): { resident: number; heap: number } => {
    collect();
    const { rss, heapUsed } = process.memoryUsage();
    return { resident: rss, heap: heapUsed };
  };
  const arbitrary = fuzzedRequest({ host: `127.0.0.1:${host.port}`, cookie });
  const statuses: Record<number, number> = {};
  const wrong: string[] = [];
  const send = async ({ bytes, mayPass }: Fuzzed): Promise<void> => {
    const { status, text } = await raw(host.port, [bytes], PATIENCE_MS);
    statuses[status] = (statuses[status] ?? 0) + 1;
    // 501 and 503 name what the studio cannot do here or now; 505 is the parser's word about a version.
    const isFault = status >= 500 && ![501, 503, 505].includes(status);
    const isLetIn = status >= 200 && status < 300 && !mayPass;
    if (isFault || isLetIn) {
      wrong.push(`${bytes.toString("latin1").slice(0, 300)} => ${status} ${text.slice(-200)}`);
    }
  };
  const batch = async (size: number, part: number): Promise<void> => {
    const requests = fc.sample(arbitrary, { numRuns: size, seed: seed + part });
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < requests.length) await send(requests[next++]!);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  const warm = Math.min(WARM_UP, count);
  await batch(warm, 0);
  const before = memory();
  let after = before;
  for (let sent = warm, part = 1; sent < count; sent += 500, part++) {
    await batch(Math.min(500, count - sent), part);
    // Between batches too: what the collector has not come to yet is no leak.
    after = memory();
  }
  return {
    statuses,
    wrong,
    growth: { resident: after.resident - before.resident, heap: after.heap - before.heap },
  };
}
