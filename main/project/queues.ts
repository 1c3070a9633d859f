// Queues of active learning: work lists whose cases a strategy or chance chose, with what the models said of each before it was read.
//
// The arm of a case never leaves this room with the case: readers who knew it would read otherwise. What leaves are whole rounds, for figures, and only to
// whom the answers of their lists are not hidden.

import { AppError } from "../../preload/contract/errors.ts";
import type { ImageFilter, QueueStrategy, WorkList } from "../../preload/contract/index.ts";
import type { Adjudication } from "./adjudication.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Images } from "./images.ts";
import { type Reading, STACKED, type WorkListInput } from "./reading.ts";

export interface QueueCase {
  readonly imageId: string;
  readonly arm: "active" | "random";
  /** of the round's classes */
  readonly probabilities: readonly number[];
  /** index of the class that was decided for */
  readonly predicted: number;
}

export interface NewQueue extends Omit<WorkListInput, "imageIds" | "modelId" | "commitFirst"> {
  readonly cases: readonly QueueCase[];
  readonly strategy: QueueStrategy;
  readonly modelIds: readonly string[];
  /** names, in the order of the probabilities */
  readonly classes: readonly string[];
  readonly seed: number;
}

/** A case whose class is known by now. */
export interface RoundCase {
  readonly arm: "active" | "random";
  readonly patient: string;
  readonly predicted: number;
  /** index of the class that readers gave; -1 where the models know none of that name */
  readonly truth: number;
  readonly probabilities: readonly number[];
}

export interface QueueRound {
  readonly listId: string;
  readonly name: string;
  readonly createdAt: string;
  readonly strategy: QueueStrategy;
  readonly modelIds: readonly string[];
  readonly seed: number;
  /** images of the project that had a label when the queue was made */
  readonly labelled: number;
  readonly cases: number;
  /** null while the list's answers are hidden from the person */
  readonly read: readonly RoundCase[] | null;
}

interface RoundRow {
  readonly list: number;
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly strategy: QueueStrategy;
  readonly models: string;
  readonly classes: string;
  readonly seed: number;
  readonly labelled: number;
}

export class Queues {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #images: Images;
  readonly #reading: Reading;
  readonly #adjudication: Adjudication;

  constructor(database: ProjectDatabase, audit: Audit, images: Images, reading: Reading, adjudication: Adjudication) {
    this.#database = database;
    this.#audit = audit;
    this.#images = images;
    this.#reading = reading;
    this.#adjudication = adjudication;
  }

  /** Ids of images that a queue can ask about: without a label, in no other queue, one of each stack; in the order of import. */
  pool(filter: ImageFilter): string[] {
    return this.#database.read(() => {
      const about = new Map(
        this.#database
          .all<{ id: string; series: string; modality: string; queued: number }>(
            `SELECT id, series, modality, number IN (
              SELECT work_cases.image FROM work_cases JOIN work_lists ON work_lists.number = work_cases.list AND removed = 0
              WHERE arm IS NOT NULL) AS queued FROM images`,
          )
          .map((row) => [row.id, row]),
      );
      const stackOf = ({ id, series, modality }: { id: string; series: string; modality: string }) =>
        STACKED.has(modality) && series !== "" ? series : id;
      const seen = new Set([...about.values()].filter(({ queued }) => queued === 1).map(stackOf));
      return this.#images.ids({ ...filter, labelled: false }).filter((id) => {
        const stack = stackOf(about.get(id)!);
        if (seen.has(stack)) return false;
        seen.add(stack);
        return true;
      });
    });
  }

  /** Throws as Reading.create. Suggestions are never shown: they would make readers agree with the model. */
  create({ cases, strategy, modelIds, classes, seed, ...input }: NewQueue): WorkList {
    return this.#database.transaction(() => {
      const { labelled } = this.#images.counts();
      const imageIds = cases.map(({ imageId }) => imageId);
      const list = this.#reading.create({ ...input, imageIds, commitFirst: false, modelId: null });
      if (list.cases !== cases.length) {
        throw new AppError(
          "app/invalid-input",
          "Cases of a queue must be of different stacks: take them from the pool.",
        );
      }
      const { number } = this.#database.one<{ number: number }>("SELECT number FROM work_lists WHERE id = ?", list.id)!;
      for (const [position, { arm, probabilities, predicted }] of cases.entries()) {
        this.#database.run(
          "UPDATE work_cases SET arm = ?, prediction = ? WHERE list = ? AND position = ?",
          arm,
          JSON.stringify({ probabilities, predicted }),
          number,
          position,
        );
      }
      this.#database.run(
        "INSERT INTO queue_rounds (list, strategy, models, classes, seed, labelled) VALUES (?, ?, ?, ?, ?, ?)",
        number,
        strategy,
        JSON.stringify(modelIds),
        JSON.stringify(classes),
        seed,
        labelled,
      );
      const random = cases.filter(({ arm }) => arm === "random").length;
      this.#audit.record("queue/create", list.id, {
        before: null,
        after: { name: list.name, strategy, modelIds: [...modelIds], seed, cases: cases.length, random, labelled },
      });
      return list;
    });
  }

  /** Oldest first. */
  rounds(): QueueRound[] {
    return this.#database.read(() => {
      const names = new Map(
        this.#database
          .all<{ id: string; name: string }>("SELECT id, name FROM label_classes")
          .map((c) => [c.id, c.name]),
      );
      return this.#database
        .all<RoundRow>(
          `SELECT list, id, name, created_at AS createdAt, strategy, models, classes, seed, labelled
          FROM queue_rounds JOIN work_lists ON work_lists.number = list WHERE removed = 0 ORDER BY list`,
        )
        .map(({ list, id: listId, models, classes, ...row }) => ({
          ...row,
          listId,
          modelIds: JSON.parse(models) as string[],
          cases: this.#database.one<{ count: number }>("SELECT count(*) AS count FROM work_cases WHERE list = ?", list)!
            .count,
          read: this.#read(list, listId, JSON.parse(classes) as string[], names),
        }));
    });
  }

  #read(
    list: number,
    listId: string,
    classes: readonly string[],
    names: ReadonlyMap<string, string>,
  ): RoundCase[] | null {
    const said = new Map(
      this.#database
        .all<{ position: number; arm: RoundCase["arm"]; prediction: string }>(
          "SELECT position, arm, prediction FROM work_cases WHERE list = ?",
          list,
        )
        .map((row) => [row.position, row]),
    );
    try {
      return this.#adjudication
        .cases(listId, "all")
        .flatMap(({ position, patient, decision, complete, answers }): RoundCase[] => {
          const given = new Set(answers.map(({ classId }) => classId));
          const agreed = complete && given.size === 1 ? answers[0]!.classId : null;
          const classId = decision ? decision.classId : agreed;
          if (classId === null) return [];
          const { arm, prediction } = said.get(position)!;
          const { probabilities, predicted } = JSON.parse(prediction) as Pick<QueueCase, "probabilities" | "predicted">;
          return [{ arm, patient, probabilities, predicted, truth: classes.indexOf(names.get(classId) ?? "") }];
        });
    } catch (error) {
      if (error instanceof AppError && error.code === "reading/hidden") return null;
      throw error;
    }
  }
}
