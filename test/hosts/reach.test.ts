// Beyond loopback: TLS and a password or no start at all, and what the network meets when both are there.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { type AddressInfo, connect as plainConnect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConnectionOptions,
  createServer as createTlsServer,
  type SecureVersion,
  connect as tlsConnect,
} from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networkOf } from "../../main/hosts/browser.ts";
import { selfSigned } from "../../main/hosts/certificate.ts";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import { planReach, type Reach, type ReachOptions } from "../../main/hosts/reach.ts";
import { openStudio, type TestStudio } from "../api/open-studio.ts";
import { pageFolder } from "./page-folder.ts";
import { runLoupe } from "./run-loupe.ts";

const PASSWORD = "granite-lantern-canal";
const folder = mkdtempSync(join(tmpdir(), "loupe-reach-"));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

let open: TestStudio;
beforeAll(async () => {
  open = await openStudio();
});
afterAll(async () => {
  await open.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The plan, or the sentence of its refusal. */
async function plan(options: Partial<ReachOptions>, password = PASSWORD): Promise<Reach | string> {
  try {
    return await planReach(
      { names: [], tlsSelfSigned: false, ...options },
      async () => password,
      () => {},
    );
  } catch (error) {
    return (error as Error).message;
  }
}

describe("listening beyond this machine is refused", () => {
  const host = "192.0.2.7";
  test.each<[string, Partial<ReachOptions>, RegExp]>([
    ["without TLS", { host }, /only with TLS/],
    ["for every address without TLS", { host: "0.0.0.0" }, /only with TLS/],
    ["for a name without TLS", { host: "workstation" }, /only with TLS/],
    ["with a certificate but no key", { host, tlsCert: "c" }, /belong together/],
    ["with a key but no certificate", { host, tlsKey: "k" }, /belong together/],
    ["with files that are not there", { host, tlsCert: "c", tlsKey: "k" }, /cannot be read/],
    ["with two kinds of certificate", { host, tlsCert: "c", tlsKey: "k", tlsSelfSigned: true }, /either/],
    ["with a host that is none", { host: "http://x", tlsSelfSigned: true }, /host name or an IP address/],
    ["with a port in a name", { host, names: ["a:1"], tlsSelfSigned: true }, /without port/],
  ])("%s", async (_what, options, sentence) => {
    let asked = false;
    const planned = planReach(
      { names: [], tlsSelfSigned: false, ...options },
      async () => {
        asked = true;
        return PASSWORD;
      },
      () => {},
    );
    await expect(planned).rejects.toMatchObject({
      code: "app/invalid-input",
      message: expect.stringMatching(sentence),
    });
    expect(asked).toBe(false);
  });

  test("with a password of fewer than twelve characters", async () => {
    expect(await plan({ host, tlsSelfSigned: true }, "elevenchars")).toMatch(/at least 12 characters/);
    expect(await plan({ host, tlsSelfSigned: true }, "")).toMatch(/at least 12 characters/);
  });

  test("by the command itself, which says so and does not listen", async () => {
    const run = (...args: string[]) => runLoupe(["serve", "--no-open", "--port", "0", ...args], { folder });
    const noTls = await run("--host", "0.0.0.0");
    expect([noTls.code, noTls.stderr]).toEqual([1, expect.stringContaining("only with TLS")]);
    const noPassword = await run("--host", "0.0.0.0", "--tls-self-signed");
    expect([noPassword.code, noPassword.stderr]).toEqual([2, expect.stringContaining("LOUPE_SERVE_PASSWORD")]);
    expect(noTls.stdout + noPassword.stdout).toBe("");
  });

  test("on loopback TLS and names are refused too: they would promise what nobody checks", async () => {
    for (const host of [undefined, "127.0.0.1", "localhost", "::1", "127.4.5.6"]) {
      expect(await plan({ host, tlsSelfSigned: true })).toMatch(/change nothing/);
      expect(await plan({ host })).toMatchObject({ guarded: null });
    }
  });
});

test("the machine answers to the names it was told, and to its addresses when it listens on all", async () => {
  expect(await plan({ host: "192.0.2.7", names: ["Workstation.Example"], tlsSelfSigned: true })).toMatchObject({
    address: "192.0.2.7",
    hosts: ["workstation.example", "192.0.2.7"],
  });
  const all = (await plan({ host: "::", names: ["fd00:0:0::5"], tlsSelfSigned: true })) as Reach;
  expect(all.hosts).toEqual(expect.arrayContaining(["[fd00::5]", "localhost", "127.0.0.1", "[::1]"]));
});

test("one caller is one IPv4 address or one IPv6 network of 64 bits", () => {
  expect(networkOf("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(networkOf("2001:db8:1:2:aaaa::1")).toBe(networkOf("2001:db8:1:2:ffff:1:2:3"));
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0");
  expect(networkOf("fe80::1%eth0")).toBe(networkOf("fe80::2"));
  expect(networkOf("2001:db8:1:3::1")).not.toBe(networkOf("2001:db8:1:2::1"));
});

describe("over TLS", () => {
  const made = selfSigned(["localhost", "127.0.0.1"]);
  let host: BrowserHost;
  const now = { ms: 0 };
  beforeAll(async () => {
    const [tlsCert, tlsKey] = [file("c.pem", made.certificate), file("k.pem", made.key)];
    const planned = await plan({ host: "0.0.0.0", names: ["localhost"], tlsCert, tlsKey });
    if (typeof planned === "string") throw new Error(planned);
    const options = { studio: open.studio, pageFolder: pageFolder(), port: 0 };
    host = await serveBrowser({ ...options, reach: planned, now: () => now.ms });
  });
  afterAll(() => host.close());

  interface Answer {
    status: number;
    headers: Record<string, string | string[] | undefined>;
    text: string;
  }
  function ask(path: string, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
    const { body, headers, ...rest } = options;
    return new Promise((resolve, reject) => {
      const to = {
        host: "127.0.0.1",
        servername: "localhost",
        port: host.port,
        path,
        ca: made.certificate,
        agent: false,
      };
      const request = httpsRequest(
        { ...to, ...rest, headers: { host: `localhost:${host.port}`, ...headers } },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
        },
      );
      request.on("error", reject).end(body);
    });
  }
  const origin = () => `https://localhost:${host.port}`;
  const signIn = (password: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask("/sign-in", {
      method: "POST",
      body: new URLSearchParams({ password }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", origin: origin(), ...headers },
    });

  test("the page and everything behind it wait for the password, in the browser's language", async () => {
    const page = await ask("/", { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.5" } });
    expect([page.status, page.headers["content-language"]]).toEqual([401, "zh-CN"]);
    expect(page.text).toContain('type="password"');
    expect(page.text).toContain("登录");
    expect((await ask("/sign-in?language=en", { headers: { "accept-language": "zh-CN" } })).text).toContain("Sign in");
    for (const path of ["/assets/index-1a2b3c4d.js", "/pixels/a/0", "/thumbnails/a"]) {
      expect((await ask(path)).status).toBe(401);
    }
    const call = { method: "POST", body: "{}", headers: { origin: origin(), "content-type": "application/json" } };
    expect((await ask("/rpc/projects/current", call)).status).toBe(401);
  });

  test("the sign-in page has no script, may not be framed and posts to us alone", async () => {
    const { text, headers } = await ask("/");
    expect(text).not.toMatch(/<script|javascript:|\son\w+=|\sstyle=/i);
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'nonce-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("same-origin");
  });

  test("the right password starts a session whose cookie is bound to this host and to TLS", async () => {
    const answer = await signIn(PASSWORD);
    expect([answer.status, answer.headers.location]).toEqual([303, "/"]);
    const cookie = String(answer.headers["set-cookie"]);
    expect(cookie).toMatch(
      new RegExp(`^__Host-loupe-${host.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/; Secure$`),
    );
    const page = await ask("/", { headers: { cookie: cookie.split(";")[0]! } });
    expect(page.status).toBe(200);
    expect(page.headers["strict-transport-security"]).toBe("max-age=604800");
    expect(page.headers.server).toBeUndefined();
    const mine = { method: "POST", headers: { cookie: cookie.split(";")[0]!, origin: origin() } };
    const out = await ask("/sign-out", mine);
    expect([out.status, out.headers.location]).toEqual([303, "/sign-in"]);
    expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
    expect((await ask("/", { headers: { cookie: cookie.split(";")[0]! } })).status).toBe(401);
  });

  test("a link lets nobody in here", async () => {
    expect((await ask(new URL(host.door.newLink()).pathname)).status).toBe(401);
  });

  test("Host must be a name of the machine, by the right port", async () => {
    for (const name of [`evil.example:${host.port}`, "localhost", `localhost:${host.port + 1}`, "localhost."]) {
      expect([400, 403]).toContain((await ask("/", { headers: { host: name } })).status);
    }
    expect((await ask("/", { headers: { host: `LOCALHOST:${host.port}` } })).status).toBe(401);
  });

  test("the form of another site is refused before the password is looked at", async () => {
    for (const foreign of ["https://evil.example", "null", `http://localhost:${host.port}`, "https://localhost"]) {
      expect((await signIn(PASSWORD, { origin: foreign })).status).toBe(403);
    }
  });

  test("a body that is no form, compressed, or too long is refused and not read on", async () => {
    expect((await signIn(PASSWORD, { "content-type": "application/json" })).status).toBe(400);
    expect((await signIn(PASSWORD, { "content-encoding": "gzip" })).status).toBe(400);
    expect((await signIn("x".repeat(20_000))).status).toBe(400);
  });

  test("a wrong password says so; the sixth has to wait, tried in parallel too; waiting or the terminal lets the owner in", async () => {
    const wrong = await signIn("not the password");
    expect([wrong.status, wrong.headers["set-cookie"]]).toEqual([401, undefined]);
    expect(wrong.text).toContain("This is not the password");
    const many = await Promise.all(Array.from({ length: 20 }, () => signIn("not the password")));
    expect(many.filter(({ status }) => status === 401)).toHaveLength(4);
    const limited = many.filter(({ status }) => status === 429);
    expect(limited).toHaveLength(16);
    for (const { headers, text } of limited) {
      expect(headers["retry-after"]).toBe("1");
      expect(text).toContain("Wait 1 s");
    }
    expect((await signIn(PASSWORD)).status).toBe(429);
    now.ms += 1000;
    expect((await signIn("not the password")).status).toBe(401);
    expect((await signIn(PASSWORD)).headers["retry-after"]).toBe("2");
    host.door.forgetWaits();
    expect((await signIn(PASSWORD)).status).toBe(303);
  });

  /** The protocol and cipher that were agreed on, or "refused". */
  function handshake(port: number, options: ConnectionOptions): Promise<string> {
    return new Promise((resolve) => {
      const to = { host: "127.0.0.1", port, servername: "localhost", ca: made.certificate };
      const socket = tlsConnect({ ciphers: "DEFAULT:@SECLEVEL=0", ...to, ...options }, () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().standardName}`);
        socket.destroy();
      });
      socket.once("error", () => resolve("refused"));
    });
  }
  const only = (version: SecureVersion): ConnectionOptions => ({ minVersion: version, maxVersion: version });

  test("only TLS 1.2 and 1.3 are spoken, though this client could go lower", async () => {
    const lax = createTlsServer({
      ...{ cert: made.certificate, key: made.key },
      ...{ minVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" },
    });
    await new Promise<void>((listening) => lax.listen(0, "127.0.0.1", listening));
    expect(await handshake((lax.address() as AddressInfo).port, only("TLSv1.1"))).toMatch(/^TLSv1.1 /);
    lax.close();
    expect(await handshake(host.port, only("TLSv1.1"))).toBe("refused");
    expect(await handshake(host.port, only("TLSv1.2"))).toMatch(/^TLSv1.2 TLS_ECDHE_ECDSA_WITH_(AES_\d+_GCM|CHACHA20)/);
    expect(await handshake(host.port, only("TLSv1.3"))).toMatch(/^TLSv1.3 /);
  });

  test("no cipher without forward secrecy and authenticated encryption is agreed on", async () => {
    const offer = (ciphers: string) => handshake(host.port, { ...only("TLSv1.2"), ciphers });
    expect(await offer("ECDHE-ECDSA-AES128-GCM-SHA256")).toMatch(/^TLSv1.2 /);
    expect(await offer("ECDHE-ECDSA-AES128-SHA256")).toBe("refused");
    expect(await offer("ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0")).toBe("refused");
  });

  test("plain HTTP on the TLS port gets no answer of ours", async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = plainConnect(host.port, "127.0.0.1", () =>
        socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      );
      let text = "";
      socket.on("data", (chunk) => (text += chunk.toString("latin1")));
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
    });
    expect(answer).not.toMatch(/HTTP\/1.1 [123]/);
  });
});

test("loupe serve --host listens with a certificate of its own, says its fingerprint, and keeps it for the next start", async () => {
  const start = async () => {
    let stderr = "";
    const finished = await runLoupe(
      ["serve", "--host", "0.0.0.0", "--tls-self-signed", "--port", "0", "--no-open", "--json"],
      {
        folder,
        env: { LOUPE_SERVE_PASSWORD: PASSWORD },
        onStderr: (child, text) => {
          stderr += text;
          if (stderr.includes("asks for the password")) child.kill("SIGTERM");
        },
      },
    );
    expect(finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/"link": "https:\/\/[^/]+:\d+\/"/) });
    expect(stderr).not.toContain(PASSWORD);
    return /fingerprint of the certificate: ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/.exec(stderr)![1];
  };
  expect(await start()).toBe(await start());
});
