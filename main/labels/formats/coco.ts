// COCO (cocodataset.org, "Data format"): one annotations.json of detections, segmentations and keypoints.
//
// A frame is an image of the file; its number stands beside the name where there are several. Boxes, polygons and masks (compressed runs) come back as
// they were, points as keypoints. Attributes and tracks are written as CVAT does: an `attributes` object, with `track_id` in it.
// COCO counts from the image's upper left corner, as we do. Classes are named by `categories`; the whole image has none.

import type { AttributeValue, Geometry, Shape } from "../../../preload/contract/index.ts";
import { columnRuns, compressCounts, expandCounts, maskOfColumnRuns } from "./coco-rle.ts";
import { areaOf, boundsOf, ellipseRing } from "./figures.ts";
import {
  type ExportImage,
  type ExportJob,
  type FoundImage,
  type ImageIndex,
  invalid,
  type LabelFormat,
  type ReadItem,
} from "./format.ts";
import { attributesIn, isObject, type JsonObject, numbersIn, objectsIn, readJsonObject, textIn } from "./json.ts";
import { hasExtension, type LabelFile } from "./label-files.ts";

const FILE = "annotations.json";
const TRACK = "track_id";
/** Visibility of a keypoint that is there and seen. */
const SEEN = 2;

export const coco: LabelFormat = {
  id: "coco",
  extensions: [".json"],
  carries: {
    kinds: {
      box: "exact",
      ellipse: "approximated",
      polygon: "exact",
      polyline: "dropped",
      point: "exact",
      length: "dropped",
      angle: "dropped",
      mask: "exact",
    },
    attributes: true,
    tracks: true,
    imageClass: false,
    source: false,
    reader: false,
  },
  grouping: "image",
  write,
  *read(files, images) {
    const found = files.filter(({ path }) => hasExtension(path, ".json"));
    if (found.length === 0) throw invalid(files[0]?.path ?? FILE, "Expected a .json file.");
    for (const file of found) yield* readFile(file, images);
  },
};

async function write({ classes, sink, images, groups }: ExportJob): Promise<void> {
  const file = sink.open(FILE);
  const category = new Map(classes.map(({ id }, i) => [id, i + 1]));
  const named = classes.map(({ name }, i) => ({
    ...{ id: i + 1, name, supercategory: "" },
    ...{ keypoints: ["point"], skeleton: [] },
  }));
  file.write(`{"info":{"description":"Labels from Loupe","version":"1"},\n"licenses":[],\n"categories":`);
  file.write(`${JSON.stringify(named)},\n"images":[`);
  const list = (first: boolean, entry: object) => file.write(`${first ? "\n" : ",\n"}${JSON.stringify(entry)}`);
  /** number of an image's first frame */
  const numbers = new Map<string, number>();
  let next = 1;
  for await (const image of images()) {
    numbers.set(image.id, next);
    for (let frame = 0; frame < image.frames; frame++) {
      list(next === 1, imageEntry(image, frame, next));
      next++;
    }
  }
  file.write(`],\n"annotations":[`);
  let number = 0;
  for await (const [{ image, shapes }] of groups()) {
    for (const shape of shapes) {
      const figure = figureOf(shape);
      const [first, categoryId] = [numbers.get(image.id), category.get(shape.classId ?? "")];
      if (figure === null || first === undefined || categoryId === undefined) continue;
      number++;
      const { iscrowd, ...attributes } = shape.attributes;
      if (shape.track !== null) attributes[TRACK] = shape.track;
      const about = { id: number, image_id: first + shape.frame, category_id: categoryId };
      const others = Object.keys(attributes).length > 0 ? { attributes } : {};
      list(number === 1, { ...about, ...figure, iscrowd: iscrowd === true ? 1 : 0, ...others });
    }
  }
  file.write("]}\n");
  file.close();
}

function imageEntry({ base, extension, rows, columns, frames }: ExportImage, frame: number, id: number): object {
  const entry = { id, file_name: base + extension, width: columns, height: rows };
  return frames > 1 ? { ...entry, frame } : entry;
}

/** null for what COCO cannot say. */
function figureOf({ geometry }: Shape): object | null {
  const bounds = boundsOf(geometry);
  if (bounds === null) return null;
  const about = { bbox: [bounds.x, bounds.y, bounds.width, bounds.height], area: areaOf(geometry) };
  switch (geometry.kind) {
    case "box":
      return { segmentation: [], ...about };
    case "polygon":
      return { segmentation: [geometry.points], ...about };
    case "ellipse":
      return { segmentation: [ellipseRing(geometry)], ...about };
    case "mask": {
      const counts = compressCounts(columnRuns(geometry));
      return { segmentation: { size: [geometry.rows, geometry.columns], counts }, ...about };
    }
    case "point":
      return { segmentation: [], keypoints: [geometry.x, geometry.y, SEEN], num_keypoints: 1, ...about };
    default:
      return null;
  }
}

