// Work lists: which cases are read by whom, and when each answer was committed. adjudication.ts decides where they differ.
//
// A case is an image with the slices of its stack; its class is the class of that image. What a reader says lies in the layer of the
// read (layers.ts), so reads of several people stand beside each other until one of them, or the adjudicator's own answer, becomes
// the shared label.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { Read, Suggestion, WorkList } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Labels } from "./labels.ts";
import { afterLayer, type Person } from "./layers.ts";
import { READ, type ReadRow, ReadRows, readOf } from "./read-rows.ts";

export interface WorkListInput {
  readonly name: string;
  readonly imageIds: readonly string[];
  /** ids of members */
  readonly readers: readonly string[];
  readonly readsPerCase: number;
  readonly blinded: boolean;
  readonly commitFirst: boolean;
  readonly modelId: string | null;
}

const secondsSince = (at: string | null) => (at === null ? null : (Date.now() - Date.parse(at)) / 1000);

export class Reading {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #labels: Labels;
  readonly #person: Person;
  readonly #rows: ReadRows;

  constructor(database: ProjectDatabase, audit: Audit, labels: Labels, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#labels = labels;
    this.#person = person;
    this.#rows = new ReadRows(database, labels, person);
  }

  /** Newest first. */
  lists(): WorkList[] {
    return this.#database.read(() =>
      this.#database
        .all<{ number: number }>("SELECT number FROM work_lists WHERE removed = 0 ORDER BY number DESC")
        .map(({ number }) => this.#list(number)),
    );
  }

