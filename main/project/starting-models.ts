// Models from elsewhere that runs can begin with: the ONNX file and what was found in it. They never change once added.

import { createHash, randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { StartingModel } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { MAX_BLOB_BYTES, type ProjectDatabase } from "./database.ts";

export type NewStartingModel = Omit<StartingModel, "id" | "createdAt" | "bytes"> & { readonly onnx: Uint8Array };

const SELECT = "SELECT id, name, created_at AS createdAt, bytes, size, classes, layers FROM starting_models";

export class StartingModels {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  /** Throws app/invalid-input for a file that is empty or larger than 1 GB. */
  add({ name, onnx, size, classes, layers }: NewStartingModel): StartingModel {
    if (onnx.length === 0 || onnx.length > MAX_BLOB_BYTES) {
      throw new AppError("app/invalid-input", "A model's file must have between 1 byte and 1 GB.");
    }
    return this.#database.transaction(() => {
      const id = randomUUID();
      const { row } = this.#database.run(
        "INSERT INTO starting_models (id, name, created_at, bytes, size, classes, layers) VALUES (?, ?, ?, ?, ?, ?, ?)",
        id,
        name,
        new Date().toISOString(),
        onnx.length,
        size,
        classes,
        layers,
      );
      this.#database.run("INSERT INTO starting_model_files (model, onnx) VALUES (?, ?)", row, onnx);
      this.#audit.record("model/import", id, {
        before: null,
        after: { name, bytes: onnx.length, sha256: createHash("sha256").update(onnx).digest("hex") },
      });
      return this.#database.one<StartingModel>(`${SELECT} WHERE id = ?`, id)!;
    });
  }

  /** Newest first. */
  list(): StartingModel[] {
    return this.#database.all<StartingModel>(`${SELECT} ORDER BY number DESC`);
  }

  /** The ONNX file; null where there is no such model. */
  onnx(id: string): Uint8Array | null {
    const row = this.#database.one<{ onnx: Uint8Array }>(
      "SELECT onnx FROM starting_model_files JOIN starting_models ON starting_models.number = model WHERE id = ?",
      id,
    );
    return row?.onnx ?? null;
  }
}