interface Category {
  readonly name: string;
  readonly keypoints: readonly string[];
}

function* readFile(file: LabelFile, images: ImageIndex): Generator<ReadItem> {
  const root = readJsonObject(file);
  if (!Array.isArray(root.annotations) || !Array.isArray(root.images)) {
    throw invalid(file.path, `Expected the lists "images" and "annotations" of a COCO file.`);
  }
  const categories = new Map<number, Category>();
  for (const { id, name, keypoints } of objectsIn(file.path, root, "categories")) {
    if (typeof id !== "number" || typeof name !== "string")
      throw invalid(file.path, "A category has no id or no name.");
    const names = Array.isArray(keypoints) ? keypoints.filter((point) => typeof point === "string") : [];
    categories.set(id, { name, keypoints: names });
  }
  const known = new Map<number, FoundImage>();
  const unknown = new Map<number, string>();
  for (const { id, file_name, width, height, frame } of objectsIn(file.path, root, "images")) {
    const name = textIn(file_name);
    if (typeof id !== "number" || name === null) throw invalid(file.path, "An image has no id or no file_name.");
    const found = images.byName(name);
    if (found === null) {
      unknown.set(id, name);
      yield { say: "unmatched", file: name };
    } else if (found.columns !== (width ?? found.columns) || found.rows !== (height ?? found.rows)) {
      unknown.set(id, name);
      yield { say: "refused", file: name, reason: "size-differs" };
    } else known.set(id, typeof frame === "number" ? { ...found, frame } : found);
  }
  for (const annotation of objectsIn(file.path, root, "annotations")) {
    const { image_id, category_id } = annotation;
    if (typeof image_id !== "number" || typeof category_id !== "number") {
      throw invalid(file.path, "An annotation has no image_id or no category_id.");
    }
    const image = known.get(image_id);
    const category = categories.get(category_id);
    if (image === undefined) {
      if (!unknown.has(image_id)) throw invalid(file.path, "An annotation is of an image that the file does not list.");
      continue;
    }
    if (category === undefined) throw invalid(file.path, "An annotation is of a category that the file does not list.");
    yield* itemsOf(file.path, annotation, image, category);
  }
}

function* itemsOf(
  file: string,
  annotation: JsonObject,
  image: FoundImage,
  { name: className, keypoints }: Category,
): Generator<ReadItem> {
  const { [TRACK]: trackId, ...given } = attributesIn(annotation.attributes);
  const attributes: Record<string, AttributeValue> = annotation.iscrowd === 1 ? { ...given, iscrowd: true } : given;
  const track = trackId === undefined ? null : String(trackId);
  const common = { say: "shape" as const, file, imageId: image.id, frame: image.frame, className, track };
  const figures = geometriesOf(annotation, image);
  if (figures === null) {
    yield { say: "refused", file, reason: "geometry-invalid" };
    return;
  }
  for (const geometry of figures) yield { ...common, geometry, attributes };
  const points = numbersIn(annotation.keypoints) ?? [];
  for (let i = 0; i + 2 < points.length; i += 3) {
    if (points[i + 2] === 0) continue;
    const keypoint = keypoints.length > 1 ? keypoints[i / 3] : undefined;
    const named = keypoint === undefined ? attributes : { ...attributes, keypoint };
    yield { ...common, geometry: { kind: "point", x: points[i], y: points[i + 1] }, attributes: named };
  }
}

/** Several polygons are several shapes. null for a figure that cannot be read; empty where keypoints are all there is. */
function geometriesOf(annotation: JsonObject, { rows, columns }: FoundImage): Geometry[] | null {
  const { segmentation, bbox, keypoints } = annotation;
  if (Array.isArray(segmentation) && segmentation.length > 0) {
    const polygons = segmentation.map(numbersIn);
    return polygons.some((points) => points === null || points.length < 6)
      ? null
      : polygons.map((points) => ({ kind: "polygon", points: points! }));
  }
  if (isObject(segmentation)) {
    const { size, counts } = segmentation;
    const [height, width] = numbersIn(size) ?? [];
    if (height !== rows || width !== columns) return null;
    const runs = typeof counts === "string" ? expandCounts(counts) : numbersIn(counts);
    const mask = runs && maskOfColumnRuns(runs, rows, columns);
    return mask && [{ kind: "mask", rows, columns, runs: [...mask.runs] }];
  }
  if (Array.isArray(keypoints)) return [];
  const [x, y, width, height] = numbersIn(bbox) ?? [];
  return height === undefined ? null : [{ kind: "box", x, y, width, height }];
}
