// Takes in what another copy of the project says, or gives a part of ours to a new one: the same work in two directions.
//
// Everything is found again by what it is: images by their identity, words of the schema by id and name (merge-words.ts), labels by the history
// that both copies share (merge-history.ts). What only they said since comes into our log with their reader and their time. What both
// said differently is a difference: ours stays, theirs is kept whole beside it, and a person chooses. Nothing is written over, and
// what was taken in before is common history, so taking in twice changes nothing.
//
// Work goes in pieces (schema, images, labels of some images), each one transaction with its audit entry; a kill or a cancel leaves whole
// pieces, and taking in again does the rest. Their audit log is verified first and kept beside ours.
// Not taken in: snapshots, runs, models, archives, the secret of pseudonyms; they are one copy's own.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import { type MergeReport, SHARED_LAYER } from "../../preload/contract/index.ts";
import { geometrySchema } from "../../preload/contract/labels.ts";
import type { Audit } from "./audit.ts";
import { hashOf, NOTHING_VERIFIED, walk } from "./audit-chain.ts";
import type { ProjectDatabase } from "./database.ts";
import { assertClass, assertFits, type ImageSize } from "./geometry.ts";
import { answerTargets, type Change, type ShapeState, targetOf } from "./label-changes.ts";
import type { Labels } from "./labels.ts";
import { asText, digestOf, LOG, type LogRow, logOf, parted, type Said, sameState, sameWords } from "./merge-history.ts";
import { copyImage, copyList, updateRead } from "./merge-rows.ts";
import { MergeWords, type State } from "./merge-words.ts";
import { questionRow } from "./schema-rows.ts";

/** What a merge needs of each project. */
export interface Side {
  readonly id: string;
  readonly name: string;
  readonly database: ProjectDatabase;
  readonly audit: Audit;
  readonly labels: Labels;
}

export interface TakeInOptions {
  /** ids of their images; default: all */
  readonly images?: readonly string[];
  /** work lists with their reads, and what was said in them */
  readonly layers: boolean;
  /** what de-identification did to images and what was said of text in them */
  readonly deidentification: boolean;
  /** keep their audit log beside ours */
  readonly audit: boolean;
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

interface History {
  readonly change: Change;
  readonly image: OurImage;
  readonly said: Said[];
}

const IMAGES_AT_ONCE = 50;
const BYTES_AT_ONCE = 32 * 2 ** 20;

interface TheirImage {
  readonly number: number;
  readonly id: string;
  readonly identity: string;
  readonly series: string;
  readonly patient: string;
}
interface OurImage extends ImageSize {
  readonly number: number;
  readonly id: string;
}

/** Throws app/aborted, merge/audit-broken, labels/geometry-invalid, project/disk-full. */
export async function takeIn(ours: Side, theirs: Side, options: TakeInOptions): Promise<MergeReport> {
  return new Merge(ours, theirs, options).run();
}

class Merge {
  readonly #ours: Side;
  readonly #theirs: Side;
  readonly #options: TakeInOptions;
  readonly #words: MergeWords;
  readonly #counts = { images: 0, changes: 0, conflicts: 0, same: 0, lists: 0, reads: 0, auditEntries: 0 };
  /** number of their image → ours */
  readonly #images = new Map<number, OurImage>();
  /** series or patient → one of our images of it */
  readonly #subjects = new Map<string, OurImage>();

  constructor(ours: Side, theirs: Side, options: TakeInOptions) {
    this.#ours = ours;
    this.#theirs = theirs;
    this.#options = options;
    this.#words = new MergeWords(ours.database, theirs.database, theirs.name);
  }

