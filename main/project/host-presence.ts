// Says whether another living host has this project open, so that nobody marks a living host's work as interrupted.
//
// Each host holds a shared lock on `host.lock` for as long as it has the project open; a host that can lock it exclusively for a
// moment is alone. The lock is SQLite's own lock on a database without content: the operating system lets go of it when the
// process dies, however it dies, which a file with a process id in it cannot promise. The file holds SQLite's empty header only.

import Database from "better-sqlite3";
import { AppError } from "../../preload/contract/errors.ts";
import { storageError } from "./database.ts";

export class HostPresence {
  readonly #path: string;
  #connection: Database.Database | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Registers this host; true where no other is there. Called again it answers false: this host may have work of its own by now. */
  enter(): boolean {
    if (this.#connection !== null) return false;
    let connection: Database.Database;
    try {
      connection = new Database(this.#path, { timeout: 0 });
    } catch (error) {
      throw storageError(error);
    }
    let alone = true;
    try {
      connection.exec("BEGIN EXCLUSIVE; COMMIT");
    } catch (error) {
      const refusal = storageError(error);
      if (!(refusal instanceof AppError && refusal.code === "project/locked")) {
        connection.close();
        throw refusal;
      }
      alone = false;
    }
    // A read transaction that is left open holds the shared lock. Its SELECT must wait out another host's exclusive moment.
    try {
      connection.pragma("busy_timeout = 1000");
      connection.exec("BEGIN; SELECT count(*) FROM sqlite_schema");
    } catch (error) {
      connection.close();
      throw storageError(error);
    }
    this.#connection = connection;
    return alone;
  }

  leave(): void {
    this.#connection?.close();
    this.#connection = null;
  }
}
