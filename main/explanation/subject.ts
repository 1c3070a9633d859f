// What is explained: a model of the project opened for maps, a frame as it reads it, and what readers drew there.
import { AppError, type ImageLabels, type Model, SHARED_LAYER } from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage } from "../imaging/prepare.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import { maskOfGeometry } from "../labels/formats/figures.ts";
import { eachStretch } from "../labels/masks/runs.ts";
import type { Project } from "../project/project.ts";

/** A model's own graph, and the one whose gradients stand for it: of a model in 8-bit codes the nearest ancestor in real numbers. */
export function graphsOf(project: Project, model: Model): { graph: Graph; differentiable: Graph } {
  const graph = readOnnx(project.models.onnx(model.id));
  let differentiable = graph;
  let parent = model.parentId;
  while (inCodes(differentiable) && parent !== null) {
    differentiable = readOnnx(project.models.onnx(parent));
    parent = project.models.get(parent).parentId;
  }
  return { graph, differentiable };
}

function inCodes({ nodes }: Graph): boolean {
  return nodes.some(({ op }) => op === "QuantizeLinear" || op === "DequantizeLinear");
}

/** A frame as the model reads it, and its size. Errors: app/not-found; imaging/*. */
export function pictureOf(project: Project, model: Model, imageId: string, frame: number) {
  const { frame: kept, pixels, encoding } = project.images.frame(imageId, frame);
  const image = prepareImage(decodeFrame(kept, pixels, encoding as FrameEncoding), pixels, model.input);
  return { image, rows: pixels.rows, columns: pixels.columns };
}

/** The frame that training looked at. */
export function middleFrame(project: Project, imageId: string): number {
  return project.images.get(imageId).pixels.frames >> 1;
}

/**
 * Pixels of a frame inside the shapes of a class in the shared layer, 0 or 1; null where there are none. Masks and outlines say more than boxes: where a
 * class has both, boxes are left out.
 */
export function markedBy(
  { shapes }: Pick<ImageLabels, "shapes">,
  classId: string,
  frame: number,
  rows: number,
  columns: number,
): Uint8Array | null {
  const own = shapes.filter((shape) => shape.classId === classId && shape.frame === frame);
  const exact = own.filter(({ geometry: { kind } }) => kind === "mask" || kind === "polygon" || kind === "ellipse");
  const marked = new Uint8Array(rows * columns);
  let any = false;
  for (const { geometry } of exact.length > 0 ? exact : own) {
    const mask = maskOfGeometry(geometry, rows, columns);
    if (mask === null) continue;
    eachStretch(mask, (start, end) => {
      marked.fill(1, start, end);
      any = true;
    });
  }
  return any ? marked : null;
}

/** The same of an image of the project. */
export function markedIn(
  project: Project,
  imageId: string,
  classId: string,
  frame: number,
  rows: number,
  columns: number,
): Uint8Array | null {
  return markedBy(project.labels.forImage(imageId, SHARED_LAYER), classId, frame, rows, columns);
}

/** Errors: app/invalid-input for a class that the model does not have. */
export function requireClass(model: Model, classIndex: number | undefined): void {
  if (classIndex !== undefined && classIndex >= model.classes.length) {
    throw new AppError(
      "app/invalid-input",
      `The model has ${model.classes.length} classes; there is no class ${classIndex}.`,
    );
  }
}
