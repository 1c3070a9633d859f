// What stands in for main/project/cipher.ts in the process that the bench measures encryption against: the same pages, and no cipher.
//
// The product has no way here: it has no option, argument or setting for a file without a key, and refuses to open one. The bench's
// plain process is started with plain.ts, which resolves that one module to this one.

import type Database from "better-sqlite3";
import type * as Cipher from "../../../main/project/cipher.ts";

// With a query it is another address, which plain.ts leaves alone: the real module.
const { PAGE_SIZE } = (await import(
  `${new URL("../../../main/project/cipher.ts", import.meta.url)}?real`
)) as typeof Cipher;

export function encrypt(connection: Database.Database): void {
  connection.pragma(`page_size = ${PAGE_SIZE}`);
}

export function assertCiphertext(): void {}
