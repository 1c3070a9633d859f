// The record of who did what: appended in the transaction of each change, read by pages, and checked against itself.
//
// How the chain holds together is in audit-chain.ts. Whatever lines the label log has gained since the entry before, the next entry covers them
// with a digest, whoever wrote them: nothing that is said escapes the chain, and no caller has to think of it.
//
// Verifying is O(entries), so what was verified once is remembered, and forgotten as soon as another connection has written.
// A search is O(entries) too and remembered likewise; as entries never change, only the new ones are looked at again.

import { AppError } from "../../preload/contract/errors.ts";
import {
  AUDIT_ACTIONS,
  type AuditAction,
  type AuditBreak,
  type AuditEntry,
  type AuditFilter,
  type AuditHead,
  type AuditLine,
  type AuditState,
  type AuditSubjectKind,
  type HeadAnswer,
  type LabelLogLine,
  type PrintedHead,
} from "../../preload/contract/index.ts";
import { ENTRY, hashOf, headOf, linesOf, NOTHING_VERIFIED, newLines, type Verified, walk } from "./audit-chain.ts";
import { readHead, writeHead } from "./audit-head.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { ProjectDatabase, SqlValue } from "./database.ts";
import { assertReadable, type Person } from "./layers.ts";

const LINES_SHOWN = 100;
const EXPORT_STEP = 1000;

/** Who acts through a connection. */
export type Actor = Person & { readonly name: string };

interface Found {
  readonly key: string;
  /** every entry up to this one was looked at */
  upTo: number;
  /** oldest first */
  readonly sequences: number[];
}

export class Audit {
  readonly #database: ProjectDatabase;
  readonly #actor: Actor;
  #verified: { until: Verified; dataVersion: number } = { until: NOTHING_VERIFIED, dataVersion: -1 };
  #found: Found | null = null;
  readonly #newest = new Map<AuditAction, { upTo: number; entry: { sequence: number; at: string } | null }>();

  constructor(database: ProjectDatabase, actor: Actor) {
    this.#database = database;
    this.#actor = actor;
  }

  /**
   * Adds one entry. Called inside the transaction of the change that it records, after what it changes. `detail` has what was there `before` and
   * what is there `after`, where there are both; never a secret, a pixel or the identifier of a patient.
   */
  record(action: AuditAction, subject: string, detail: { readonly [key: string]: Json | undefined } = {}): void {
    this.#database.transaction(() => {
      const head = headOf(this.#database);
      const log = newLines(this.#database, head.labels);
      const entry = {
        sequence: head.sequence + 1,
        at: new Date().toISOString(),
        member: this.#actor.name,
        action,
        subject,
        detail: canonicalJson(log === null ? detail : { ...detail, log: { ...log } }),
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
      this.#database.run(
        "UPDATE audit_head SET sequence = ?, hash = ?, labels = ? WHERE one = 1",
        entry.sequence,
        hash,
        log?.last ?? head.labels,
      );
    });
  }

