// Frozen dataset versions: which images, which class each had, which part each is in. Rows refuse to change (see the schema).
//
// The hash says whether two snapshots are the same dataset: it is over image identities, patients, class names and parts, so
// neither local ids nor the order of import matter, also across projects. Items are kept in the order of identities for the same
// reason: a run on the same data sees the same batches.

import { createHash, randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { Part, Snapshot } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type CaseFacts, readCaseFacts } from "./case-facts.ts";
import type { ProjectDatabase } from "./database.ts";
import { PARTS, patientKey, type SplitItem, splitByPatient } from "./split.ts";

export interface SnapshotInput {
  readonly name: string;
  readonly seed: number;
  /** fractions of all images; what is left is the test part */
  readonly train: number;
  readonly validation: number;
  readonly useSuggestedParts: boolean;
}

export interface SnapshotItem {
  readonly imageId: string;
  readonly part: Part;
  readonly classIndex: number;
  /** patient ID, or empty */
  readonly patient: string;
}

export interface SnapshotTrace extends SnapshotItem {
  /** Instance UIDs, or empty. */
  readonly study: string;
  readonly series: string;
  /** 64 bits of what the picture looks like, hexadecimal, or empty. */
  readonly picture: string;
}

interface SnapshotRow {
  id: string;
  name: string;
  hash: string;
  created_at: string;
  seed: number;
  classes: string;
  counts: string;
}

type Labelled = SplitItem & { readonly image: number };
type SnapshotClass = Snapshot["classes"][number];

const SELECT = "SELECT id, name, hash, created_at, seed, classes, counts FROM snapshots";