  async run(): Promise<MergeReport> {
    const { database } = this.#theirs;
    const head = this.#options.audit ? await this.#keepAudit() : null;
    const images = this.#chosen();
    const total = 2 * images.length;
    this.#schema();
    for (let done = 0; done < images.length; ) {
      await this.#pause(done, total);
      done += this.#takeImages(images.slice(done, done + IMAGES_AT_ONCE));
    }
    if (this.#options.layers) this.#lists();
    for (let done = 0; done < images.length; done += IMAGES_AT_ONCE) {
      await this.#pause(images.length + done, total);
      this.#takeLabels(images.slice(done, done + IMAGES_AT_ONCE));
    }
    const questions = database.all<{ id: string }>("SELECT id FROM questions ORDER BY position, number");
    for (const { id } of questions) {
      await this.#pause(total, total);
      this.#takeAnswers(id);
    }
    const { members, classes, questions: asked } = this.#words.added;
    const report: MergeReport = {
      id: randomUUID(),
      at: new Date().toISOString(),
      project: { id: this.#theirs.id, name: this.#theirs.name },
      ...this.#counts,
      members: members.length,
      classes: classes.length,
      questions: asked.length,
      head,
    };
    this.#ours.database.transaction(() => {
      this.#ours.database.run("INSERT INTO merges (id, report) VALUES (?, ?)", report.id, JSON.stringify(report));
      this.#ours.audit.record("merge/done", this.#ours.id, {
        ...report,
        project: { ...report.project },
        head: head && { ...head },
      });
    });
    return report;
  }

  async #pause(done: number, total: number): Promise<void> {
    this.#options.onProgress(done, total);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#options.signal.aborted) throw new AppError("app/aborted", "This was stopped. What was finished stays.");
  }

  #chosen(): TheirImage[] {
    const wanted = this.#options.images;
    return this.#theirs.database.all<TheirImage>(
      `SELECT number, id, identity, series, patient FROM images ${wanted ? "WHERE id IN (SELECT value FROM json_each(?))" : ""} ORDER BY number`,
      ...(wanted ? [JSON.stringify(wanted)] : []),
    );
  }

  /** Their chain from where it parts from ours, each entry under its hash. */
  async #keepAudit(): Promise<{ sequence: number; hash: string }> {
    const { database } = this.#theirs;
    const steps = walk(database, NOTHING_VERIFIED);
    let step = steps.next();
    while (!step.done) step = steps.next();
    if (step.value.broken !== null) {
      throw new AppError(
        "merge/audit-broken",
        `The copy's audit log does not hold from entry ${step.value.broken.sequence} on, so nothing was taken in: ask who had its key, or bring its labels in as files.`,
      );
    }
    const last = step.value.verified.sequence;
    let previous = "";
    let parts = false;
    for (const batch of this.#theirs.audit.every({}, last)) {
      this.#ours.database.transaction(() => {
        let kept = 0;
        for (const entry of batch) {
          const { sequence, at, member, action, subject, detail, hash } = entry;
          parts ||=
            this.#ours.database.one("SELECT 1 FROM audit WHERE sequence = ? AND hash = ?", sequence, hash) ===
            undefined;
          if (parts && hash !== hashOf(entry, previous))
            throw new AppError(
              "merge/audit-broken",
              "The copy's audit log changed while it was read: close it there, then try again.",
            );
          if (parts) {
            kept += this.#ours.database.run(
              `INSERT OR IGNORE INTO merged_audit (hash, previous, project, sequence, at, member, action, subject, detail)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
              hash,
              previous,
              this.#theirs.id,
              sequence,
              at,
              member,
              action,
              subject,
              detail,
            ).changes;
          }
          previous = hash;
        }
        this.#counts.auditEntries += kept;
        if (kept > 0)
          this.#ours.audit.record("merge/audit", this.#ours.id, {
            project: this.#theirs.id,
            entries: kept,
            hash: previous,
          });
      });
      await this.#pause(0, 0);
    }
    return { sequence: last, hash: previous };
  }

  /** Their classes and questions that are offered, used or not; deleted and archived ones come with what was said with them. */
  #schema(): void {
    const { database } = this.#theirs;
    this.#ours.database.transaction(() => {
      for (const { id } of database.all<{ id: string }>(
        "SELECT id FROM label_classes WHERE deleted = 0 ORDER BY number",
      )) {
        this.#words.class(id);
      }
      for (const { id } of database.all<{ id: string }>("SELECT id FROM questions ORDER BY position, number")) {
        this.#words.question(id);
      }
      const { classes, questions } = this.#words.added;
      if (classes.length + questions.length > 0) {
        this.#ours.audit.record("merge/schema", this.#ours.id, {
          project: this.#theirs.id,
          classes: [...classes],
          questions: [...questions],
        });
      }
    });
  }

  /** As many as fit in one transaction; answers how many were looked at. */
  #takeImages(images: readonly TheirImage[]): number {
    const { database } = this.#ours;
    return database.transaction(() => {
      let looked = 0;
      let bytes = 0;
      for (const image of images) {
        if (bytes > BYTES_AT_ONCE) break;
        looked++;
        const find = () =>
          database.one<OurImage>(
            "SELECT number, id, rows, columns, frames FROM images WHERE identity = ?",
            image.identity,
          );
        let ours = find();
        if (ours === undefined) {
          const about = { words: this.#words, deidentification: this.#options.deidentification };
          bytes += copyImage(this.#theirs.database, database, image.number, about);
          ours = find()!;
          this.#counts.images++;
          this.#ours.audit.record("image/import", ours.id, { identity: image.identity, from: this.#theirs.id });
        }
        this.#images.set(image.number, ours);
        this.#words.image(image.id, ours.id);
        if (image.series !== "") this.#subjects.set(`series ${image.series}`, ours);
        if (image.patient !== "") this.#subjects.set(`patient ${image.patient}`, ours);
      }
      return looked;
    });
  }

  /** Work lists that we do not have, and reads that went on in the copy. */
  #lists(): void {
    const { database } = this.#theirs;
    this.#ours.database.transaction(() => {
      const lists = database.all<{ number: number; id: string }>(
        "SELECT number, id FROM work_lists WHERE removed = 0 ORDER BY number",
      );
      const sides = { theirs: database, ours: this.#ours.database, words: this.#words };
      const numbers = new Map([...this.#images].map(([theirs, { number }]) => [theirs, number]));
      const before = { ...this.#counts };
      for (const { number, id } of lists) {
        if (this.#ours.database.one("SELECT 1 FROM work_lists WHERE id = ?", id) === undefined) {
          if (copyList(sides, number, numbers)) this.#counts.lists++;
        } else this.#counts.reads += updateRead(sides, number);
      }
      const lists_ = this.#counts.lists - before.lists;
      const reads = this.#counts.reads - before.reads;
      if (lists_ + reads > 0)
        this.#ours.audit.record("merge/reading", this.#ours.id, { project: this.#theirs.id, lists: lists_, reads });
    });
  }

  #takeLabels(images: readonly TheirImage[]): void {
    this.#piece(() => {
      for (const { number } of images) {
        const ours = this.#images.get(number)!;
        const histories = this.#histories(logOf(this.#theirs.database, number, this.#options.layers), () => ours);
        if (histories.size === 0) continue;
        const own = new Map<string, LogRow[]>();
        for (const row of logOf(this.#ours.database, ours.number, this.#options.layers)) {
          const rows = own.get(row.target);
          if (rows) rows.push(row);
          else own.set(row.target, [row]);
        }
        for (const [target, history] of histories) this.#compare(target, history, own.get(target) ?? []);
      }
    });
  }

  /** An answer about a series or patient may have been given at any of its images, so answers are compared question by question. */
  #takeAnswers(questionId: string): void {
    const targets = answerTargets(questionId);
    const { level } = questionRow(this.#theirs.database, questionId);
    this.#piece(() => {
      const rows = this.#theirs.database
        .all<LogRow>(
          `${LOG} WHERE kind = 'answer' AND target >= ? AND target < ? ORDER BY sequence`,
          targets,
          `${targets.slice(0, -1)}!`, // the character after the space
        )
        .filter(({ layer }) => this.#options.layers || layer === SHARED_LAYER);
      const imageOf = (row: LogRow) =>
        this.#images.get(row.image) ?? this.#subjects.get(`${level} ${subjectIn(row, questionId)}`);
      for (const [target, history] of this.#histories(rows, imageOf)) {
        const own = this.#ours.database.all<LogRow>(
          `${LOG} WHERE kind = 'answer' AND target = ? ORDER BY sequence`,
          target,
        );
        this.#compare(target, history, own);
      }
    });
  }

  /** One transaction with one entry of the audit for what it changed. */
  #piece(work: () => void): void {
    const before = { ...this.#counts };
    this.#ours.database.transaction(() => {
      work();
      const changes = this.#counts.changes - before.changes;
      const conflicts = this.#counts.conflicts - before.conflicts;
      const same = this.#counts.same - before.same;
      if (changes + conflicts + same === 0) return;
      this.#ours.audit.record("merge/labels", this.#ours.id, { project: this.#theirs.id, changes, conflicts, same });
    });
  }

  /** What they say, by what it is about; entries at images that are not taken in are left out. */
  #histories(rows: readonly LogRow[], imageOf: (row: LogRow) => OurImage | undefined): Map<string, History> {
    const found = new Map<string, History>();
    for (const row of rows) {
      const image = imageOf(row);
      if (image === undefined) continue;
      const change = this.#change(row, image);
      const target = targetOf(change);
      const said = this.#said(row);
      const known = found.get(target);
      if (known) known.said.push(said);
      else found.set(target, { change, image, said: [said] });
    }
    return found;
  }

  #said(row: LogRow): Said {
    const after = this.#words.state(row.kind, row.after === null ? null : (JSON.parse(row.after) as State));
    return { at: row.at, reader: this.#words.member(row.reader), after };
  }

  /** A change of the same thing in our project; its states are filled in later. */
  #change(row: LogRow, image: OurImage): Change {
    const common = { image: image.number, layer: row.layer, before: null, after: null };
    if (row.kind === "class") return { kind: "class", ...common };
    if (row.kind === "shape") return { kind: "shape", id: row.target.slice("shape ".length), ...common };
    const [, theirs = ""] = row.target.split(" ", 2);
    const subject = this.#words.subject(theirs, subjectIn(row, theirs));
    return { kind: "answer", questionId: this.#words.question(theirs), subject, ...common };
  }

  #compare(target: string, { change, image, said: theirs }: History, rows: readonly LogRow[]): void {
    const ours = rows.map(
      ({ at, reader, after }): Said => ({ at, reader, after: after === null ? null : (JSON.parse(after) as State) }),
    );
    const since = parted(ours, theirs);
    if (since.theirs.length === 0) return;
    if (since.ours.length === 0) {
      this.#receive(change, image, ours.at(-1)?.after ?? null, since.theirs);
      return;
    }
    this.#differ(target, change, image, { ours: ours.at(-1)!, said: since.theirs });
  }

  #receive(change: Change, image: OurImage, present: State, said: readonly Said[]): void {
    const last = said.at(-1)!.after;
    if (last !== null && "classId" in last && last.classId !== null) this.#words.revive(last.classId);
    let before = present;
    for (const { at, reader, after } of said) {
      if (change.kind === "shape" && after !== null) assertShape(after as ShapeState, image);
      before = this.#ours.labels.receive({ ...change, before, after } as Change, { at, reader });
      this.#counts.changes++;
    }
  }

  /** Both said something since. Ours stays; theirs is kept whole beside it. */
  #differ(
    target: string,
    change: Change,
    image: OurImage,
    { ours: last, said }: { ours: Said; said: readonly Said[] },
  ): void {
    const { database } = this.#ours;
    const digest = digestOf(said);
    if (database.one("SELECT 1 FROM merge_differences WHERE target = ? AND digest = ?", target, digest) !== undefined)
      return;
    const ours = last.after;
    const theirs = said.at(-1)!.after;
    const earlier = database.one<{ number: number; state: string; said: string; theirs: string }>(
      "SELECT number, state, said, theirs FROM merge_differences WHERE target = ? AND state <> 'superseded' ORDER BY number DESC LIMIT 1",
      target,
    );
    const known = earlier === undefined ? 0 : (JSON.parse(earlier.said) as Said[]).length;
    const goesOn = earlier !== undefined && known < said.length && asText(said.slice(0, known)) === earlier.said;
    let state = sameWords(ours, theirs) ? "same" : "open";
    if (goesOn) {
      // Theirs was chosen, nothing else was said here since, and they went on from it.
      const followed = earlier.state === "theirs" && sameState(ours, JSON.parse(earlier.theirs) as State);
      if (followed) {
        this.#receive(change, image, ours, said.slice(known));
        state = "theirs";
      }
      if (followed || earlier.state === "open") {
        database.run("UPDATE merge_differences SET state = 'superseded' WHERE number = ?", earlier.number);
      }
    }
    database.run(
      `INSERT INTO merge_differences (id, source, image, layer, kind, target, ours, ours_at, ours_by, theirs, said, digest, state)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      randomUUID(),
      this.#theirs.name,
      image.number,
      change.layer,
      change.kind,
      target,
      JSON.stringify(ours),
      last.at,
      last.reader,
      JSON.stringify(theirs),
      asText(said),
      digest,
      state,
    );
    if (state === "open") this.#counts.conflicts++;
    else if (state === "same") this.#counts.same++;
  }
}

const subjectIn = (row: LogRow, questionId: string) =>
  row.target.slice(`${answerTargets(questionId)}${row.layer} `.length);

/** A copy is opened with a key, but its author may be anybody: what it draws is checked like what a page draws. */
function assertShape({ frame, classId, geometry }: ShapeState, image: OurImage): void {
  const parsed = geometrySchema.safeParse(geometry);
  if (!parsed.success)
    throw new AppError(
      "labels/geometry-invalid",
      "The copy holds a shape that makes no sense, so it was not taken in.",
    );
  assertClass(parsed.data.kind, classId);
  assertFits(image, frame, parsed.data);
}
