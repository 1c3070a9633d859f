// What the api needs to know about the door that mounts it. Each door in `main/hosts` makes one of these.

import type { AppInfo } from "../../preload/contract/index.ts";
import type { PrintPdf, StartChild } from "../jobs/protocol.ts";

/** The key store of the system (Keychain, DPAPI, Secret Service). What one account protected, no other account of the machine reveals. */
export interface KeyStore {
  /** @throws AppError app/unsupported-platform where the system cannot encrypt */
  protect(bytes: Uint8Array): Promise<Uint8Array>;
  /** @throws AppError project/not-remembered where these bytes were not protected by this account on this machine */
  reveal(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface Host {
  readonly info: AppInfo;
  readonly startChild: StartChild;
  /** Locks the project after this long without a call, unless a job runs; null: never. */
  idleLockMs(): number | null;
  /** null or absent: this door has none, and passphrases are always asked for. */
  readonly keyStore?: KeyStore | null;
  /** null or absent: this door prints nothing. */
  readonly printPdf?: PrintPdf | null;
  /** An unexpected error happened: its code and where, never its message, which may quote data. */
  report(code: string, where: string): void;
}
