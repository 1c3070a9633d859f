// A certificate that this machine makes for itself: X.509 v3, ECDSA P-256 with SHA-256, for one server's names and addresses.
//
// Node signs but cannot issue, so the certificate is written here in DER, with exactly the fields that a server certificate needs
// (RFC 5280): a random serial number, one year, not an authority, digital signature, server authentication, the names. Nobody
// vouches for it: people compare its fingerprint with the one that the terminal shows, once, and tell their browser to trust it.
// It is kept with its key (readable by the user alone) in the configuration folder, so that the fingerprint stays the same.

import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { AppError } from "../../preload/contract/index.ts";

const DAY_MS = 24 * 3600_000;
/** What browsers accept at most of any certificate. */
const LIFE_MS = 397 * DAY_MS;
/** A kept one is made anew when less than this is left. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** PEM texts, and what people compare: SHA-256 over the certificate, hexadecimal pairs with colons. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** @param names host names and IP addresses (no brackets), at least one; `now`: its clock, which may be a day fast */
export function selfSigned(names: readonly string[], now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const publicBytes = publicKey.export({ type: "spki", format: "der" });
  const name = sequence(set(sequence(oid("2.5.4.3"), utf8("Loupe"))));
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  // 16 random bytes, the first bit off: positive and never padded.
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const keyId = createHash("sha1").update(publicBytes).digest().subarray(0, 20);
  const signed = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    name,
    sequence(time(now - DAY_MS), time(now - DAY_MS + LIFE_MS)),
    name,
    publicBytes,
    tagged(
      0xa3,
      sequence(
        extension("2.5.29.19", true, sequence()),
        extension("2.5.29.15", true, tagged(0x03, Buffer.of(7, 0x80))),
        extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
        extension("2.5.29.17", false, sequence(...names.map(generalName))),
        extension("2.5.29.14", false, tagged(0x04, keyId)),
      ),
    ),
  );
  const signature = sign("sha256", signed, { key: privateKey, dsaEncoding: "der" });
  const der = sequence(signed, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  const base64 = der.toString("base64").replace(/.{1,64}/g, "$&\n");
  const certificate = `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { certificate, key, fingerprint: new X509Certificate(certificate).fingerprint256 };
}

/** The one that is kept in `folder` while it fits these names and is fresh; else a new one, kept there. */
export function keptSelfSigned(folder: string, names: readonly string[], now = Date.now()): Certificate {
  const files = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  try {
    const kept = readCertificate(files.certificate, files.key, now + RENEW_BEFORE_MS);
    if (uncovered(kept, names).length === 0) return kept;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  const made = selfSigned(names, now);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const part of ["key", "certificate"] as const) {
    const draft = `${files[part]}.${process.pid}.new`;
    writeFileSync(draft, made[part], { mode: 0o600 });
    renameSync(draft, files[part]);
  }
  return made;
}

/**
 * A certificate and its key from PEM files; the certificate's file may go on with those that vouch for it.
 * @throws AppError app/invalid-input where a file cannot be read, the two do not belong together, or it does not hold at `now`
 */
export function readCertificate(certificateFile: string, keyFile: string, now = Date.now()): Certificate {
  const [certificate, key] = [readPem(certificateFile), readPem(keyFile)];
  const parsed = tried(() => new X509Certificate(certificate), "The TLS certificate's file holds no PEM certificate.");
  const privateKey = tried(
    () => createPrivateKey(key),
    "The TLS key's file holds no PEM key that opens without a passphrase.",
  );
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new AppError("app/invalid-input", "The TLS key does not belong to the TLS certificate.");
  }
  if (!(Date.parse(parsed.validFrom) <= now && now < Date.parse(parsed.validTo))) {
    throw new AppError(
      "app/invalid-input",
      `The TLS certificate holds from ${parsed.validFrom} to ${parsed.validTo}: not now.`,
    );
  }
  return { certificate, key, fingerprint: parsed.fingerprint256 };
}

/** Those of `names` that a browser would not accept this certificate for. */
export function uncovered({ certificate }: Certificate, names: readonly string[]): string[] {
  const parsed = new X509Certificate(certificate);
  return names.filter((name) => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) === undefined);
}

function readPem(file: string): string {
  return tried(() => readFileSync(file, "utf8"), "The file of a TLS certificate or key cannot be read.");
}

function tried<T>(work: () => T, otherwise: string): T {
  try {
    return work();
  } catch (error) {
    throw new AppError("app/invalid-input", otherwise, { cause: error });
  }
}

// DER (X.690): tag, length, content.

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const long: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) long.unshift(rest % 256);
  const head = length < 128 ? [tag, length] : [tag, 0x80 | long.length, ...long];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => tagged(0x30, ...contents);
const set = (...contents: readonly Buffer[]): Buffer => tagged(0x31, ...contents);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));

function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [first! * 40 + second!];
  for (const arc of rest) {
    const digits = [arc % 128];
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) digits.unshift(128 + (more % 128));
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\.\d+|[-:T]/g, "");
  return digits < "2050" ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.of(0xff))] : [];
  return sequence(oid(id), ...flag, tagged(0x04, value));
}

/** dNSName or iPAddress. */
function generalName(name: string): Buffer {
  if (!isIP(name)) return tagged(0x82, Buffer.from(name, "ascii"));
  return tagged(0x87, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes any IPv6 address in its shortest form, without dotted parts.
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const words = (text: string | undefined) => (text ? text.split(":").map((word) => Number.parseInt(word, 16)) : []);
  const [before, after] = [words(head), words(tail)];
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
