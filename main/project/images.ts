// Images of the project: identity, facts to find them by, kept frames, thumbnails.
//
// Built for 100 000 images: the row that lists and counts touch is narrow and indexed; pixels description, tags, thumbnail and frames
// lie in tables of their own. Search keys are written in lower case and normal form C beforehand, because SQLite's own LIKE knows only
// the English alphabet.

import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  Facets,
  FrameGeometry,
  ImageDetail,
  ImageFilter,
  ImageFormat,
  ImageSummary,
  imageSortSchema,
  Part,
  PixelDescription,
} from "../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../preload/contract/pixels.ts";
import type { Audit } from "./audit.ts";
import { MAX_BLOB_BYTES, type ProjectDatabase, type SqlValue } from "./database.ts";
import { HIDDEN_IMAGES, hasHidden, type Person } from "./layers.ts";
import { PictureIndex } from "./picture-index.ts";

/** A frame in the transfer syntax it came in. */
export interface StoredFrame {
  readonly transferSyntax: string;
  readonly bytes: Uint8Array;
}

/** An image as imaging reads it from a file. `identity` decides whether it is already there; `encoding` is opaque here. */
export interface NewImage {
  readonly identity: string;
  readonly format: ImageFormat;
  readonly name: string;
  readonly modality: string;
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  readonly sopInstance: string;
  readonly instanceNumber: number | null;
  readonly pixels: PixelDescription;
  readonly encoding: unknown;
  readonly frames: readonly StoredFrame[];
  readonly tags: readonly { readonly tag: string; readonly name: string; readonly value: string }[];
  readonly thumbnail: Uint8Array;
  readonly suggestedClass: string | null;
  readonly suggestedPart: Part | null;
  /** one record for each frame; none where the format knows no patient */
  readonly geometry?: readonly FrameGeometry[];
  /** codes of what is wrong with it */
  readonly quality?: readonly string[];
  /** 64 bits of what the picture looks like, hexadecimal */
  readonly pictureHash?: string | null;
}

/** An image of a series, with where its frames lie. */
export interface SeriesImage extends ImageSummary {
  readonly pixels: PixelDescription;
  readonly geometry: readonly FrameGeometry[];
  readonly instanceNumber: number | null;
}

export type ImageSort = z.infer<typeof imageSortSchema>;

interface SummaryRow extends Omit<ImageSummary, "importedAt"> {
  imported_at: string;
}

const ORDER: Record<ImageSort, readonly string[]> = {
  imported: ["images.number"],
  name: ["images.name_key", "images.search", "images.number"],
  patient: ["images.patient", "images.name_key", "images.search", "images.number"],
};

const orderBy = (sort: ImageSort, direction: "ASC" | "DESC") =>
  ORDER[sort].map((column) => `${column} ${direction}`).join(", ");

const SUMMARY = `
  SELECT images.id, images.name, images.format, images.modality, images.patient, images.study, images.series, images.rows,
    images.columns, images.frames, images.imported_at, images.class AS classId,
    (SELECT count(*) FROM shapes WHERE shapes.image = images.number AND layer = '') AS shapes
  FROM images`;

const NEAR_DUPLICATE = "near-duplicate";

/** Text as searched for: any case, composed characters. */
const searchKey = (text: string) => text.normalize("NFC").toLowerCase();

/** Sorts "slice 2" before "slice 10": runs of digits are padded to one length. */
const nameKey = (name: string) => searchKey(name).replace(/\d+/g, (digits) => digits.padStart(12, "0"));

function summaryOf({ imported_at, ...row }: SummaryRow): ImageSummary {
  return { ...row, importedAt: imported_at };
}