  /** One page of the entries that fit, newest first, and how many fit in all. An entry that was taken out leaves its place empty. */
  find(filter: AuditFilter, offset: number, limit: number): { total: number; entries: AuditLine[] } {
    return this.#database.read(() => {
      const { where, values } = conditions(filter);
      let total: number;
      let entries: AuditEntry[];
      if (where === "") {
        total = this.#last();
        entries = this.#database.all<AuditEntry>(
          `${ENTRY} WHERE sequence > ? AND sequence <= ? ORDER BY sequence DESC`,
          total - offset - limit,
          total - offset,
        );
      } else {
        const { sequences } = this.#search(where, values);
        total = sequences.length;
        const page = sequences.slice(Math.max(0, total - offset - limit), Math.max(0, total - offset));
        entries = this.#database.all<AuditEntry>(
          `${ENTRY} WHERE sequence IN (SELECT value FROM json_each(?)) ORDER BY sequence DESC`,
          JSON.stringify(page),
        );
      }
      return { total, entries: entries.map((entry) => ({ ...entry, subjectName: this.#nameOf(entry) })) };
    });
  }

  /** As `find` without a filter, with whether the whole chain holds. */
  list(offset: number, limit: number): { total: number; intact: boolean; entries: AuditEntry[] } {
    const { total, entries } = this.find({}, offset, limit);
    return { total, intact: this.verify() === null, entries: entries.map(({ subjectName: _, ...entry }) => entry) };
  }

  /** Entries that fit, up to a number, oldest first, with the hash before each; a thousand at a time, for files. */
  *every(filter: AuditFilter, upTo: number): Generator<(AuditEntry & { readonly previous: string })[]> {
    const { where, values } = conditions(filter);
    let after = 0;
    for (;;) {
      const entries = this.#database.all<AuditEntry & { previous: string }>(
        `SELECT sequence, at, member, action, subject, detail, hash,
          coalesce((SELECT hash FROM audit AS earlier WHERE earlier.sequence = audit.sequence - 1), '') AS previous
        FROM audit WHERE sequence > ? AND sequence <= ? ${where === "" ? "" : `AND ${where}`} ORDER BY sequence LIMIT ${EXPORT_STEP}`,
        after,
        upTo,
        ...values,
      );
      if (entries.length > 0) yield entries;
      if (entries.length < EXPORT_STEP) return;
      after = entries.at(-1)!.sequence;
    }
  }

  /** How many entries fit. */
  count(filter: AuditFilter): number {
    const { where, values } = conditions(filter);
    return where === "" ? this.#last() : this.#database.read(() => this.#search(where, values).sequences.length);
  }

  /** Names of members in the log, also of those who are gone, in order. */
  members(): string[] {
    return this.#database
      .all<{ member: string }>("SELECT DISTINCT member FROM audit ORDER BY member")
      .map(({ member }) => member);
  }

  /** The first entry that does not hold, or null where all do. */
  verify(): AuditBreak | null {
    const steps = this.#verifying();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /** The same with a breath between steps, so that other calls are answered meanwhile. */
  async verifyInSteps(): Promise<AuditBreak | null> {
    const steps = this.#verifying();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async state(): Promise<AuditState> {
    const broken = await this.verifyInSteps();
    return this.#database.read(() => ({
      entries: this.#last(),
      intact: broken === null,
      broken,
      head: this.head(),
      printed: this.lastOf("audit/print"),
    }));
  }

  /** The end of the log. */
  head(): AuditHead {
    const { sequence, hash } = headOf(this.#database);
    const at = this.#database.one<{ at: string }>("SELECT at FROM audit WHERE sequence = ?", sequence)?.at ?? null;
    return { sequence, at, hash };
  }

  /** The newest entry of an action, or null; only new entries are looked at when it is asked again. */
  lastOf(action: AuditAction): { sequence: number; at: string } | null {
    const last = this.#last();
    const known = this.#newest.get(action) ?? { upTo: 0, entry: null };
    const entry =
      this.#database.one<{ sequence: number; at: string }>(
        "SELECT max(sequence) AS sequence, at FROM audit WHERE action = ? AND sequence > ? GROUP BY action",
        action,
        known.upTo,
      ) ?? known.entry;
    this.#newest.set(action, { upTo: last, entry });
    return entry;
  }

  /** The head for paper, and an entry that it was printed. Throws audit/broken: a chain that does not hold is not worth printing. */
  async printHead(): Promise<PrintedHead> {
    const broken = await this.verifyInSteps();
    if (broken !== null) {
      throw new AppError(
        "audit/broken",
        `Entry ${broken.sequence} of the audit log does not hold, so its end is not printed: keep the project as it is and ask who had its key.`,
      );
    }
    return this.#database.transaction(() => {
      const head = this.head();
      const project = this.#database.one<{ id: string; name: string }>("SELECT id, name FROM project")!;
      this.record("audit/print", "", { sequence: head.sequence, hash: head.hash });
      return { ...head, project, text: writeHead(head) };
    });
  }

  /** Throws audit/head-unreadable. */
  async checkHead(text: string): Promise<HeadAnswer> {
    const { sequence, hash, slip } = readHead(text);
    if (slip) return { answer: "mistyped", sequence, at: null };
    const broken = await this.verifyInSteps();
    const entry = this.#database.one<{ at: string; hash: string }>(
      "SELECT at, hash FROM audit WHERE sequence = ?",
      sequence,
    );
    if (entry === undefined) return { answer: "shorter", sequence, at: null };
    const { at } = entry;
    if (entry.hash !== hash) return { answer: "differs", sequence, at };
    const below = broken !== null && broken.sequence <= sequence;
    return { answer: below ? "broken" : "contained", sequence, at };
  }

  /** What was said in the lines of the label log that an entry covers; the first 100. Throws app/not-found, reading/hidden. */
  labels(sequence: number): { total: number; lines: LabelLogLine[] } {
    return this.#database.read(() => {
      const entry = this.#database.one<{ detail: string }>("SELECT detail FROM audit WHERE sequence = ?", sequence);
      if (entry === undefined) throw new AppError("app/not-found", "There is no entry of this number in the log.");
      const covered = linesOf(entry.detail);
      if (covered === null) return { total: 0, lines: [] };
      const lines = this.#database.all<LabelLogLine & { image: number }>(
        `SELECT sequence, image, images.id AS imageId, images.name AS imageName, layer, kind, before, after
        FROM label_changes JOIN images ON images.number = image WHERE sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?`,
        covered.first,
        covered.last,
        LINES_SHOWN,
      );
      for (const { layer, image } of lines) assertReadable(this.#database, this.#actor, layer, image);
      return { total: covered.last - covered.first + 1, lines: lines.map(({ image: _, ...line }) => line) };
    });
  }

  #last(): number {
    return this.#database.one<{ last: number }>("SELECT coalesce(max(sequence), 0) AS last FROM audit")!.last;
  }

  *#verifying(): Generator<void, AuditBreak | null> {
    const dataVersion = Number(this.#database.pragma("data_version"));
    const from = this.#verified.dataVersion === dataVersion ? this.#verified.until : NOTHING_VERIFIED;
    const result = yield* walk(this.#database, from);
    if (result.broken !== null) return result.broken;
    this.#verified = { until: result.verified, dataVersion };
    return null;
  }

  #search(where: string, values: readonly SqlValue[]): Found {
    const key = JSON.stringify([where, values]);
    if (this.#found?.key !== key) this.#found = { key, upTo: 0, sequences: [] };
    const found = this.#found;
    const last = this.#last();
    if (last > found.upTo) {
      const rows = this.#database.all<{ sequence: number }>(
        // The index is nearly in this order; sorting here is cheaper than reading the entries in theirs.
        `SELECT sequence FROM audit WHERE ${found.upTo > 0 ? "sequence > ? AND" : "? = 0 AND"} ${where}`,
        found.upTo,
        ...values,
      );
      for (const sequence of rows.map((row) => row.sequence).sort((a, b) => a - b)) found.sequences.push(sequence);
      found.upTo = last;
    }
    return found;
  }

  #nameOf({ action, subject }: AuditEntry): string | null {
    if (subject === "" || !Object.hasOwn(AUDIT_ACTIONS, action)) return null;
    const sql = NAMES[AUDIT_ACTIONS[action as AuditAction]];
    return sql ? (this.#database.one<{ name: string }>(sql, ...subjects(sql, subject))?.name ?? null) : null;
  }
}

