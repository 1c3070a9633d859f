// Adds images to the project, with the labels that came with them, and counts what happened.
//
// Invariants: an image that is there already is not added again; a label that a reader gave is never replaced by an import;
// an image and its labels are one transaction. Non-goals: finding files (import.ts) and reading formats (main/imaging).

import { randomUUID } from "node:crypto";
import type { DeidentificationReport, Geometry, ImportReport, ShapeInput } from "../../../preload/contract/index.ts";
import type { ImportedImage } from "../../imaging/types.ts";
import type { Project } from "../../project/index.ts";

export interface ImportedLabels {
  className: string | null;
  /** of the finding, in the class `className` */
  shapes?: readonly Geometry[];
}

const byName = new Intl.Collator("en", { numeric: true });

const emptyReport = (): ImportReport => ({
  imported: 0,
  duplicates: 0,
  labelled: 0,
  deidentified: 0,
  actions: {},
  refused: [],
});

export class Importer {
  readonly report: ImportReport = emptyReport();
  readonly #project: Project;

  constructor(project: Project) {
    this.#project = project;
  }

  /** Adds images and their labels in one transaction: all of them, or none when it throws. */
  addAll(images: readonly { image: ImportedImage; labels: ImportedLabels }[]): void {
    const { images: kept, labels: given } = this.#project;
    let imported = 0;
    let labelled = 0;
    const reports: DeidentificationReport[] = [];
    this.#project.transaction(() => {
      const fresh: { imageId: string; className: string; labels: ImportedLabels }[] = [];
      for (const { image, labels } of images) {
        const { id, added } = kept.add(image);
        if (added) {
          imported += 1;
          if (image.deidentified) {
            this.#project.deidentification.addReport(id, image.deidentified);
            reports.push(image.deidentified);
          }
        }
        const { className } = labels;
        if (className !== null && given.forImage(id).classId === null) fresh.push({ imageId: id, className, labels });
      }
      // New classes get their order from their names, not from the file that came first.
      fresh.sort((a, b) => byName.compare(a.className, b.className));
      labelled = given.importClasses(fresh).labelled;
      given.importShapes(
        fresh.flatMap(({ imageId, labels: { shapes = [] } }): ShapeInput[] => {
          const { classId } = given.forImage(imageId);
          const common = { imageId, frame: 0, classId, attributes: {}, track: null, source: "import" };
          return shapes.map((geometry) => ({ ...common, id: randomUUID(), geometry }));
        }),
      );
    });
    this.report.imported += imported;
    this.report.duplicates += images.length - imported;
    this.report.labelled += labelled;
    this.report.deidentified += reports.length;
    const { actions } = this.report;
    for (const { counts } of reports) {
      for (const [done, count] of Object.entries(counts)) actions[done] = (actions[done] ?? 0) + count;
    }
  }
}
