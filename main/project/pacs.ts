// Archives that the project fetches from, and how its own node listens.
//
// Credentials stay here: `list` tells their kind alone, `address` gives them to whoever connects. They belong to the server that they were
// entered for, so a change of the address to another origin asks for them again. The audit says what was done and to which archive, never a secret and nothing of a patient.

import { randomUUID } from "node:crypto";
import { DEFAULT_DEIDENTIFY } from "../../preload/contract/deidentification.ts";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  NewPacsAuth,
  PacsConnection,
  PacsConnectionInput,
  PacsNodeSettings,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";

type KeptAuth = Exclude<NewPacsAuth, { kind: "keep" }>;

/** A connection with its secret, for whoever connects. */
export type PacsAddress =
  | Extract<PacsConnection, { kind: "dimse" }>
  | (Omit<Extract<PacsConnection, { kind: "dicomweb" }>, "auth"> & { readonly auth: KeptAuth });

interface Row {
  readonly id: string;
  readonly name: string;
  readonly kind: PacsConnection["kind"];
  readonly address: string;
  readonly auth: string;
}

const NODE: PacsNodeSettings = {
  aeTitle: "LOUPE",
  port: 11_112,
  reach: "network",
  onlyKnown: true,
  deidentify: DEFAULT_DEIDENTIFY,
};
const SELECT = "SELECT id, name, kind, address, auth FROM pacs_connections";

export class Pacs {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  /** In the order in which they were entered, without secrets. */
  list(): PacsConnection[] {
    return this.#database.all<Row>(`${SELECT} ORDER BY number`).map((row) => withoutSecret(read(row)));
  }

  /** With its secret. Throws app/not-found. */
  address(id: string): PacsAddress {
    const row = this.#database.one<Row>(`${SELECT} WHERE id = ?`, id);
    if (row === undefined) throw new AppError("app/not-found", "This connection is not in the project.");
    return read(row);
  }

  /** Adds or replaces. Throws app/not-found, app/invalid-input where kept credentials would go to another server. */
  save(input: PacsConnectionInput): PacsConnection {
    return this.#database.transaction(() => {
      const before = input.id === undefined ? null : this.address(input.id);
      const id = before?.id ?? randomUUID();
      const auth: KeptAuth = input.kind === "dicomweb" ? keptAuth(input, before) : { kind: "none" };
      const { id: _, name, kind, ...address } = { auth: undefined, ...input };
      this.#database.run(
        `INSERT INTO pacs_connections (id, name, kind, address, auth) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, address = excluded.address, auth = excluded.auth`,
        id,
        name,
        kind,
        JSON.stringify({ ...address, auth: undefined }),
        JSON.stringify(auth),
      );
      const saved = this.address(id);
      this.#audit.record("pacs/save", id, {
        before: before === null ? null : forAudit(before),
        after: forAudit(saved),
        credentials: canonicalJson(authOf(before)) !== canonicalJson(authOf(saved)) ? "changed" : "kept",
      });
      return withoutSecret(saved);
    });
  }

  /** Throws app/not-found. */
  remove(id: string): void {
    this.#database.transaction(() => {
      const before = this.address(id);
      this.#database.run("DELETE FROM pacs_connections WHERE id = ?", id);
      this.#audit.record("pacs/remove", id, { before: forAudit(before), after: null });
    });
  }

  node(): { settings: PacsNodeSettings; enabled: boolean } {
    const row = this.#database.one<{ settings: string; enabled: number }>("SELECT settings, enabled FROM pacs_node");
    return row
      ? { settings: JSON.parse(row.settings), enabled: row.enabled === 1 }
      : { settings: NODE, enabled: false };
  }

  setNode(settings: PacsNodeSettings, enabled: boolean): void {
    this.#database.transaction(() => {
      const before = this.node();
      this.#database.run(
        "INSERT INTO pacs_node (one, settings, enabled) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET settings = excluded.settings, enabled = excluded.enabled",
        JSON.stringify(settings),
        enabled ? 1 : 0,
      );
      const told = (now: { settings: PacsNodeSettings; enabled: boolean }) => {
        const { aeTitle, port, reach, onlyKnown, deidentify } = now.settings;
        return { enabled: now.enabled, aeTitle, port, reach, onlyKnown, deidentify: canonicalJson(deidentify) };
      };
      this.#audit.record(enabled ? "network/listen" : "network/stop", "node", {
        before: told(before),
        after: told({ settings, enabled }),
      });
    });
  }

  /** Says in the audit that an archive is about to be asked; `about` holds counts and names of fields, nothing of a patient. */
  record(
    action: "network/echo" | "network/search" | "network/retrieve",
    id: string,
    about: { [key: string]: string | number | string[] } = {},
  ) {
    this.#audit.record(action, id, about);
  }
}

function read({ id, name, kind, address, auth }: Row): PacsAddress {
  const rest = JSON.parse(address);
  return kind === "dimse" ? { id, name, kind, ...rest } : { id, name, kind, ...rest, auth: JSON.parse(auth) };
}

function withoutSecret(address: PacsAddress): PacsConnection {
  if (address.kind === "dimse") return address;
  const { auth } = address;
  return { ...address, auth: auth.kind === "password" ? { kind: auth.kind, user: auth.user } : { kind: auth.kind } };
}

const authOf = (address: PacsAddress | null) =>
  address?.kind === "dicomweb" ? address.auth : { kind: "none" as const };

/** Where it is and how it is asked; no secret, also none that somebody wrote into the address, and no certificate. */
function forAudit(address: PacsAddress): { readonly [key: string]: Json } {
  const { name, kind } = address;
  if (address.kind === "dimse") {
    const { host, port, aeTitle, callingAe } = address;
    return { name, kind, host, port, aeTitle, callingAe };
  }
  const { origin, pathname } = new URL(address.url);
  return { name, kind, url: origin + pathname, auth: address.auth.kind };
}

function keptAuth(input: Extract<PacsConnectionInput, { kind: "dicomweb" }>, before: PacsAddress | null): KeptAuth {
  if (input.auth.kind !== "keep") return input.auth;
  if (before?.kind !== "dicomweb" || new URL(before.url).origin !== new URL(input.url).origin) {
    throw new AppError(
      "app/invalid-input",
      "Credentials belong to the server they were entered for: enter them again for this address.",
    );
  }
  return before.auth;
}
