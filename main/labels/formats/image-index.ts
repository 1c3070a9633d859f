// The project's images as a reader of label files may ask for them: by name, by SOP instance, by series. Asked once, kept.

import type { Project } from "../../project/index.ts";
import { ExportNames } from "./export-names.ts";
import type { FoundImage, ImageIndex, IndexedImage } from "./format.ts";

export class ProjectImages implements ImageIndex {
  readonly #project: Project;
  readonly #names: ExportNames;
  readonly #bySop = new Map<string, string | null>();
  readonly #sopOf = new Map<string, string>();
  readonly #inSeries = new Map<string, string>();
  readonly #found = new Map<string, Omit<FoundImage, "frame">>();
  #series: { uid: string; images: readonly IndexedImage[] } | null = null;

  constructor(project: Project) {
    this.#project = project;
    this.#names = new ExportNames(project.images.names());
    for (const { id, series, sopInstance } of project.images.uids()) {
      // A SOP instance that is there twice is never guessed at.
      if (sopInstance !== "") this.#bySop.set(sopInstance, this.#bySop.has(sopInstance) ? null : id);
      this.#sopOf.set(id, sopInstance);
      if (series !== "" && !this.#inSeries.has(series)) this.#inSeries.set(series, id);
    }
  }

  byName(path: string): FoundImage | null {
    const found = this.#names.find(path);
    return found === null ? null : { ...this.#size(found.id), frame: found.frame };
  }

  bySop(uid: string): FoundImage | null {
    const id = this.#bySop.get(uid) ?? null;
    return id === null ? null : { ...this.#size(id), frame: 0 };
  }

  series(of: { imageId: string } | { uid: string }): readonly IndexedImage[] {
    const id = "imageId" in of ? of.imageId : this.#inSeries.get(of.uid);
    if (id === undefined) return [];
    if (this.#series?.images.some((image) => image.id === id)) return this.#series.images;
    const images = this.#project.images.series(id).map(({ id: member, rows, columns, frames, ...image }) => ({
      ...{ id: member, rows, columns, frames, frame: 0 },
      sopInstance: this.#sopOf.get(member) ?? "",
      geometry: image.geometry,
      instanceNumber: image.instanceNumber,
    }));
    this.#series = { uid: "uid" in of ? of.uid : "", images };
    return images;
  }

  #size(id: string): Omit<FoundImage, "frame"> {
    let size = this.#found.get(id);
    if (size === undefined) {
      const { rows, columns, frames } = this.#project.images.get(id);
      size = { id, rows, columns, frames };
      this.#found.set(id, size);
    }
    return size;
  }
}
