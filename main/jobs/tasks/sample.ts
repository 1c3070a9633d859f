// The sample project: chest phantoms drawn by our own code, as DICOM files that are read back like anybody's.
//
// They never touch the disk as files. Their labels are recorded as the present reader's, because the drawing knows the truth.

import { setImmediate } from "node:timers/promises";
import { AppError, type ImportReport } from "../../../preload/contract/index.ts";
import { drawPhantom } from "../../imaging/phantoms/phantom.ts";
import { readImages } from "../../imaging/read.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Importer } from "./importer.ts";
import { Pace } from "./pace.ts";

/** In the order of a clinical question: the finding that is looked for comes last, so it is the positive class. */
const CLASSES = ["normal", "lesion"] as const;
/** Images written in one transaction; between two the work can be stopped. */
const BATCH = 16;

export async function importSample(task: TaskOf<"sample">, context: TaskContext): Promise<ImportReport> {
  const importer = new Importer(context.project);
  const { labels } = context.project;
  for (const name of CLASSES) if (!labels.classes().some((known) => known.name === name)) labels.saveClass({ name });
  const pace = new Pace();
  for (let start = 0; start < task.images; start += BATCH) {
    await setImmediate();
    if (context.signal.aborted) throw new AppError("app/aborted", "Drawing the sample was stopped.");
    const batch = [];
    for (let index = start; index < Math.min(start + BATCH, task.images); index += 1) {
      const { fileName, bytes, className, mask, box } = drawPhantom({ index, seed: task.seed });
      const images = readImages({ name: fileName, bytes });
      const shapes = [mask, box].filter((shape) => shape !== null);
      batch.push(...images.map((image) => ({ image, labels: { className, shapes } })));
    }
    importer.addAll(batch);
    context.progress(pace.at(start + batch.length, task.images, "images", "drawing"));
    context.changed("images");
  }
  return importer.report;
}
