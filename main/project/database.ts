// One encrypted SQLite connection: the only place that opens one, and the only place where SQLite's errors are read.
//
// Why a thin wrapper instead of a query builder: everything here is synchronous, so a transaction is one plain function that
// nothing can interleave with; statements are prepared once per text and kept. Every statement goes through `one`, `all`
// or `run`, so every SQLite error leaves this room as an AppError with a sentence.
//
// Encryption is cipher.ts.
// Non-goals: other databases, asynchronous work, SQL built from what a user typed.

import { statSync } from "node:fs";
import Database from "better-sqlite3";
import { AppError } from "../../preload/contract/errors.ts";
import { assertCiphertext, encrypt } from "./cipher.ts";

/** What a statement takes; never NaN, which SQLite would store as NULL. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** The largest number of bytes that SQLite keeps in one row, less some room for the rest of the row. */
export const MAX_BLOB_BYTES = 999_000_000;

const BUSY_TIMEOUT_MS = 10_000;

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** SQLite's and the file system's refusals, as sentences that say what to do. Everything else is passed on as it is. */
export function storageError(error: unknown): unknown {
  const code = errorCode(error);
  const cause = { cause: error };
  // SHMSIZE: no room for the 32 KiB beside the file that readers share.
  if (["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "ENOSPC", "EDQUOT"].includes(code)) {
    return new AppError("project/disk-full", "The disk is full: free some space, then try again.", cause);
  }
  // CANTOPEN: the file is there (others look before they open), but the log beside it cannot be made.
  const unwritable = ["SQLITE_CANTOPEN", "EACCES", "EROFS", "EPERM"];
  if (code.startsWith("SQLITE_READONLY") || unwritable.includes(code)) {
    return new AppError(
      "project/read-only",
      "The project's folder cannot be written: check its permissions or copy it to another disk.",
      cause,
    );
  }
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return new AppError(
      "project/corrupt",
      "The project's file is damaged: parts of it are not what was written. Restore the folder from a backup.",
      cause,
    );
  }
  if (code.startsWith("SQLITE_BUSY") || code === "SQLITE_LOCKED") {
    return new AppError(
      "project/locked",
      "Another process has been writing to the project for more than ten seconds: wait until it is done, then try again.",
      cause,
    );
  }
  if (code.startsWith("SQLITE_IOERR")) {
    return new AppError("app/internal", "The disk gave an error while the project was read or written.", cause);
  }
  return error;
}

type Transaction = Database.Transaction<(work: () => unknown) => unknown>;

/** SQLite itself notices a file that was cut off only when it comes to read the lost pages. */
function assertWhole(connection: Database.Database, file: string): void {
  const pages = Number(connection.pragma("page_count", { simple: true }));
  const pageSize = Number(connection.pragma("page_size", { simple: true }));
  if (statSync(file).size >= pages * pageSize) return;
  // Pages that are not in the file yet may be in the write-ahead log.
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    throw new AppError(
      "project/corrupt",
      "The project's file is cut off at its end. Restore the folder from a backup.",
    );
  }
}

export class ProjectDatabase {
  readonly #file: string;
  readonly #statements = new Map<string, Database.Statement>();
  #connection: Database.Database;
  #transaction: Transaction;
  #frozen = false;

