// Labels of a project as files of other programs: what would be lost first, then a new folder with everything that is not.
//
// An export is whole or not there, overwrites nothing, and is one entry of the audit, written before the folder gets its name: labels carry
// names of images and UIDs out of the encrypted project, and somebody must be able to see when that happened.

import { AppError } from "../../../preload/contract/errors.ts";
import type { ExportPreview, ImageFilter, LabelExportReport, LabelFormatId } from "../../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../../preload/contract/labels.ts";
import type { Project } from "../../project/index.ts";
import { ExportSource } from "./export-source.ts";
import { FolderSink } from "./folder-sink.ts";
import type { LabelledImage } from "./format.ts";
import { formatOf } from "./index.ts";
import { countLosses, LossCounter } from "./losses.ts";

export interface ExportSelection {
  readonly format: LabelFormatId;
  /** default: every image */
  readonly filter?: ImageFilter;
  /** default: the layer that everybody shares */
  readonly layer?: string;
  readonly signal?: AbortSignal;
  /** images */
  readonly onProgress?: (done: number, total: number) => void;
}

class Tally {
  images = 0;
  labels = 0;
  readonly losses = new LossCounter();

  add(group: readonly LabelledImage[]): void {
    this.images += group.length;
    for (const { classId, shapes } of group) this.labels += shapes.length + (classId === null ? 0 : 1);
  }

  preview(hidden: number): ExportPreview {
    this.losses.add("image-hidden", null, hidden);
    return { images: this.images, labels: this.labels, losses: this.losses.list() };
  }
}

/** Throws app/aborted, and what reading the labels throws. */
export async function previewExport(project: Project, selection: ExportSelection): Promise<ExportPreview> {
  const { filter = {}, layer = SHARED_LAYER, signal, onProgress } = selection;
  const format = formatOf(selection.format);
  const source = new ExportSource(project, format.grouping, { filter, layer, signal, onProgress });
  const tally = new Tally();
  const names = new Map(project.labels.classes().map(({ id, name }) => [id, name]));
  for await (const group of source.groups()) {
    tally.add(group);
    countLosses(format, group, names, tally.losses);
  }
  return tally.preview(source.hidden);
}

/**
 * Writes the labels to `folder`, which must not be there yet. Throws labels/target-exists, labels/not-exportable where nothing would be in it,
 * project/read-only, project/disk-full, app/aborted.
 */
export async function exportLabels(
  project: Project,
  selection: ExportSelection & { readonly folder: string },
): Promise<LabelExportReport> {
  const { filter = {}, layer = SHARED_LAYER, signal, onProgress, folder } = selection;
  const format = formatOf(selection.format);
  const sink = new FolderSink(folder);
  try {
    const source = new ExportSource(project, format.grouping, { filter, layer, signal, onProgress });
    const tally = new Tally();
    const classes = project.labels.classes();
    const names = new Map(classes.map(({ id, name }) => [id, name]));
    await format.write({
      classes,
      sink,
      images: () => source.images(),
      async *groups() {
        for await (const group of source.groups()) {
          tally.add(group);
          countLosses(format, group, names, tally.losses);
          const written = group.filter(({ image }) => (format.refuses?.(image) ?? null) === null);
          if (written.length > 0) yield written;
        }
      },
    });
    if (sink.files === 0) {
      throw new AppError("labels/not-exportable", "None of these images has a label that this format can hold.");
    }
    const { images, labels, losses } = tally.preview(source.hidden);
    const { files, bytes } = sink;
    project.audit.record("label/export", "", {
      format: format.id,
      layer,
      images,
      labels,
      losses: losses.map(({ code, kind, count }) => ({ code, kind, count })),
      files,
      identifiers: "Names and identifiers of the images left the project with the labels.",
    });
    sink.finish();
    return { format: format.id, folder: sink.target, files, bytes, images, labels, losses };
  } catch (error) {
    sink.discard();
    throw error;
  }
}