/** The WHERE clause of a filter, and the values for it. `hiddenFrom`: a member whose hidden images no filter by label may tell. */
function conditions(filter: ImageFilter, hiddenFrom: string | null): { where: string; values: SqlValue[] } {
  const terms: string[] = [];
  const values: SqlValue[] = [];
  const add = (term: string, ...more: SqlValue[]) => {
    terms.push(term);
    values.push(...more);
  };
  if (filter.text) add("instr(images.search, ?) > 0", searchKey(filter.text));
  if (filter.classId !== undefined) add("images.class = ?", filter.classId);
  if (filter.labelled !== undefined) add(`images.class IS ${filter.labelled ? "NOT NULL" : "NULL"}`);
  if (hiddenFrom !== null && (filter.classId !== undefined || filter.labelled !== undefined)) {
    add(`images.number NOT IN (${HIDDEN_IMAGES})`, hiddenFrom);
  }
  if (filter.modality !== undefined) add("images.modality = ?", filter.modality);
  if (filter.patient !== undefined) add("images.patient = ?", filter.patient);
  if (filter.finding !== undefined) {
    add("images.number IN (SELECT image FROM image_findings WHERE code = ?)", filter.finding);
  }
  if (filter.ids !== undefined) add("images.id IN (SELECT value FROM json_each(?))", JSON.stringify(filter.ids));
  return { where: terms.length === 0 ? "" : `WHERE ${terms.join(" AND ")}`, values };
}

export class Images {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #person: Person;
  #pictures: PictureIndex | null = null;

  /** `person`: who looks; labels of cases that they have yet to read blindly are hidden. */
  constructor(database: ProjectDatabase, audit: Audit, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#person = person;
  }

