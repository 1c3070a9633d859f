// The project's secret for pseudonyms, and what was done to each image so that nobody is recognised in it.
//
// The secret is 32 random bytes, made when it is first asked for, and lies nowhere but in the encrypted database: with it the same patient
// gets the same pseudonym in every import. Nothing here keeps it in memory; whoever takes a copy wipes it. Reports name tags, never values.

import { createHash, randomBytes } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import {
  type DeidentificationReport,
  type Deidentification as ImageDeidentification,
  TEXT_SUSPECTED,
  type TextRegion,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { StoredFrame } from "./images.ts";
import type { Person } from "./layers.ts";

const SECRET_BYTES = 32;

export interface TextReview {
  readonly blanked: readonly TextRegion[];
  readonly stillSuspected: readonly TextRegion[];
  readonly framesLooked: number;
  /** those that were blanked */
  readonly frames: readonly { readonly index: number; readonly frame: StoredFrame }[];
  /** PNG; null where nothing was blanked */
  readonly thumbnail: Uint8Array | null;
}

function overlap(a: TextRegion, b: TextRegion): boolean {
  if (a.frame !== null && b.frame !== null && a.frame !== b.frame) return false;
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return across > 0 && down > 0;
}

export class Deidentification {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #person: Person;

  /** `person`: who confirms. */
  constructor(database: ProjectDatabase, audit: Audit, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#person = person;
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
      const before =
        this.#database.one<{ digest: string }>(
          `SELECT digest FROM deidentified_images JOIN deidentification_reports ON number = deidentified_images.report
          WHERE image = ?`,
          image,
        )?.digest ?? null;
      this.#database.run("INSERT OR IGNORE INTO deidentification_reports (digest, report) VALUES (?, ?)", digest, text);
      this.#database.run(
        `INSERT OR REPLACE INTO deidentified_images (image, report)
        SELECT ?, number FROM deidentification_reports WHERE digest = ?`,
        image,
        digest,
      );
      this.#audit.record("image/deidentify", imageId, { before, after: digest });
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

  /** Ids of images that nobody looked at for text, in the order of import. */
  notLookedAt(): Set<string> {
    const rows = this.#database.all<{ id: string }>(
      "SELECT id FROM images WHERE number NOT IN (SELECT image FROM text_looks)",
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Keeps where the program takes something for text; `text-suspected` becomes a finding where it does. Throws app/not-found. */
  addLook(imageId: string, suspects: readonly TextRegion[], framesLooked: number): void {
    this.#database.transaction(() => {
      const image = this.#number(imageId);
      const before = this.of(imageId).look;
      this.#look(image, suspects, framesLooked);
      if (suspects.length > 0) {
        this.#database.run("INSERT OR IGNORE INTO image_findings (image, code) VALUES (?, ?)", image, TEXT_SUSPECTED);
      }
      this.#audit.record("image/text-look", imageId, {
        before: before === null ? null : { suspects: before.suspects.length, framesLooked: before.framesLooked },
        after: { suspects: suspects.length, framesLooked },
      });
    });
  }

  /**
   * Keeps what a person said: frames that were blanked take the place of the kept ones, and what is still suspected. The finding goes, unless
   * the second look found a place that the person was not shown. Identity stays, so the same file is still a duplicate. Throws app/not-found.
   */
  addReview(imageId: string, review: TextReview): void {
    const { blanked, stillSuspected, frames, thumbnail } = review;
    this.#database.transaction(() => {
      const image = this.#number(imageId);
      const was = createHash("sha256");
      const is = createHash("sha256");
      for (const { index, frame } of frames) {
        const old = this.#database.one<{ bytes: Uint8Array }>(
          "SELECT bytes FROM frames WHERE image = ? AND position = ?",
          image,
          index,
        );
        if (old !== undefined) was.update(old.bytes);
        is.update(frame.bytes);
        this.#database.run(
          "UPDATE frames SET transfer_syntax = ?, bytes = ? WHERE image = ? AND position = ?",
          frame.transferSyntax,
          frame.bytes,
          image,
          index,
        );
      }
      if (thumbnail) this.#database.run("UPDATE thumbnails SET png = ? WHERE image = ?", thumbnail, image);
      const known = this.of(imageId).look?.suspects ?? [];
      const shown = [...known, ...blanked];
      const unseen = stillSuspected.filter((place) => !shown.some((other) => overlap(place, other)));
      if (unseen.length === 0) {
        this.#database.run("DELETE FROM image_findings WHERE image = ? AND code = ?", image, TEXT_SUSPECTED);
      } else {
        this.#database.run("INSERT OR IGNORE INTO image_findings (image, code) VALUES (?, ?)", image, TEXT_SUSPECTED);
      }
      this.#look(image, stillSuspected, review.framesLooked);
      this.#database.run(
        "INSERT INTO text_reviews (image, reviewed_at, reader, blanked, still_suspected) VALUES (?, ?, ?, ?, ?)",
        image,
        new Date().toISOString(),
        this.#person.id,
        JSON.stringify(blanked),
        JSON.stringify(stillSuspected),
      );
      const counts = { blanked: blanked.length, stillSuspected: stillSuspected.length, unseen: unseen.length };
      this.#audit.record("image/text-review", imageId, {
        ...counts,
        frames: frames.map(({ index }) => index),
        before: { suspects: known.length, pixels: frames.length === 0 ? null : was.digest("hex") },
        after: { suspects: stillSuspected.length, pixels: frames.length === 0 ? null : is.digest("hex") },
      });
    });
  }

  #look(image: number, suspects: readonly TextRegion[], framesLooked: number): void {
    this.#database.run(
      "INSERT OR REPLACE INTO text_looks (image, looked_at, suspects, frames_looked) VALUES (?, ?, ?, ?)",
      image,
      new Date().toISOString(),
      JSON.stringify(suspects),
      framesLooked,
    );
  }

  #number(imageId: string): number {
    const row = this.#database.one<{ number: number }>("SELECT number FROM images WHERE id = ?", imageId);
    if (row === undefined) throw new AppError("app/not-found", "This image is not in the project.");
    return row.number;
  }
}