  /** Opens `file` with a raw 256-bit key, which stays the caller's. A new file is only made with `create`. */
  constructor(file: string, key: Uint8Array, options: { create: boolean }) {
    this.#file = file;
    [this.#connection, this.#transaction] = this.#connect(key, options.create);
  }

  #connect(key: Uint8Array, create: boolean): [Database.Database, Transaction] {
    const file = this.#file;
    if (!create) assertCiphertext(file);
    const connection = new Database(file, { fileMustExist: !create, timeout: BUSY_TIMEOUT_MS });
    try {
      encrypt(connection, file, key, { create });
      // Free pages can be given back in small steps; SQLite takes this only before the first table.
      if (create) connection.pragma("auto_vacuum = INCREMENTAL");
      // Never on disk: SQLite does not encrypt its temporary files, also not the one that VACUUM makes of the whole database.
      connection.pragma("temp_store = MEMORY");
      connection.pragma("journal_mode = WAL");
      connection.pragma("synchronous = FULL");
      // macOS: its fsync stops at the drive's own memory, which a power cut empties. Nothing elsewhere.
      connection.pragma("fullfsync = ON");
      connection.pragma("checkpoint_fullfsync = ON");
      connection.pragma("foreign_keys = ON");
      connection.pragma("secure_delete = ON");
      connection.pragma("trusted_schema = OFF");
      connection.pragma("cell_size_check = ON");
      // The indexes of a large library fit, so that its pages are decrypted once: at most 128 MiB.
      connection.pragma("cache_size = -131072");
      connection.pragma("journal_size_limit = 67108864");
      assertCiphertext(file);
      assertWhole(connection, file);
      return [connection, connection.transaction((work: () => unknown) => work())];
    } catch (error) {
      connection.close();
      throw storageError(error);
    }
  }

  #prepared(sql: string): Database.Statement {
    if (!this.#connection.open) throw new AppError("project/locked", "The project is locked: open it again.");
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** First row, or undefined where there is none. `Row` is the caller's promise about its own SELECT. */
  one<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    try {
      return this.#prepared(sql).get(...values) as Row | undefined;
    } catch (error) {
      throw storageError(error);
    }
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    try {
      return this.#prepared(sql).all(...values) as Row[];
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Runs one changing statement; answers how many rows it changed and the last row number. */
  run(sql: string, ...values: SqlValue[]): { changes: number; row: number } {
    this.#assertNotFrozen();
    try {
      const { changes, lastInsertRowid } = this.#prepared(sql).run(...values);
      return { changes, row: Number(lastInsertRowid) };
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Statements without values, such as a migration. */
  script(sql: string): void {
    this.#assertNotFrozen();
    try {
      this.#connection.exec(sql);
    } catch (error) {
      throw storageError(error);
    }
  }

  pragma(text: string): unknown {
    try {
      return this.#connection.pragma(text, { simple: true });
    } catch (error) {
      throw storageError(error);
    }
  }

  /**
   * Runs `work` as one transaction that takes the write lock at once; inside another one it is a savepoint. All of it is on
   * disk when this returns; if `work` throws, none of it happened. A promise is refused: work that waits would interleave.
   */
  transaction<T>(work: () => T extends PromiseLike<unknown> ? never : T): T {
    if (!this.#connection.open) throw new AppError("project/locked", "The project is locked: open it again.");
    this.#assertNotFrozen();
    try {
      return this.#transaction.immediate(work) as T;
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Several SELECTs that see the same state of the project, without taking the write lock. */
  read<T>(work: () => T extends PromiseLike<unknown> ? never : T): T {
    if (!this.#connection.open) throw new AppError("project/locked", "The project is locked: open it again.");
    try {
      return this.#transaction.deferred(work) as T;
    } catch (error) {
      throw storageError(error);
    }
  }

  get open(): boolean {
    return this.#connection.open;
  }

  /** From now on every change is refused (project/in-use), until `thaw`. Reading goes on. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  #assertNotFrozen(): void {
    if (!this.#frozen) return;
    throw new AppError(
      "project/in-use",
      "The project is just being encrypted anew. Nothing can be changed until that is done.",
    );
  }

  /** Moves what is in the write-ahead log into the file and empties the log. Throws project/in-use where a reader still needs it. */
  foldLog(): void {
    const busy = Number(this.pragma("wal_checkpoint(TRUNCATE)"));
    if (busy !== 0) throw new AppError("project/in-use", "Something still reads the project: try again in a moment.");
  }

  /** Closes the file, lets `work` put another one in its place, and opens that; or, if `work` throws, the one before again. */
  reopenAfter(keys: { before: Uint8Array; after: Uint8Array }, work: () => void): void {
    this.close();
    try {
      work();
    } catch (error) {
      [this.#connection, this.#transaction] = this.#connect(keys.before, false);
      throw error;
    }
    [this.#connection, this.#transaction] = this.#connect(keys.after, false);
  }

  /** The last connection to close folds the write-ahead log into the file and removes it. */
  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }
}