  /** Adds an image with its frames, unless one with the same identity is there: then its id, and `added` false. Throws imaging/*. */
  add(image: NewImage): { id: string; added: boolean } {
    if (image.frames.length !== image.pixels.frames) {
      throw new AppError(
        "imaging/frame-missing",
        `The image says it has ${image.pixels.frames} frames but ${image.frames.length} were read.`,
      );
    }
    if (image.frames.some(({ bytes }) => bytes.length > MAX_BLOB_BYTES)) {
      throw new AppError(
        "imaging/too-large",
        "One frame of the image has more than 1 GB, which a project cannot keep.",
      );
    }
    return this.#database.transaction(() => {
      const present = this.#database.one<{ id: string }>("SELECT id FROM images WHERE identity = ?", image.identity);
      if (present !== undefined) return { id: present.id, added: false };
      const id = randomUUID();
      const { row } = this.#database.run(
        `INSERT INTO images (id, identity, name, name_key, search, format, modality, patient, study, series, sop_instance,
          instance_number, rows, columns, frames, suggested_class, suggested_part, imported_at, picture_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        image.identity,
        image.name,
        nameKey(image.name),
        searchKey(`${image.name}\n${image.patient}`),
        image.format,
        image.modality,
        image.patient,
        image.study,
        image.series,
        image.sopInstance,
        image.instanceNumber,
        image.pixels.rows,
        image.pixels.columns,
        image.pixels.frames,
        image.suggestedClass,
        image.suggestedPart,
        new Date().toISOString(),
        image.pictureHash ?? null,
      );
      this.#database.run(
        "INSERT INTO image_headers (image, pixels, encoding, tags, geometry) VALUES (?, ?, ?, ?, ?)",
        row,
        JSON.stringify(image.pixels),
        JSON.stringify(image.encoding),
        JSON.stringify(image.tags),
        JSON.stringify(image.geometry ?? []),
      );
      const findings = new Set(image.quality);
      if (image.pictureHash) {
        this.#pictures ??= new PictureIndex(this.#database);
        const near = this.#pictures.near(image.series, image.pictureHash);
        for (const other of near) this.#find(other, NEAR_DUPLICATE);
        if (near.length > 0) findings.add(NEAR_DUPLICATE);
        this.#pictures.add(row, image.series, image.pictureHash);
      }
      for (const code of findings) this.#find(row, code);
      this.#database.run("INSERT INTO thumbnails (image, png) VALUES (?, ?)", row, image.thumbnail);
      image.frames.forEach((frame, position) => {
        this.#database.run(
          "INSERT INTO frames (image, position, transfer_syntax, bytes) VALUES (?, ?, ?, ?)",
          row,
          position,
          frame.transferSyntax,
          frame.bytes,
        );
      });
      this.#audit.record("image/import", id, {
        before: null,
        after: {
          identity: image.identity,
          format: image.format,
          modality: image.modality,
          frames: image.frames.length,
        },
      });
      return { id, added: true };
    });
  }

  #find(image: number, code: string): void {
    this.#database.run("INSERT OR IGNORE INTO image_findings (image, code) VALUES (?, ?)", image, code);
  }

  /** One page of the images that fit, and how many fit in all. */
  list(filter: ImageFilter, sort: ImageSort, offset: number, limit: number): { total: number; items: ImageSummary[] } {
    return this.#database.read(() => {
      const hidden = hasHidden(this.#database, this.#person) ? this.#person.id : null;
      const { where, values } = conditions(filter, hidden);
      const total = this.#database.one<{ total: number }>(
        `SELECT count(*) AS total FROM images ${where}`,
        ...values,
      )!.total;
      const wanted = Math.min(limit, total - offset);
      if (wanted <= 0) return { total, items: [] };
      // SQLite walks over what an offset skips, so a page in the second half is reached from the end.
      const fromEnd = offset > total / 2;
      const items = this.#database.all<SummaryRow>(
        `${SUMMARY} WHERE images.number IN (
          SELECT images.number FROM images ${where} ORDER BY ${orderBy(sort, fromEnd ? "DESC" : "ASC")} LIMIT ? OFFSET ?
        ) ORDER BY ${orderBy(sort, "ASC")}`,
        ...values,
        wanted,
        fromEnd ? total - offset - wanted : offset,
      );
      return { total, items: this.#veiled(items.map(summaryOf)) };
    });
  }

  /** Ids of all images that fit, in the order of import. */
  ids(filter: ImageFilter): string[] {
    const hidden = hasHidden(this.#database, this.#person) ? this.#person.id : null;
    const { where, values } = conditions(filter, hidden);
    return this.#database
      .all<{ id: string }>(`SELECT images.id FROM images ${where} ORDER BY images.number`, ...values)
      .map(({ id }) => id);
  }

  /** Counts over the whole project, for the filter column. Labelled means: a reader gave it a class. */
  facets(): Facets {
    return this.#database.read(() => {
      const { total, patients } = this.counts();
      // Cases that the person has yet to read blindly count as neither: the filters leave them out too.
      const hidden = hasHidden(this.#database, this.#person);
      const but = hidden ? `AND number NOT IN (${HIDDEN_IMAGES})` : "";
      const whom = hidden ? [this.#person.id] : [];
      const classes = this.#database.all<{ classId: string; count: number }>(
        `SELECT class AS classId, count(*) AS count FROM images WHERE class IS NOT NULL ${but} GROUP BY class`,
        ...whom,
      );
      const { unlabelled } = this.#database.one<{ unlabelled: number }>(
        `SELECT count(*) AS unlabelled FROM images WHERE class IS NULL ${but}`,
        ...whom,
      )!;
      const modalities = this.#database.all<{ modality: string; count: number }>(
        "SELECT modality, count(*) AS count FROM images GROUP BY modality ORDER BY modality",
      );
      const findings = this.#database.all<{ code: string; count: number }>(
        "SELECT code, count(*) AS count FROM image_findings GROUP BY code ORDER BY code",
      );
      return { total, unlabelled, classes, modalities, findings, patients };
    });
  }

  /** Images, named patients and images with a class, without cases that the person has yet to read blindly. */
  counts(): { total: number; patients: number; labelled: number } {
    const hidden = hasHidden(this.#database, this.#person);
    return this.#database.one<{ total: number; patients: number; labelled: number }>(
      `SELECT (SELECT count(*) FROM images) AS total,
        (SELECT count(DISTINCT patient) FROM images WHERE patient <> '') AS patients,
        (SELECT count(*) FROM images WHERE class IS NOT NULL
          ${hidden ? `AND number NOT IN (${HIDDEN_IMAGES})` : ""}) AS labelled`,
      ...(hidden ? [this.#person.id] : []),
    )!;
  }

  /** Throws app/not-found. */
  get(id: string): ImageDetail {
    const row = this.#database.one<SummaryRow & { pixels: string; tags: string; suggestedPart: Part | null }>(
      `SELECT summary.*, image_headers.pixels, image_headers.tags, images.suggested_part AS suggestedPart
      FROM (${SUMMARY} WHERE images.id = ?) AS summary
      JOIN images ON images.id = summary.id JOIN image_headers ON image_headers.image = images.number`,
      id,
    );
    if (row === undefined) throw noImage();
    const { pixels, tags, suggestedPart, ...summary } = row;
    const [shown] = this.#veiled([summaryOf(summary)]);
    return { ...shown!, pixels: JSON.parse(pixels), tags: JSON.parse(tags), suggestedPart };
  }

  /** All images of an image's series, by instance number; only the image itself where it names no series. Throws app/not-found. */
  series(id: string): SeriesImage[] {
    return this.#database.read(() => {
      const { series } = this.get(id);
      const rows = this.#database.all<SummaryRow & { pixels: string; geometry: string; instanceNumber: number | null }>(
        `SELECT summary.*, image_headers.pixels, geometry, instance_number AS instanceNumber
        FROM (${SUMMARY} WHERE ${series === "" ? "images.id = ?" : "images.series = ? AND images.series <> ''"}) AS summary
        JOIN images ON images.id = summary.id JOIN image_headers ON image_headers.image = images.number
        ORDER BY instance_number IS NULL, instance_number, name_key, images.number`,
        series === "" ? id : series,
      );
      const shown = this.#veiled(
        rows.map(({ pixels: _, geometry: __, instanceNumber: ___, ...row }) => summaryOf(row)),
      );
      return rows.map(({ pixels, geometry, instanceNumber }, index) => ({
        ...shown[index]!,
        pixels: JSON.parse(pixels),
        geometry: JSON.parse(geometry),
        instanceNumber,
      }));
    });
  }

  /** Without the labels of cases that the person has yet to read blindly. */
  #veiled(images: ImageSummary[]): ImageSummary[] {
    if (!hasHidden(this.#database, this.#person)) return images;
    const hidden = new Set(
      this.#database
        .all<{ id: string }>(
          `SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?)) AND number IN (${HIDDEN_IMAGES})`,
          JSON.stringify(images.map(({ id }) => id)),
          this.#person.id,
        )
        .map(({ id }) => id),
    );
    return images.map((image) => (hidden.has(image.id) ? { ...image, classId: null, shapes: 0 } : image));
  }

  /** One kept frame with what is needed to decode it; its pixels are described as they hold for this frame. Throws app/not-found, imaging/frame-missing. */
  frame(id: string, index: number): { frame: StoredFrame; pixels: PixelDescription; encoding: unknown } {
    const row = this.#database.one<{
      transfer_syntax: string | null;
      bytes: Uint8Array | null;
      pixels: string;
      encoding: string;
    }>(
      `SELECT frames.transfer_syntax, frames.bytes, image_headers.pixels, image_headers.encoding
      FROM images JOIN image_headers ON image_headers.image = images.number
      LEFT JOIN frames ON frames.image = images.number AND frames.position = ? WHERE images.id = ?`,
      index,
      id,
    );
    if (row === undefined) throw noImage();
    if (row.transfer_syntax === null || row.bytes === null) {
      throw new AppError("imaging/frame-missing", `The image has no frame ${index + 1}.`);
    }
    return {
      frame: { transferSyntax: row.transfer_syntax, bytes: row.bytes },
      pixels: pixelsOfFrame(JSON.parse(row.pixels), index),
      encoding: JSON.parse(row.encoding),
    };
  }

  /** PNG bytes. Throws app/not-found. */
  thumbnail(id: string): Uint8Array {
    const row = this.#database.one<{ png: Uint8Array }>(
      "SELECT png FROM thumbnails JOIN images ON images.number = thumbnails.image WHERE images.id = ?",
      id,
    );
    if (row === undefined) throw noImage();
    return row.png;
  }

  /** Every image's id, name as imported, and the class its file came with (a folder's name, an npz label) or null. */
  names(): { id: string; name: string; suggestedClass: string | null }[] {
    return this.#database.all("SELECT id, name, suggested_class AS suggestedClass FROM images ORDER BY number");
  }

  /** Every image's id with its series and SOP instance, empty where it has none. */
  uids(): { id: string; series: string; sopInstance: string }[] {
    return this.#database.all("SELECT id, series, sop_instance AS sopInstance FROM images ORDER BY number");
  }
}

function noImage(): AppError {
  return new AppError("app/not-found", "This image is not in the project.");
}
