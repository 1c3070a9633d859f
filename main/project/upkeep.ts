// The project's file as a thing to be kept in health: how large what is, when it was last backed up, checked and made smaller.

import { existsSync, statSync } from "node:fs";
import { freemem } from "node:os";
import { dirname } from "node:path";
import type {
  AuditAction,
  BackupReport,
  CheckReport,
  CompactReport,
  Health,
  SizeKind,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { assertCiphertext, cipherOf } from "./cipher.ts";
import type { ProjectDatabase } from "./database.ts";
import { diskOf } from "./draft-folder.ts";
import { type CheckOptions, checkIntegrity } from "./integrity.ts";
import { MIGRATIONS } from "./migrations/index.ts";

/** What PRAGMA auto_vacuum says of a file whose free pages can be given back in steps. */
const INCREMENTAL = 2;
/** A rewrite holds the only write lock: at 30 MB/s this is what others can wait for. */
const MOST_REWRITTEN_BYTES = 256 * 2 ** 20;

/** What the rows of each kind hold. Lengths of blobs are read without the blobs, so this reads little of a large file. */
const CONTENT: Record<Exclude<SizeKind, "other" | "free">, readonly string[]> = {
  frames: ["SELECT sum(length(bytes)) FROM frames"],
  thumbnails: ["SELECT sum(length(png)) FROM thumbnails"],
  headers: [
    "SELECT sum(octet_length(pixels) + octet_length(encoding) + octet_length(tags) + octet_length(geometry)) FROM image_headers",
  ],
  labels: [
    "SELECT sum(coalesce(octet_length(before), 0) + coalesce(octet_length(after), 0) + octet_length(target) + 90) FROM label_changes",
    "SELECT sum(octet_length(geometry) + octet_length(attributes) + 120) FROM shapes",
    "SELECT sum(octet_length(value) + octet_length(subject) + 80) FROM answers",
  ],
  models: ["SELECT sum(length(onnx)) FROM model_files", "SELECT sum(length(onnx)) FROM starting_model_files"],
  checkpoints: ["SELECT sum(length(bytes)) FROM checkpoints"],
  audit: [
    "SELECT sum(octet_length(detail) + octet_length(subject) + octet_length(action) + octet_length(member) + 95) FROM audit",
  ],
};

/** How the file can be made smaller. */
export function compactableBy(database: ProjectDatabase): Health["compactable"] {
  if (Number(database.pragma("auto_vacuum")) === INCREMENTAL) return "steps";
  const bytes = Number(database.pragma("page_count")) * Number(database.pragma("page_size"));
  return bytes <= Math.min(MOST_REWRITTEN_BYTES, freemem() / 2) ? "rewrite" : "restore";
}

export class Upkeep {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #file: string;

  /** `file`: the project's database on the disk */
  constructor(database: ProjectDatabase, audit: Audit, file: string) {
    this.#database = database;
    this.#audit = audit;
    this.#file = file;
  }

  addBackup(report: BackupReport): void {
    const { bytes, images, audit } = report;
    this.#add("backup", report, "backup/make", {
      at: report.at,
      bytes,
      images,
      sequence: audit.sequence,
      hash: audit.hash,
    });
  }

  /** See checkIntegrity; what came of it is remembered. */
  async check(options: CheckOptions): Promise<CheckReport> {
    const report = await checkIntegrity(this.#database, options);
    const { mode, problems, auditIntact } = report;
    this.#add("check", report, "project/check", { mode, problems: problems.length, auditIntact });
    return report;
  }

  addCompaction(report: CompactReport): void {
    this.#add("compact", report, "project/compact", { before: report.before, after: report.after });
  }

  async health(): Promise<Health> {
    const path = dirname(this.#file);
    return { path, disk: await diskOf(path), ...this.#facts() };
  }

  #facts(): Omit<Health, "disk" | "path"> {
    return this.#database.read(() => {
      const pageBytes = Number(this.#database.pragma("page_size"));
      const bytes = pageBytes * Number(this.#database.pragma("page_count"));
      const free = pageBytes * Number(this.#database.pragma("freelist_count"));
      const kinds = Object.entries(CONTENT).map(([kind, queries]) => ({
        kind: kind as SizeKind,
        bytes: queries.reduce((sum, sql) => sum + this.#number(sql), 0),
      }));
      const other = Math.max(0, bytes - free - kinds.reduce((sum, kind) => sum + kind.bytes, 0));
      const backup = this.#last<BackupReport>("backup");
      return {
        bytes,
        kinds: [...kinds, { kind: "other", bytes: other }, { kind: "free", bytes: free }],
        walBytes: statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
        backup: backup && { ...backup, exists: existsSync(backup.path) },
        check: this.#last<CheckReport>("check"),
        compaction: this.#last<CompactReport>("compact"),
        compactable: compactableBy(this.#database),
        schema: { version: Number(this.#database.pragma("user_version")), newest: MIGRATIONS.length },
        cipher: { name: cipherOf(this.#file), pageBytes, ciphertextOnDisk: this.#isCiphertext() },
        audit: this.#database.one<Health["audit"]>("SELECT sequence, hash FROM audit_head")!,
      };
    });
  }

  #add(
    kind: "backup" | "check" | "compact",
    report: object,
    action: AuditAction,
    detail: Record<string, string | number | boolean>,
  ): void {
    this.#database.transaction(() => {
      this.#database.run("INSERT INTO upkeep (kind, report) VALUES (?, ?)", kind, JSON.stringify(report));
      this.#audit.record(action, this.#projectId(), detail);
    });
  }

  #projectId(): string {
    return this.#database.one<{ id: string }>("SELECT id FROM project")!.id;
  }

  #last<Report>(kind: "backup" | "check" | "compact"): Report | null {
    const row = this.#database.one<{ report: string }>(
      "SELECT report FROM upkeep WHERE kind = ? ORDER BY number DESC LIMIT 1",
      kind,
    );
    return row === undefined ? null : (JSON.parse(row.report) as Report);
  }

  #number(sql: string): number {
    return this.#database.one<{ bytes: number }>(`SELECT coalesce((${sql}), 0) AS bytes`)!.bytes;
  }

  #isCiphertext(): boolean {
    try {
      assertCiphertext(this.#file);
      return true;
    } catch {
      return false;
    }
  }
}
