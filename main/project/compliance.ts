// What the compliance report is made of: figures of the project as it is now and of what was done in a period. compliance-checks.ts judges them.
//
// Figures count things; no name of a patient or image is among them.

import { join } from "node:path";
import type { CompliancePeriod } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { assertCiphertext, cipherOf } from "./cipher.ts";
import type { ComplianceFacts } from "./compliance-checks.ts";
import type { ProjectDatabase } from "./database.ts";
import { readKeyFile } from "./keys.ts";
import type { Pacs } from "./pacs.ts";
import { DATABASE_FILE, KEYS_FILE } from "./project-folder.ts";

export class Compliance {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #pacs: Pacs;
  readonly #file: string;
  readonly #keysFile: string;

  /** `path`: the project's folder */
  constructor(database: ProjectDatabase, audit: Audit, pacs: Pacs, path: string) {
    this.#database = database;
    this.#audit = audit;
    this.#pacs = pacs;
    this.#file = join(path, DATABASE_FILE);
    this.#keysFile = join(path, KEYS_FILE);
  }

  async facts(period: CompliancePeriod): Promise<ComplianceFacts> {
    const broken = await this.#audit.verifyInSteps();
    const costs = readKeyFile(this.#keysFile).members.map((slot) => ("kdf" in slot ? slot.kdf : slot.privateKey.kdf));
    return this.#database.read(() => ({
      cipher: { name: cipherOf(this.#file), ciphertext: this.#isCiphertext() },
      kdf: {
        memoryKiB: Math.min(...costs.map(({ memoryKiB }) => memoryKiB)),
        passes: Math.min(...costs.map(({ passes }) => passes)),
        members: costs.length,
      },
      recoveryKey: {
        since: this.#last("project/rekey")?.at ?? this.#one<string>("SELECT created_at AS value FROM project"),
        used: this.#count("action = 'passphrase/recover'", period),
      },
      backupAt: this.#last("backup/make")?.at ?? null,
      checkedAt: this.#last("project/check")?.at ?? null,
      images: {
        total: this.#one<number>("SELECT count(*) AS value FROM images"),
        dicom: this.#one<number>("SELECT count(*) AS value FROM images WHERE format = 'dicom'"),
        deidentified: this.#one<number>("SELECT count(*) AS value FROM deidentified_images"),
        textSuspected: this.#one<number>("SELECT count(*) AS value FROM image_findings WHERE code = 'text-suspected'"),
        textLooked: this.#one<number>("SELECT count(*) AS value FROM text_looks"),
      },
      members: this.#database.all<ComplianceFacts["members"][number]>(
        "SELECT role, coalesce(last_seen_at, created_at) AS seenAt FROM members WHERE removed_at IS NULL",
      ),
      failedUnlocks: this.#one<number>(
        `SELECT coalesce(sum(json_extract(detail, '$.failed.count')), 0) AS value FROM audit
        WHERE action = 'project/open' AND at BETWEEN ? AND ?`,
        period.from,
        period.to,
      ),
      audit: {
        entries: this.#one<number>("SELECT coalesce(max(sequence), 0) AS value FROM audit"),
        broken: broken?.sequence ?? null,
        printedAt: this.#last("audit/print")?.at ?? null,
      },
      exports: {
        labels: this.#count("action = 'label/export'", period),
        images: this.#count("action = 'image/export'", period),
        models: this.#count("action IN ('model/export', 'model/save', 'model/notebook')", period),
        notebooks: this.#count("action = 'model/notebook'", period),
        runs: this.#count("action = 'run/export'", period),
        parts: this.#count("action = 'part/give'", period),
        logs: this.#count("action = 'audit/export'", period),
      },
      openSuggestions: this.#one<number>(
        "SELECT count(*) AS value FROM work_lists WHERE removed = 0 AND model IS NOT NULL AND commit_first = 0",
      ),
      archives: this.#pacs
        .list()
        .map((connection) =>
          connection.kind === "dimse" ? "dimse" : new URL(connection.url).protocol === "https:" ? "https" : "http",
        ),
      node: nodeOf(this.#pacs.node()),
    }));
  }

  #isCiphertext(): boolean {
    try {
      assertCiphertext(this.#file);
      return true;
    } catch {
      return false;
    }
  }

  #one<Value extends string | number>(sql: string, ...values: string[]): Value {
    return this.#database.one<{ value: Value }>(sql, ...values)!.value;
  }

  #count(condition: string, { from, to }: CompliancePeriod): number {
    return this.#one<number>(`SELECT count(*) AS value FROM audit WHERE ${condition} AND at BETWEEN ? AND ?`, from, to);
  }

  /** `action`: as LIKE has it. */
  #last(action: string): { at: string } | undefined {
    return this.#database.one<{ at: string }>(
      "SELECT at FROM audit WHERE action LIKE ? ORDER BY sequence DESC LIMIT 1",
      action,
    );
  }
}

function nodeOf({ settings, enabled }: ReturnType<Pacs["node"]>): ComplianceFacts["node"] {
  return { enabled, network: settings.reach === "network", onlyKnown: settings.onlyKnown };
}
