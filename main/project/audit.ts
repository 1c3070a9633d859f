// The record of who did what: entries chained by SHA-256, each over its own canonical JSON and the hash before it.
//
// A change of an old entry breaks every hash after it; cutting entries off the end is noticed because the head (last number
// and hash) is kept apart. The chain shows tampering to whoever keeps a hash elsewhere; it does not prevent it: someone with
// the key and enough patience can write a whole new chain.
//
// Verifying is O(entries), so what was verified once is remembered, and forgotten as soon as another connection has written.

import { createHash } from "node:crypto";
import type { AuditEntry } from "../../preload/contract/index.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";

interface Head {
  readonly sequence: number;
  readonly hash: string;
}

function hashOf(entry: Omit<AuditEntry, "hash">, previous: string): string {
  const { sequence, at, member, action, subject, detail } = entry;
  return createHash("sha256")
    .update(previous)
    .update("\n")
    .update(canonicalJson({ sequence, at, member, action, subject, detail }))
    .digest("hex");
}

const START: Head = { sequence: 0, hash: "" };

export class Audit {
  readonly #database: ProjectDatabase;
  readonly #member: string;
  #verified: { head: Head; dataVersion: number } = { head: START, dataVersion: -1 };

  /** `member`: name of who acts through this connection. */
  constructor(database: ProjectDatabase, member: string) {
    this.#database = database;
    this.#member = member;
  }

  /** Adds one entry. Called inside the transaction of the change that it records. */
  record(action: string, subject: string, detail: Json = {}): void {
    this.#database.transaction(() => {
      const head = this.#head();
      const entry = {
        sequence: head.sequence + 1,
        at: new Date().toISOString(),
        member: this.#member,
        action,
        subject,
        detail: canonicalJson(detail),
      };
      const hash = hashOf(entry, head.hash);
      this.#database.run(
        "INSERT INTO audit (sequence, at, member, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        entry.sequence,
        entry.at,
        entry.member,
        entry.action,
        entry.subject,
        entry.detail,
        hash,
      );
      this.#database.run("UPDATE audit_head SET sequence = ?, hash = ? WHERE one = 1", entry.sequence, hash);
    });
  }

  /** Newest first. `intact` is said only after every entry's hash has been looked at. */
  list(offset: number, limit: number): { total: number; intact: boolean; entries: AuditEntry[] } {
    return this.#database.read(() => ({
      total: this.#database.one<{ total: number }>("SELECT count(*) AS total FROM audit")?.total ?? 0,
      intact: this.#verify(),
      entries: this.#database.all<AuditEntry>(
        "SELECT sequence, at, member, action, subject, detail, hash FROM audit ORDER BY sequence DESC LIMIT ? OFFSET ?",
        limit,
        offset,
      ),
    }));
  }

  #head(): Head {
    return this.#database.one<Head>("SELECT sequence, hash FROM audit_head") ?? START;
  }

  #verify(): boolean {
    const dataVersion = Number(this.#database.pragma("data_version"));
    let last = this.#verified.dataVersion === dataVersion ? this.#verified.head : START;
    for (;;) {
      const entries = this.#database.all<AuditEntry>(
        "SELECT sequence, at, member, action, subject, detail, hash FROM audit WHERE sequence > ? ORDER BY sequence LIMIT 1000",
        last.sequence,
      );
      for (const entry of entries) {
        if (entry.sequence !== last.sequence + 1 || entry.hash !== hashOf(entry, last.hash)) return false;
        last = { sequence: entry.sequence, hash: entry.hash };
      }
      if (entries.length === 0) break;
    }
    const head = this.#head();
    if (head.sequence !== last.sequence || head.hash !== last.hash) return false;
    this.#verified = { head: last, dataVersion };
    return true;
  }
}
