// Maps of many images beside what readers drew: does a model look where they looked, and would one that knows nothing?
import { availableParallelism } from "node:os";
import {
  AppError,
  type ExplanationMethod,
  type ExplanationReport,
  type ExplanationRow,
  type Overlap,
  type Part,
  type Progress,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import { itemsOfRun } from "../training/folds.ts";
import { SEED } from "./explain.ts";
import { askClass, Explainer } from "./explainer.ts";
import { mapOrFallback } from "./maps.ts";
import { overlapOf } from "./overlap.ts";
import { fullyRandomised } from "./randomisation.ts";
import { graphsOf, markedIn, middleFrame, pictureOf } from "./subject.ts";

/** Models that know nothing; images take turns with them, so that no single draw decides. */
const FORGOTTEN_MODELS = 3;

export interface PartRequest {
  project: Project;
  modelId: string;
  part: Part;
  methods: readonly ExplanationMethod[];
  /** Images at most, spread evenly over those with shapes. */
  limit: number;
  threads?: number;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

interface Found {
  readonly asked: ExplanationMethod;
  readonly method: ExplanationMethod;
  readonly classIndex: number;
  readonly trained: Overlap;
  readonly forgotten: Overlap;
}

/**
 * Explains the class that the snapshot gives each image of a part, where readers drew shapes of it, and says how maps and shapes agree. Blocks its thread:
 * child process. Errors: explanation/nothing-drawn; explanation/not-possible; app/not-found; app/aborted; imaging/*.
 */
export async function explainPart(request: PartRequest): Promise<ExplanationReport> {
  const { project, modelId, part, methods, limit, threads = availableParallelism(), signal, onProgress } = request;
  const model = project.models.get(modelId);
  const { recipe } = project.runs.get(model.runId);
  const items = itemsOfRun(project, model.snapshotId, recipe).filter((item) => item.part === part);
  const drawn = items.filter(({ imageId, classIndex }) => {
    const { id } = model.classes[classIndex]!;
    const frame = middleFrame(project, imageId);
    return project.labels.forImage(imageId).shapes.some(({ classId, frame: own, geometry: { kind } }) => {
      return classId === id && own === frame && AREAS.has(kind);
    });
  });
  if (drawn.length === 0) {
    throw new AppError(
      "explanation/nothing-drawn",
      `No image of the ${part} part has a box, outline or mask of its class. Draw some, or choose another part.`,
    );
  }
  const chosen = drawn.filter(
    (_, i) => Math.floor((i * limit) / drawn.length) !== Math.floor(((i - 1) * limit) / drawn.length),
  );
  const { graph, differentiable } = graphsOf(project, model);
  const trained = new Explainer({ graph, differentiable, threads, signal });
  const forgotten = Array.from({ length: FORGOTTEN_MODELS }, (_, draw) => {
    return new Explainer({ graph: fullyRandomised(differentiable, SEED + draw), threads, signal });
  });
  const found: Found[] = [];
  const began = performance.now();
  try {
    for (const [i, { imageId, classIndex }] of chosen.entries()) {
      const frame = middleFrame(project, imageId);
      const { image, rows, columns } = pictureOf(project, model, imageId, frame);
      const marked = markedIn(project, imageId, model.classes[classIndex]!.id, frame, rows, columns);
      const question = askClass(classIndex, model.classes.length);
      for (const asked of methods) {
        const { method, map } = await mapOrFallback(asked, { explainer: trained, image, question, seed: SEED });
        const other = await mapOrFallback(asked, {
          ...{ explainer: forgotten[i % FORGOTTEN_MODELS]!, image, question, seed: SEED },
        });
        const mine = marked && overlapOf(map, marked, rows, columns);
        const theirs = marked && overlapOf(other.map, marked, rows, columns);
        if (mine && theirs) found.push({ asked, method, classIndex, trained: mine, forgotten: theirs });
        // Messages, "cancel" among them, come in between maps.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const done = i + 1;
      const secondsLeft = ((performance.now() - began) / 1000 / done) * (chosen.length - done);
      onProgress?.({ done, total: chosen.length, unit: "images", secondsLeft, note: "explaining" });
    }
  } finally {
    for (const explainer of [trained, ...forgotten]) await explainer.dispose();
  }
  const rows = methods.flatMap((asked) =>
    model.classes.flatMap((_, classIndex) => {
      const own = found.filter((one) => one.asked === asked && one.classIndex === classIndex);
      return own.length > 0 ? [rowOf(own)] : [];
    }),
  );
  return {
    modelId,
    part,
    createdAt: new Date().toISOString(),
    images: chosen.length,
    without: items.length - drawn.length,
    rows,
  };
}

const AREAS: ReadonlySet<string> = new Set(["box", "ellipse", "polygon", "mask"]);

function rowOf(found: readonly Found[]): ExplanationRow {
  const { asked, method, classIndex } = found[0]!;
  const mean = (figure: (one: Found) => number) => found.reduce((sum, one) => sum + figure(one), 0) / found.length;
  return {
    ...{ asked, method, classIndex },
    images: found.length,
    pointing: mean(({ trained }) => Number(trained.pointing)),
    inside: mean(({ trained }) => trained.inside),
    iou: mean(({ trained }) => trained.iou),
    share: mean(({ trained }) => trained.share),
    randomisedPointing: mean(({ forgotten }) => Number(forgotten.pointing)),
    randomisedInside: mean(({ forgotten }) => forgotten.inside),
  };
}