  /** Images of one series are one case. Throws reading/readers-missing, reading/empty, app/not-found. */
  create(input: WorkListInput): WorkList {
    const readers = [...new Set(input.readers)];
    if (input.imageIds.length === 0) {
      throw new AppError("reading/empty", "A work list needs at least one image, and no image fits.");
    }
    if (readers.length < input.readsPerCase) {
      throw new AppError(
        "reading/readers-missing",
        `Each case is to be read ${input.readsPerCase} times, but there are ${readers.length} readers.`,
      );
    }
    return this.#database.transaction(() => {
      for (const reader of readers) {
        const known = this.#database.one("SELECT 1 FROM members WHERE id = ? AND removed_at IS NULL", reader);
        if (known === undefined) throw new AppError("app/not-found", "One of the readers is not in the project.");
      }
      const id = randomUUID();
      const { row: list } = this.#database.run(
        `INSERT INTO work_lists (id, name, created_at, reads_per_case, blinded, commit_first, model) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        input.name.trim(),
        new Date().toISOString(),
        input.readsPerCase,
        input.blinded ? 1 : 0,
        input.commitFirst ? 1 : 0,
        input.modelId,
      );
      const seen = new Set<string>();
      let position = 0;
      for (const imageId of input.imageIds) {
        const image = this.#database.one<{ number: number; series: string; modality: string }>(
          "SELECT number, series, modality FROM images WHERE id = ?",
          imageId,
        );
        if (image === undefined) throw new AppError("app/not-found", "One of the images is not in the project.");
        const key = STACKED.has(image.modality) && image.series !== "" ? image.series : imageId;
        if (seen.has(key)) continue;
        seen.add(key);
        this.#database.run(
          "INSERT INTO work_cases (list, position, image) VALUES (?, ?, ?)",
          list,
          position,
          image.number,
        );
        // In turn, so that everybody reads as much and every pair of readers meets.
        for (let turn = 0; turn < input.readsPerCase; turn++) {
          const reader =
            readers[(position * input.readsPerCase + turn + shift(position, readers.length)) % readers.length]!;
          this.#database.run(
            "INSERT OR IGNORE INTO reads (id, list, position, reader, state) VALUES (?, ?, ?, ?, 'assigned')",
            randomUUID(),
            list,
            position,
            reader,
          );
        }
        position++;
      }
      this.#audit.record("reading/create", id, {
        before: null,
        after: {
          name: input.name.trim(),
          cases: position,
          readers,
          readsPerCase: input.readsPerCase,
          blinded: input.blinded,
          commitFirst: input.commitFirst,
          modelId: input.modelId,
        },
      });
      return this.#list(list);
    });
  }

  /** Throws app/not-found. */
  remove(id: string): void {
    this.#database.transaction(() => {
      const number = this.#rows.number(id);
      const { name, cases } = this.#list(number);
      this.#database.run("UPDATE work_lists SET removed = 1 WHERE number = ?", number);
      this.#audit.record("reading/remove", id, { before: { name, cases }, after: null });
    });
  }

  /** The member's own reads, in order of cases. Throws app/not-found. */
  mine(listId: string): Read[] {
    return this.#database
      .all<ReadRow>(
        `${READ} WHERE reads.list = ? AND reads.reader = ? ORDER BY reads.position`,
        this.#rows.number(listId),
        this.#person.id,
      )
      .map(readOf);
  }

  /** Begins the clock. Throws app/not-found, reading/not-yours. */
  open(readId: string): Read {
    return this.#database.transaction(() => {
      const { state } = this.#rows.mine(readId);
      if (state === "assigned" || state === "open") {
        this.#database.run(
          "UPDATE reads SET state = 'open', opened_at = ? WHERE id = ?",
          new Date().toISOString(),
          readId,
        );
        this.#audit.record("reading/open", readId, { before: { state }, after: { state: "open" } });
      }
      return readOf(this.#rows.mine(readId));
    });
  }

  /** What a model says of a read's case; kept once, so that everybody is shown the same. */
  suggest(readId: string, suggestion: Suggestion): void {
    this.#database.transaction(() => {
      const { changes } = this.#database.run(
        "UPDATE reads SET suggestion = ? WHERE id = ? AND suggestion IS NULL",
        JSON.stringify(suggestion),
        readId,
      );
      // Not what it says: the log may be read by whoever has yet to read the case.
      if (changes > 0) this.#audit.record("reading/suggest", readId, { modelId: suggestion.modelId });
    });
  }

  /** Whether a suggestion is still to be made for a read, and by which model. */
  wantsSuggestion(readId: string): { modelId: string; imageId: string } | null {
    return (
      this.#database.one<{ modelId: string; imageId: string }>(
        `SELECT model AS modelId, images.id AS imageId FROM reads JOIN work_lists ON work_lists.number = reads.list
        JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
        JOIN images ON images.number = work_cases.image WHERE reads.id = ? AND suggestion IS NULL AND model IS NOT NULL`,
        readId,
      ) ?? null
    );
  }

  /** Throws app/not-found, reading/not-yours, reading/committed, reading/no-answer, reading/required-missing. */
  commit(readId: string): Read {
    return this.#database.transaction(() => {
      const read = this.#rows.mine(readId);
      if (read.state === "done") {
        throw new AppError("reading/committed", "This answer has been committed: it does not change any more.");
      }
      const first = read.state !== "committed";
      const layer = first ? readId : afterLayer(readId);
      const said = this.#rows.said(read.image, layer);
      if (said.classId === null && said.shapes.length === 0 && said.answers.length === 0) {
        throw new AppError(
          "reading/no-answer",
          "There is nothing to commit: give the case a label or draw something first.",
        );
      }
      const missing = this.#labels.missingAnswers(read.imageId, layer);
      if (missing > 0) {
        throw new AppError(
          "reading/required-missing",
          `${missing} questions that need an answer have none yet: answer them, then commit.`,
        );
      }
      const now = new Date().toISOString();
      if (first) {
        const reveals = read.commitFirst === 1 && read.suggestion !== null;
        this.#database.run(
          "UPDATE reads SET state = ?, committed_at = ?, seconds = ? WHERE id = ?",
          reveals ? "committed" : "done",
          now,
          secondsSince(read.openedAt),
          readId,
        );
        if (reveals) this.#labels.copy(this.#rows.slices(read.image), readId, afterLayer(readId));
      } else {
        this.#database.run(
          "UPDATE reads SET state = 'done', seconds_after = ?, changed_mind = ? WHERE id = ?",
          secondsSince(read.committedAt),
          this.#rows.differ(read.image, readId, afterLayer(readId)) ? 1 : 0,
          readId,
        );
      }
      this.#labels.forgetHistory(layer);
      const committed = this.#rows.mine(readId);
      // Not what was said: that is in the label log, which is hidden from whoever has yet to read the case.
      this.#audit.record("reading/commit", readId, {
        before: { state: read.state },
        after: { state: committed.state },
      });
      return readOf(committed);
    });
  }

  #list(number: number): WorkList {
    const row = this.#database.one<
      Omit<WorkList, "blinded" | "commitFirst" | "readers"> & { blinded: number; commitFirst: number }
    >(
      `SELECT id, name, created_at AS createdAt, reads_per_case AS readsPerCase, blinded, commit_first AS commitFirst, model AS modelId,
        (SELECT count(*) FROM work_cases WHERE list = number) AS cases,
        (SELECT count(*) FROM decisions WHERE list = number) AS adjudicated, 0 AS discrepancies
      FROM work_lists WHERE number = ?`,
      number,
    )!;
    const reads = this.#database.all<{ id: string; name: string; state: string; seconds: number | null }>(
      `SELECT members.id, members.name, state, seconds FROM reads JOIN members ON members.id = reads.reader
      WHERE list = ? ORDER BY members.number`,
      number,
    );
    const readers = [...new Set(reads.map(({ id }) => id))].map((id) => {
      const own = reads.filter((read) => read.id === id);
      const seconds = own.flatMap((read) => (read.seconds === null ? [] : [read.seconds]));
      const committed = own.filter(({ state }) => state === "done").length;
      return { id, name: own[0]!.name, committed, assigned: own.length, medianSeconds: median(seconds) };
    });
    // A reader of a blinded list hears nothing of the others, not even how far they are.
    const mayKnow = row.blinded === 0 || this.#person.role !== "reader";
    const stillReads = row.blinded === 1 && reads.some(({ id, state }) => id === this.#person.id && state !== "done");
    const differing = mayKnow && !stillReads ? this.#differing(number) : 0;
    return {
      ...row,
      blinded: row.blinded === 1,
      commitFirst: row.commitFirst === 1,
      readers: mayKnow ? readers : readers.filter(({ id }) => id === this.#person.id),
      adjudicated: mayKnow ? row.adjudicated : 0,
      discrepancies: differing,
    };
  }

  /** Cases whose committed reads name different classes or answer differently, and that nobody has decided. */
  #differing(list: number): number {
    return this.#database.one<{ count: number }>(
      `SELECT count(*) AS count FROM (
        SELECT reads.position FROM reads
        JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
        LEFT JOIN layer_classes ON layer_classes.image = work_cases.image AND layer_classes.layer =
          CASE WHEN changed_mind IS NULL THEN reads.id ELSE reads.id || '/after' END
        WHERE reads.list = ? AND state = 'done' AND NOT EXISTS (
          SELECT 1 FROM decisions WHERE decisions.list = reads.list AND decisions.position = reads.position)
        GROUP BY reads.position HAVING count(DISTINCT coalesce(class, '') || ' ' || (
          SELECT coalesce(group_concat(question || ' ' || value, ' ' ORDER BY question), '') FROM answers WHERE answers.layer =
            CASE WHEN changed_mind IS NULL THEN reads.id ELSE reads.id || '/after' END)) > 1)`,
      list,
    )!.count;
  }
}

/** Series of these are stacks (as api/stack.ts has it). */
export const STACKED: ReadonlySet<string> = new Set(["CT", "MR", "PT"]);

/** Turns the order of readers from round to round, so that not the same pairs meet. */
const shift = (position: number, readers: number) => Math.floor(position / readers);

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
