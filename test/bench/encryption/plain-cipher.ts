// What stands in for main/project/cipher.ts in the process that the bench measures encryption against: the same pages, and no cipher.
//
// The product has no way here: it has no option, argument or setting for a file without a key, and refuses to open one. The bench's
// plain process is started with plain.ts, which resolves that one module to this one. All else that the module gives is the real one's.

import type Database from "better-sqlite3";
import { PAGE_SIZE } from "../../../main/project/cipher.ts";

export * from "../../../main/project/cipher.ts";

export function encrypt(connection: Database.Database): void {
  connection.pragma(`page_size = ${PAGE_SIZE}`);
}

export function assertCiphertext(): void {}
