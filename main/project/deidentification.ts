// The project's secret for pseudonyms, and what was done to each image so that nobody is recognised in it.
//
// The secret is 32 random bytes, made when it is first asked for, and lies nowhere but in the encrypted database: with it the same patient
// gets the same pseudonym in every import. Nothing here keeps it in memory; whoever takes a copy wipes it. Reports name tags, never values.

import { createHash, randomBytes } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  DeidentificationReport,
  Deidentification as ImageDeidentification,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";

const SECRET_BYTES = 32;

export class Deidentification {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  /** A copy of the secret, 32 bytes; the caller wipes it. Made on first use, by whichever process asks first. */
  secret(): Uint8Array {
    return this.#database.transaction(() => {
      const kept = this.#database.one<{ secret: Uint8Array }>("SELECT secret FROM deidentification");
      if (kept !== undefined) return kept.secret;
      const secret = new Uint8Array(randomBytes(SECRET_BYTES));
      this.#database.run("INSERT INTO deidentification (id, secret) VALUES (1, ?)", secret);
      this.#audit.record("deidentification/secret", "");
      return secret;
    });
  }

  /** Keeps what was done to a file that became this image. Throws app/not-found. */
  addReport(imageId: string, report: DeidentificationReport): void {
    const text = canonicalJson(report);
    const digest = createHash("sha256").update(text).digest("hex");
    this.#database.transaction(() => {
      const image = this.#number(imageId);
      this.#database.run("INSERT OR IGNORE INTO deidentification_reports (digest, report) VALUES (?, ?)", digest, text);
      this.#database.run(
        `INSERT OR REPLACE INTO deidentified_images (image, report)
        SELECT ?, number FROM deidentification_reports WHERE digest = ?`,
        image,
        digest,
      );
      this.#audit.record("image/deidentify", imageId, { report: digest });
    });
  }

  /** All that is known about one image. Throws app/not-found. */
  of(imageId: string): ImageDeidentification {
    return this.#database.read(() => {
      const image = this.#number(imageId);
      const report = this.#database.one<{ report: string }>(
        `SELECT deidentification_reports.report FROM deidentified_images
        JOIN deidentification_reports ON number = deidentified_images.report WHERE image = ?`,
        image,
      );
      const look = this.#database.one<{ at: string; suspects: string; framesLooked: number }>(
        "SELECT looked_at AS at, suspects, frames_looked AS framesLooked FROM text_looks WHERE image = ?",
        image,
      );
      const reviews = this.#database.all<{ at: string; reader: string; blanked: string; stillSuspected: string }>(
        `SELECT reviewed_at AS at, members.name AS reader, blanked, still_suspected AS stillSuspected
        FROM text_reviews JOIN members ON members.id = reader WHERE image = ? ORDER BY text_reviews.number`,
        image,
      );
      return {
        report: report === undefined ? null : JSON.parse(report.report),
        look: look === undefined ? null : { ...look, suspects: JSON.parse(look.suspects) },
        reviews: reviews.map((review) => ({
          ...review,
          blanked: JSON.parse(review.blanked),
          stillSuspected: JSON.parse(review.stillSuspected),
        })),
      };
    });
  }

  #number(imageId: string): number {
    const row = this.#database.one<{ number: number }>("SELECT number FROM images WHERE id = ?", imageId);
    if (row === undefined) throw new AppError("app/not-found", "This image is not in the project.");
    return row.number;
  }
}