export class Snapshots {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  /** Freezes the labelled images. Throws snapshot/empty, snapshot/one-class, snapshot/part-empty. */
  create(input: SnapshotInput): Snapshot {
    const fractions = fractionsOf(input);
    return this.#database.transaction(() => {
      const { classes, items } = this.#labelled(input.useSuggestedParts);
      const parts = splitByPatient(items, classes.length, fractions, input.seed);
      const counts = countParts(items, parts, classes);
      assertUsable(counts, classes);
      const snapshot: Snapshot = {
        id: randomUUID(),
        name: input.name.trim(),
        hash: hashOf(items, parts, classes),
        createdAt: new Date().toISOString(),
        seed: input.seed,
        classes,
        counts,
      };
      const { train, validation, useSuggestedParts } = input;
      const { row } = this.#database.run(
        `INSERT INTO snapshots (id, name, hash, created_at, seed, settings, classes, counts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        snapshot.id,
        snapshot.name,
        snapshot.hash,
        snapshot.createdAt,
        snapshot.seed,
        JSON.stringify({ train, validation, useSuggestedParts }),
        JSON.stringify(classes),
        JSON.stringify(counts),
      );
      items.forEach((item, position) => {
        this.#database.run(
          `INSERT INTO snapshot_items (snapshot, position, image, part, class_index, patient) VALUES (?, ?, ?, ?, ?, ?)`,
          row,
          position,
          item.image,
          parts[position]!,
          item.classIndex,
          item.patient,
        );
      });
      this.#audit.record("snapshot/create", snapshot.id, {
        before: null,
        after: { name: snapshot.name, hash: snapshot.hash, images: items.length, seed: input.seed, train, validation },
      });
      return snapshot;
    });
  }

  /** Newest first. */
  list(): Snapshot[] {
    return this.#database.all<SnapshotRow>(`${SELECT} ORDER BY number DESC`).map(snapshotOf);
  }

  /** Throws app/not-found. */
  get(id: string): Snapshot {
    const row = this.#database.one<SnapshotRow>(`${SELECT} WHERE id = ?`, id);
    if (row === undefined) throw new AppError("app/not-found", "This snapshot is not in the project.");
    return snapshotOf(row);
  }

  /** All items, in an order that depends on the images only. Throws app/not-found. */
  items(id: string): SnapshotItem[] {
    this.get(id);
    return this.#database.all<SnapshotItem>(
      `SELECT images.id AS imageId, part, class_index AS classIndex, snapshot_items.patient
      FROM snapshots JOIN snapshot_items ON snapshot_items.snapshot = snapshots.number
      JOIN images ON images.number = snapshot_items.image WHERE snapshots.id = ? ORDER BY position`,
      id,
    );
  }

  /** All items with what images can have in common across parts. Throws app/not-found. */
  traces(id: string): SnapshotTrace[] {
    this.get(id);
    return this.#database.all<SnapshotTrace>(
      `SELECT images.id AS imageId, part, class_index AS classIndex, snapshot_items.patient, study, series,
        coalesce(picture_hash, '') AS picture
      FROM snapshots JOIN snapshot_items ON snapshot_items.snapshot = snapshots.number
      JOIN images ON images.number = snapshot_items.image WHERE snapshots.id = ? ORDER BY position`,
      id,
    );
  }

  /** How many people gave the labels that its images have now, and how many labels nobody is known of. Throws app/not-found. */
  readers(id: string): { people: number; unknown: number } {
    this.get(id);
    return this.#database.one<{ people: number; unknown: number }>(
      `SELECT count(DISTINCT class_reader) AS people, count(*) - count(class_reader) AS unknown
      FROM snapshots JOIN snapshot_items ON snapshot_items.snapshot = snapshots.number
      JOIN images ON images.number = snapshot_items.image WHERE snapshots.id = ?`,
      id,
    )!;
  }

  /** What is known of the images of a part beside their pixels; `keywords`: DICOM tags that are asked for. Throws app/not-found. */
  facts(id: string, part: Part, keywords: readonly string[]): CaseFacts[] {
    this.get(id);
    return readCaseFacts(this.#database, id, part, keywords);
  }

  #labelled(useSuggestedParts: boolean): { classes: SnapshotClass[]; items: Labelled[] } {
    const classes = this.#database.all<SnapshotClass>(
      `SELECT id, name, color FROM label_classes WHERE EXISTS (SELECT 1 FROM images WHERE class = label_classes.id)
      ORDER BY key IS NULL, key, number`,
    );
    if (classes.length === 0) {
      throw new AppError("snapshot/empty", "No image has a label yet: label some images, then create the snapshot.");
    }
    if (classes.length === 1) {
      throw new AppError(
        "snapshot/one-class",
        "All labelled images have the same class: label images of at least one other class, then create the snapshot.",
      );
    }
    const indexOf = new Map(classes.map(({ id }, index) => [id, index]));
    const rows = this.#database.all<{
      image: number;
      identity: string;
      patient: string;
      class: string;
      part: Part | null;
    }>(
      `SELECT number AS image, identity, patient, class, suggested_part AS part
      FROM images WHERE class IS NOT NULL ORDER BY identity`,
    );
    const items = rows.map(({ class: classId, part, ...row }) => ({
      ...row,
      classIndex: indexOf.get(classId)!,
      part: useSuggestedParts ? part : null,
    }));
    return { classes, items };
  }
}

function fractionsOf({ train, validation }: SnapshotInput): [number, number, number] {
  const test = 1 - train - validation;
  if (!(train > 0 && validation > 0) || test < 0.005) {
    throw new AppError(
      "snapshot/part-empty",
      "Nothing is left for the test part: make the training or the validation part smaller.",
    );
  }
  return [train, validation, test];
}

function countParts(
  items: readonly SplitItem[],
  parts: readonly Part[],
  classes: readonly SnapshotClass[],
): Snapshot["counts"] {
  return PARTS.map((part) => {
    const own = items.filter((_, index) => parts[index] === part);
    const perClass = classes.map((_, index) => own.filter((item) => item.classIndex === index).length);
    return { part, images: own.length, patients: new Set(own.map(patientKey)).size, perClass };
  });
}

const PART_NAMES: Record<Part, string> = { train: "training", validation: "validation", test: "test" };

/** Each part needs images, and the training part needs some of every class. */
function assertUsable(counts: Snapshot["counts"], classes: readonly SnapshotClass[]): void {
  const advice = "label images of more patients, or create the snapshot without the parts that the images came with";
  for (const { part, images, perClass } of counts) {
    if (images === 0) {
      throw new AppError("snapshot/part-empty", `The ${PART_NAMES[part]} part would have no images: ${advice}.`);
    }
    const missing = perClass.indexOf(0);
    if (part === "train" && missing >= 0) {
      throw new AppError(
        "snapshot/part-empty",
        `The training part would have no image of class ${missing + 1} of ${classes.length}: ${advice}.`,
      );
    }
  }
}

function hashOf(items: readonly SplitItem[], parts: readonly Part[], classes: readonly SnapshotClass[]): string {
  const hash = createHash("sha256");
  hash.update(canonicalJson(classes.map(({ name }) => name)));
  items.forEach(({ identity, patient, classIndex }, index) => {
    hash.update(`\n${canonicalJson([identity, patient, classIndex, parts[index]!])}`);
  });
  return hash.digest("hex");
}

function snapshotOf({ created_at, classes, counts, ...row }: SnapshotRow): Snapshot {
  return { ...row, createdAt: created_at, classes: JSON.parse(classes), counts: JSON.parse(counts) };
}
