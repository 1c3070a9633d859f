// The labelled images of an export, one group after the other: ids first, everything else when its turn comes.
//
// So a project of 100 000 images costs as much memory as one with a hundred. Labels that the person may not see yet (reading/hidden) are left
// out and counted. Each image is read at one moment; an export beside a reader at work is no single moment of the whole project.

import { setImmediate } from "node:timers/promises";
import { AppError } from "../../../preload/contract/errors.ts";
import type { ImageFilter, ImageLabels, ImageSummary } from "../../../preload/contract/index.ts";
import type { Project, SeriesImage } from "../../project/index.ts";
import { ExportNames } from "./export-names.ts";
import type { ExportImage, Grouping, ImageHeader, LabelledImage } from "./format.ts";

/** Images that are listed at a time, and after how many others get their turn. */
const PAGE = 2000;
const TURN = 50;

export interface SourceOptions {
  readonly filter: ImageFilter;
  readonly layer: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export class ExportSource {
  /** images whose labels the person may not see yet */
  hidden = 0;
  readonly total: number;
  readonly #project: Project;
  readonly #options: SourceOptions;
  readonly #grouping: Grouping;
  readonly #names: ExportNames;
  readonly #words: ReturnType<Project["attributes"]["words"]>;

  constructor(project: Project, grouping: Grouping, options: SourceOptions) {
    this.#project = project;
    this.#grouping = grouping;
    this.#options = options;
    this.#words = project.attributes.words();
    this.#names = new ExportNames(project.images.names());
    this.total = project.images.list(options.filter, "imported", 0, 0).total;
  }

  async *images(): AsyncGenerator<ExportImage> {
    let asked = 0;
    for (const image of this.#summaries()) {
      if (++asked % TURN === 0) await this.#turn();
      yield this.#exportImage(image, () => this.#header(image, null));
    }
  }

  /** Hidden images are counted anew each time. */
  async *groups(): AsyncGenerator<readonly LabelledImage[]> {
    this.hidden = 0;
    let done = 0;
    for (const group of this.#grouped()) {
      const series = new Map<string, SeriesImage>();
      const labelled: LabelledImage[] = [];
      for (const image of group) {
        if (++done % TURN === 0) await this.#turn();
        const labels = this.#labels(image.id);
        if (labels === null) this.hidden++;
        else {
          const { classId, classReader } = labels;
          const answers = labels.answers.map(({ questionId, level, subject }) =>
            JSON.stringify([questionId, level, subject]),
          );
          const shapes = labels.shapes.map((shape) => ({ ...shape, attributes: this.#words(shape.attributes) }));
          const exported = this.#exportImage(image, () => this.#header(image, series));
          labelled.push({ image: exported, classId, classReader, shapes, answers });
        }
        this.#options.onProgress?.(done, this.total);
      }
      if (labelled.length > 0) yield labelled;
    }
  }

  #labels(id: string): ImageLabels | null {
    try {
      return this.#project.labels.forImage(id, this.#options.layer);
    } catch (error) {
      if (error instanceof AppError && error.code === "reading/hidden") return null;
      throw error;
    }
  }

  async #turn(): Promise<void> {
    await setImmediate();
    if (this.#options.signal?.aborted) {
      throw new AppError("app/aborted", "The export was stopped; nothing was written.");
    }
  }

  *#summaries(): Generator<ImageSummary> {
    for (let offset = 0; ; offset += PAGE) {
      const { items } = this.#project.images.list(this.#options.filter, "imported", offset, PAGE);
      yield* items;
      if (items.length < PAGE) return;
    }
  }

  *#grouped(): Generator<readonly ImageSummary[]> {
    if (this.#grouping === "image") {
      for (const image of this.#summaries()) yield [image];
      return;
    }
    const groups = new Map<string, string[]>();
    for (const { id, patient, study, series } of this.#summaries()) {
      const uid = this.#grouping === "series" ? series : study;
      const key = uid === "" ? id : JSON.stringify([patient, study, this.#grouping === "series" ? series : ""]);
      const present = groups.get(key);
      if (present) present.push(id);
      else groups.set(key, [id]);
    }
    for (const ids of groups.values()) {
      yield this.#project.images.list({ ids }, "imported", 0, ids.length).items;
    }
  }

  #exportImage(image: ImageSummary, header: () => ImageHeader): ExportImage {
    let read: ImageHeader | null = null;
    return {
      ...image,
      ...this.#names.of(image.id),
      header() {
        read ??= header();
        return read;
      },
    };
  }

  /** `series`: what is known already of the group's series. */
  #header(image: ImageSummary, series: Map<string, SeriesImage> | null): ImageHeader {
    let member = series?.get(image.id);
    if (member === undefined) {
      for (const other of this.#project.images.series(image.id)) {
        series?.set(other.id, other);
        if (other.id === image.id) member = other;
      }
    }
    const { pixels, geometry, instanceNumber } = member!;
    const tags = new Map(this.#project.images.get(image.id).tags.map(({ name, value }) => [name, value]));
    return { pixels, geometry, instanceNumber, tag: (keyword) => tags.get(keyword) ?? "" };
  }
}
