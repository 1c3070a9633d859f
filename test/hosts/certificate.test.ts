import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { keptSelfSigned, readCertificate, selfSigned, uncovered } from "../../main/hosts/certificate.ts";

const NAMES = ["workstation.example", "192.168.7.20", "2001:db8::7:1", "::1", "fd00:1:2:3:4:5:6:7", "::ffff:10.0.0.1"];
const DAY_MS = 24 * 3600_000;
const folder = mkdtempSync(join(tmpdir(), "loupe-certificate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

function openssl(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr || stdout);
  return stdout;
}

describe("a certificate of the machine's own", () => {
  const made = selfSigned(NAMES);
  const parsed = new X509Certificate(made.certificate);

  test("is signed by its own key, is no authority, and holds for a year and a month at most", () => {
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
    expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(Date.parse(parsed.validTo) - Date.parse(parsed.validFrom)).toBe(397 * DAY_MS);
    expect(Date.parse(parsed.validFrom)).toBeLessThan(Date.now() - DAY_MS / 2);
    expect(made.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  test("names the machine by every name and address, and nothing else", () => {
    expect(uncovered(made, NAMES)).toEqual([]);
    expect(uncovered(made, ["other.example", "a.workstation.example", "192.168.7.21", "2001:db8::7:2"])).toHaveLength(
      4,
    );
  });

  test("of a later year is dated as X.509 wants it from 2050 on", () => {
    const late = new X509Certificate(selfSigned(["a"], Date.UTC(2049, 11, 20)).certificate);
    expect([late.validFrom, late.validTo]).toEqual(["Dec 19 00:00:00 2049 GMT", "Jan 20 00:00:00 2051 GMT"]);
  });

  test.skipIf(!hasOpenssl)("pleases OpenSSL, strictly, for each name", () => {
    const [file, key] = [join(folder, "c.pem"), join(folder, "k.pem")];
    writeFileSync(file, made.certificate);
    writeFileSync(key, made.key);
    const strict = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", file, "-check_ss_sig"];
    for (const name of NAMES) {
      const option = name.includes(":") || /^[\d.]+$/.test(name) ? "-verify_ip" : "-verify_hostname";
      if (name === "::ffff:10.0.0.1") continue; // OpenSSL reads the mapped form as it likes; Node is asked above
      expect(openssl(...strict, option, name, file)).toContain("OK");
    }
    expect(() => openssl(...strict, "-verify_hostname", "evil.example", file)).toThrow();
    const text = openssl("x509", "-in", file, "-noout", "-text");
    expect(text).toMatch(/Version: 3/);
    expect(text).toMatch(/Public Key Algorithm: id-ecPublicKey[\s\S]*prime256v1/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(openssl("x509", "-in", file, "-noout", "-fingerprint", "-sha256")).toContain(made.fingerprint);
    expect(openssl("x509", "-in", file, "-noout", "-pubkey")).toBe(openssl("ec", "-in", key, "-pubout"));
  });

  test("is good for any names and addresses (40 at random), each with a serial number and key of its own", () => {
    const name = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    const serials = new Set<string>();
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 20 }), (names) => {
        const certificate = selfSigned(names);
        const { serialNumber } = new X509Certificate(certificate.certificate);
        expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
        serials.add(serialNumber);
        expect(uncovered(certificate, names)).toEqual([]);
      }),
      { seed: 11, numRuns: 40 },
    );
    expect(serials.size).toBeGreaterThanOrEqual(40);
  });
});

describe("the kept one", () => {
  const kept = join(folder, "tls");

  test("stays the same from start to start, and its key is for the user alone", () => {
    const first = keptSelfSigned(kept, ["a.example"]);
    expect(keptSelfSigned(kept, ["a.example"])).toEqual(first);
    if (process.platform !== "win32") expect(statSync(join(kept, "key.pem")).mode & 0o777).toBe(0o600);
  });

  test("is made anew for a new name, a month before it ends, and when it is damaged", () => {
    const first = keptSelfSigned(kept, ["a.example"]);
    const wider = keptSelfSigned(kept, ["a.example", "10.1.2.3"]);
    expect(wider.fingerprint).not.toBe(first.fingerprint);
    expect(keptSelfSigned(kept, ["a.example"])).toEqual(wider);
    const later = Date.now() + 370 * DAY_MS;
    const renewed = keptSelfSigned(kept, ["a.example"], later);
    expect(renewed.fingerprint).not.toBe(wider.fingerprint);
    writeFileSync(join(kept, "key.pem"), "damaged");
    expect(keptSelfSigned(kept, ["a.example"], later).fingerprint).not.toBe(renewed.fingerprint);
  });
});

describe("files of somebody else's", () => {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [mine, other] = [selfSigned(["a.example"]), selfSigned(["a.example"])];
  const certificate = write("mine.pem", mine.certificate);
  const key = write("mine.key", mine.key);

  test("are read as they are", () => {
    expect(readCertificate(certificate, key)).toEqual(mine);
    expect(readFileSync(key, "utf8")).toBe(mine.key);
  });

  test.each([
    ["missing", () => readCertificate(join(folder, "none"), key), /cannot be read/],
    ["no certificate", () => readCertificate(key, key), /no PEM certificate/],
    ["no key", () => readCertificate(certificate, certificate), /no PEM key/],
    ["another's key", () => readCertificate(certificate, write("other.key", other.key)), /does not belong/],
    ["out of date", () => readCertificate(certificate, key, Date.now() + 400 * DAY_MS), /not now/],
    ["not yet valid", () => readCertificate(certificate, key, Date.now() - 3 * DAY_MS), /not now/],
  ])("%s are refused with a sentence", (_what, read, sentence) => {
    expect(read).toThrow(
      expect.objectContaining({ code: "app/invalid-input", message: expect.stringMatching(sentence) }),
    );
  });
});
