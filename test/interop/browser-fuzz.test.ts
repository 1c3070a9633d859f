// The long form of test/hosts/fuzz.test.ts: ten thousand requests, and what they leave in memory.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import { openStudio, type TestStudio } from "../api/open-studio.ts";
import { fuzz } from "../hosts/fuzz.ts";
import { pageFolder } from "../hosts/page-folder.ts";

const REQUESTS = 10_000;
const SEED = 5;
const MIB = 1024 ** 2;
const MINUTES = 60_000;

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

test(
  `${REQUESTS} fuzzed requests (seed ${SEED}): none crashes it, none is its fault, none is let in, memory stays`,
  async () => {
    const entered = await fetch(host.door.newLink(), { redirect: "manual" });
    const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
    const { statuses, wrong, growth } = await fuzz(host, cookie, REQUESTS, SEED);
    console.log(
      `fuzz: seed ${SEED}, answers by status ${JSON.stringify(statuses)}, growth ${JSON.stringify(growth)} bytes`,
    );
    expect(wrong).toEqual([]);
    expect(open.reports).toEqual([]);
    expect(growth.heap).toBeLessThan(16 * MIB);
    expect(growth.resident).toBeLessThan(128 * MIB);
    expect((await fetch(`${host.door.origin}/`, { headers: { cookie } })).status).toBe(200);
  },
  10 * MINUTES,
);