const subjects = (sql: string, subject: string) => Array<string>(sql.split("?").length - 1).fill(subject);

/** Where the name of a subject is. */
const NAMES: Partial<Record<AuditSubjectKind, string>> = {
  project: "SELECT name FROM project WHERE id = ?",
  member: "SELECT name FROM members WHERE id = ?",
  image: "SELECT name FROM images WHERE id = ?",
  class: "SELECT name FROM label_classes WHERE id = ?",
  // Choices of attributes are merged too, and those belong to a class.
  question: "SELECT name FROM questions WHERE id = ? UNION ALL SELECT name FROM label_classes WHERE id = ? LIMIT 1",
  list: "SELECT name FROM work_lists WHERE id = ?",
  read: "SELECT work_lists.name FROM reads JOIN work_lists ON work_lists.number = reads.list WHERE reads.id = ?",
  snapshot: "SELECT name FROM snapshots WHERE id = ?",
  run: "SELECT name FROM runs WHERE id = ?",
  search: "SELECT name FROM searches WHERE id = ?",
  model: "SELECT name FROM models WHERE id = ? UNION ALL SELECT name FROM starting_models WHERE id = ? LIMIT 1",
  archive: "SELECT name FROM pacs_connections WHERE id = ?",
};

/** Subjects whose name holds a text, for a search. */
const NAMED = [
  "images",
  "runs",
  "searches",
  "models",
  "starting_models",
  "label_classes",
  "members",
  "work_lists",
  "snapshots",
]
  .map((table) => `SELECT id FROM ${table} WHERE name LIKE ?1 ESCAPE '\\'`)
  .join(" UNION ALL ");

function conditions(filter: AuditFilter): { where: string; values: SqlValue[] } {
  const parts: string[] = [];
  const values: SqlValue[] = [];
  const add = (part: string, ...given: SqlValue[]) => {
    parts.push(part);
    values.push(...given);
  };
  const like = (text: string) => text.replace(/[\\%_]/g, "\\$&");
  if (filter.member !== undefined) add("member = ?", filter.member);
  // "0" is the character after the stroke.
  if (filter.group) add("action >= ? AND action < ?", `${filter.group}/`, `${filter.group}0`);
  if (filter.subject) add("subject = ?", filter.subject);
  if (filter.from) add("at >= ?", filter.from);
  if (filter.to) add("at <= ?", filter.to);
  if (filter.text) {
    const text = `%${like(filter.text)}%`;
    const columns = ["action", "subject", "member", "detail"].map((column) => `${column} LIKE ? ESCAPE '\\'`);
    const named = NAMED.replaceAll("?1", "?");
    add(
      `(${columns.join(" OR ")} OR action IN (SELECT value FROM json_each(?)) OR subject IN (${named}))`,
      ...columns.map(() => text),
      JSON.stringify(filter.textActions ?? []),
      ...subjects(named, text),
    );
  }
  return { where: parts.join(" AND "), values };
}
