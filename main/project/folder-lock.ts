// Who has the project open, for as long as they have it: everybody shares the lock, whoever changes the data key has it alone.
//
// The lock is SQLite's own, on files without content, as in host-presence.ts: the operating system lets go of it when the
// process dies, however it dies. Who opens a project shares it before reading keys.json and lets go after closing the database, so
// nobody ever holds a database that is being replaced.
//
// Two who wait for each other to let go would wait for ever, and one who lets go to ask for all might find the other inside. So
// whoever asks for the whole lock takes `intent` first, which only one can have, and never loses the share by asking.

import Database from "better-sqlite3";
import { AppError } from "../../preload/contract/errors.ts";
import { storageError } from "./database.ts";

const isBusy = (error: unknown) => error instanceof AppError && error.code === "project/locked";

function connect(path: string): Database.Database {
  try {
    return new Database(path, { timeout: 0 });
  } catch (error) {
    throw storageError(error);
  }
}

/** False where somebody else holds a lock that stands against it. */
function took(connection: Database.Database, sql: string): boolean {
  try {
    connection.exec(sql);
    return true;
  } catch (error) {
    const refusal = storageError(error);
    if (isBusy(refusal)) return false;
    throw refusal;
  }
}

/** A process that dies then leaves no journal beside a file without content. */
const NO_JOURNAL = "PRAGMA journal_mode = MEMORY";
const SHARE = "BEGIN; SELECT count(*) FROM sqlite_schema";

export class FolderLock {
  readonly #connection: Database.Database;
  readonly #intentPath: string;
  #intent: Database.Database | null = null;

  /** Takes a share. Throws project/in-use while somebody has the whole lock, project/read-only. */
  constructor(paths: { lock: string; intent: string }) {
    this.#intentPath = paths.intent;
    this.#connection = connect(paths.lock);
    try {
      if (took(this.#connection, NO_JOURNAL) && took(this.#connection, SHARE)) return;
    } catch (error) {
      this.#connection.close();
      throw error;
    }
    this.#connection.close();
    throw new AppError(
      "project/in-use",
      "The project is just being encrypted anew by another window or command: wait until it is done, then open it again.",
    );
  }

  /** Gets the whole lock, or answers false and keeps the share, where anybody else has one. */
  exclude(): boolean {
    const intent = connect(this.#intentPath);
    try {
      if (took(intent, NO_JOURNAL) && took(intent, "BEGIN IMMEDIATE")) {
        this.#connection.exec("COMMIT");
        if (took(this.#connection, "BEGIN EXCLUSIVE")) {
          this.#intent = intent;
          return true;
        }
        this.#connection.exec(SHARE);
      }
    } catch (error) {
      intent.close();
      throw storageError(error);
    }
    intent.close();
    return false;
  }

  /** From the whole lock back to a share. */
  share(): void {
    if (this.#intent === null) return;
    this.#connection.exec("COMMIT");
    this.#connection.exec(SHARE);
    this.#intent.close();
    this.#intent = null;
  }

  release(): void {
    this.#connection.close();
    this.#intent?.close();
    this.#intent = null;
  }
}
