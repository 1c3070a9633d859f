import { afterAll, beforeAll, expect, test } from "vitest";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import { openStudio, type TestStudio } from "../api/open-studio.ts";
import { fuzz } from "./fuzz.ts";
import { pageFolder } from "./page-folder.ts";

// 10,000 of them run in test/interop.
const REQUESTS = 1000;
const SEED = 20261128;
const MIB = 1024 ** 2;

let open: TestStudio;
let host: BrowserHost;
beforeAll(async () => {
  open = await openStudio();
  host = await serveBrowser({ studio: open.studio, pageFolder: pageFolder(), port: 0 });
});
afterAll(async () => {
  await host.close();
  await open.close();
});

test(`${REQUESTS} fuzzed requests (seed ${SEED}): none crashes it, none is its fault, none is let in without what lets in`, async () => {
  const entered = await fetch(host.door.newLink(), { redirect: "manual" });
  const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
  const { statuses, wrong, growth } = await fuzz(host, cookie, REQUESTS, SEED);
  console.log(
    `fuzz: seed ${SEED}, answers by status ${JSON.stringify(statuses)}, growth ${JSON.stringify(growth)} bytes`,
  );
  expect(wrong).toEqual([]);
  expect(open.reports).toEqual([]);
  // They reach deep enough to mean something: every kind of answer is there.
  for (const status of [200, 400, 401, 403, 404, 405]) expect(statuses[status], String(status)).toBeGreaterThan(0);
  expect(growth.heap).toBeLessThan(32 * MIB);
  expect(growth.resident).toBeLessThan(128 * MIB);
  expect((await fetch(`${host.door.origin}/`, { headers: { cookie } })).status).toBe(200);
});
