// Features of a model's training images, kept because computing them reads every image. They follow from the model's file and its frozen snapshot, neither of
// which ever changes, so they are no statement of anybody's and the audit does not hear of them.
import { MAX_BLOB_BYTES, type ProjectDatabase } from "./database.ts";

export class Embeddings {
  readonly #database: ProjectDatabase;

  constructor(database: ProjectDatabase) {
    this.#database = database;
  }

  /** One vector after the other, in the order of the training part; null where none are kept. */
  of(modelId: string): Float32Array | null {
    const row = this.#database.one<{ vectors: Uint8Array }>("SELECT vectors FROM embeddings WHERE model = ?", modelId);
    // Copied: a row's bytes need not begin where four-byte numbers may.
    return row === undefined ? null : new Float32Array(Uint8Array.from(row.vectors).buffer);
  }

  /** More than a row can hold is not kept. */
  save(modelId: string, vectors: Float32Array): void {
    if (vectors.byteLength > MAX_BLOB_BYTES) return;
    const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
    this.#database.transaction(() => {
      this.#database.run("INSERT OR REPLACE INTO embeddings (model, vectors) VALUES (?, ?)", modelId, bytes);
    });
  }
}
