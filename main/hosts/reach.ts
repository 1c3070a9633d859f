// From where the browser host may be reached, and under which names.
//
// Without being told otherwise: loopback, plain HTTP, whoever holds the link. Beyond loopback only with TLS and a password, both
// or not at all. Requests must name the machine as it was told to be called: a stranger's name that points here (DNS rebinding) is
// refused however it got here.

import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { AppError } from "../../preload/contract/index.ts";
import { configFolder } from "../project/index.ts";
import { type Certificate, keptSelfSigned, readCertificate, uncovered } from "./certificate.ts";
import { Password } from "./sign-in.ts";

export interface Reach {
  /** what the server listens on */
  readonly address: string;
  /** as they stand in a Host header, without port: lower case, IPv6 in brackets. The first stands in the printed address. */
  readonly hosts: readonly string[];
  /** null on loopback: plain HTTP, let in by link */
  readonly guarded: { readonly certificate: Certificate; readonly password: Password } | null;
}

export interface ReachOptions {
  /** an address of this machine, a name of it, or 0.0.0.0 or :: for all; undefined: loopback */
  host?: string;
  /** more names that people use for this machine */
  names: readonly string[];
  tlsCert?: string;
  tlsKey?: string;
  tlsSelfSigned: boolean;
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];
const ALL = ["0.0.0.0", "::"];

export const LOOPBACK: Reach = { address: "127.0.0.1", hosts: LOOPBACK_NAMES, guarded: null };

const isLoopback = (host: string): boolean =>
  /^127\.\d+\.\d+\.\d+$/.test(host) || host === "localhost" || host === "::1";

/**
 * Checks what was asked for before anything listens. `askPassword` is called only when all else is in order.
 * @param say hears the fingerprint and what a browser will warn about
 * @throws AppError app/invalid-input or project/passphrase-weak: a sentence that says what is missing
 */
export async function planReach(
  options: ReachOptions,
  askPassword: () => Promise<string>,
  say: (line: string) => void,
): Promise<Reach> {
  const host = options.host?.toLowerCase();
  const wantsTls = options.tlsCert !== undefined || options.tlsKey !== undefined || options.tlsSelfSigned;
  if (host === undefined || isLoopback(host)) {
    if (wantsTls || options.names.length > 0) {
      throw new AppError(
        "app/invalid-input",
        "TLS and names are for --host with an address that other machines reach: on this machine alone they change nothing.",
      );
    }
    return { ...LOOPBACK, address: host === undefined || host === "localhost" ? LOOPBACK.address : host };
  }
  for (const name of [host, ...options.names]) {
    if (isName(name)) continue;
    throw new AppError("app/invalid-input", "--host and --name take a host name or an IP address, without port.");
  }
  if (!wantsTls) {
    throw new AppError(
      "app/invalid-input",
      "Beyond this machine Loupe listens only with TLS: give --tls-cert and --tls-key, or --tls-self-signed.",
    );
  }
  if (options.tlsSelfSigned === (options.tlsCert !== undefined || options.tlsKey !== undefined)) {
    throw new AppError("app/invalid-input", "Give either --tls-self-signed or --tls-cert with --tls-key.");
  }
  if (!options.tlsSelfSigned && (options.tlsCert === undefined || options.tlsKey === undefined)) {
    throw new AppError("app/invalid-input", "--tls-cert and --tls-key belong together.");
  }
  const named = options.names.map((name) => name.toLowerCase());
  const own = ALL.includes(host) ? [hostname().toLowerCase(), ...addressesOfThisMachine()].filter(isName) : [host];
  const names = [...new Set([...named, ...own, ...(ALL.includes(host) ? ["localhost", "127.0.0.1", "::1"] : [])])];
  const certificate = options.tlsSelfSigned
    ? keptSelfSigned(join(configFolder(), "tls"), names)
    : readCertificate(options.tlsCert!, options.tlsKey!);
  const strange = uncovered(certificate, options.tlsSelfSigned ? names : [...named, ...(named.length > 0 ? [] : own)]);
  if (strange.length > 0) say(`Browsers will warn: the certificate does not name ${strange.join(", ")}.`);
  const password = await Password.from(await askPassword());
  say(`SHA-256 fingerprint of the certificate: ${certificate.fingerprint}`);
  if (options.tlsSelfSigned) {
    say("Nobody vouches for this certificate: compare the fingerprint in the browser's warning before you go on.");
  }
  return { address: host, hosts: names.map(inHostHeader), guarded: { certificate, password } };
}

/** An IP address, or a host name of the letters that certificates carry. */
const isName = (name: string): boolean =>
  isIP(name) !== 0 ||
  (name.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(name));

const inHostHeader = (name: string): string => (isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name);

function addressesOfThisMachine(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // A link-local IPv6 address cannot be typed without the name of the visitor's own network card.
  return addresses
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address);
}
