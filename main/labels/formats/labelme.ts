// LabelMe (github.com/wkentaro/labelme, version 5): a JSON file for each frame that has labels.
//
// Coordinates are ours. A box is a rectangle of two corners, a circle its centre and a point on it, a mask a small PNG between two corners whose
// pixels both count. The image's class is a flag of the file; of attributes, yes and no are flags of the shape, and a track that is a number is its group.

import type { AttributeValue, Geometry, Shape } from "../../../preload/contract/index.ts";
import { bytesOfMask, maskBounds, maskOfBytes } from "../masks/runs.ts";
import { ellipseRing } from "./figures.ts";
import {
  type ExportJob,
  type FoundImage,
  frameBase,
  framesWithShapes,
  type ImageIndex,
  invalid,
  type LabelFormat,
  type ReadItem,
} from "./format.ts";
import { isObject, type JsonObject, numbersIn, objectsIn, readJsonObject, textIn } from "./json.ts";
import { hasExtension, type LabelFile, withoutExtension } from "./label-files.ts";
import { decodeLabelPng, encodeIndexedPng } from "./label-png.ts";

const isGroup = (track: string) => /^(0|[1-9]\d{0,8})$/.test(track);
const isCircle = (geometry: Geometry) => geometry.kind === "ellipse" && geometry.radiusX === geometry.radiusY;

export const labelme: LabelFormat = {
  id: "labelme",
  extensions: [".json"],
  carries: {
    kinds: {
      box: "exact",
      ellipse: "approximated",
      polygon: "exact",
      polyline: "exact",
      point: "exact",
      length: "dropped",
      angle: "dropped",
      mask: "exact",
    },
    attributes: true,
    tracks: true,
    imageClass: true,
    source: false,
    reader: false,
  },
  grouping: "image",
  carriageOf: (geometry) => (isCircle(geometry) ? "exact" : labelme.carries.kinds[geometry.kind]),
  losses(group, count) {
    for (const { geometry, attributes, track } of group.flatMap(({ shapes }) => shapes)) {
      if (geometry.kind === "length" || geometry.kind === "angle") continue;
      if (Object.values(attributes).some((value) => typeof value !== "boolean")) count.add("attributes-dropped");
      if (track !== null && !isGroup(track)) count.add("track-dropped");
    }
  },
  write,
  *read(files, images) {
    const found = files.filter(({ path }) => hasExtension(path, ".json"));
    if (found.length === 0) throw invalid(files[0]?.path ?? "labels.json", "Expected .json files.");
    for (const file of found) yield* readFile(file, images);
  },
};

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  for await (const [{ image, classId, shapes }] of groups()) {
    const flags = classId === null ? {} : { [names.get(classId) ?? ""]: true };
    const frames = new Set([...(classId === null ? [] : [0]), ...framesWithShapes(shapes)]);
    for (const frame of frames) {
      const drawn = shapes
        .filter((shape) => shape.frame === frame)
        .flatMap((shape) => {
          const label = names.get(shape.classId ?? "");
          const figure = figureOf(shape.geometry);
          return label === undefined || figure === null ? [] : [{ label, ...figure, ...aboutOf(shape) }];
        });
      const document = {
        ...{ version: "5.4.1", flags: frame === 0 ? flags : {}, shapes: drawn },
        ...{ imagePath: image.base + image.extension, imageData: null },
        ...{ imageHeight: image.rows, imageWidth: image.columns },
      };
      sink.write(`${frameBase(image, frame)}.json`, `${JSON.stringify(document)}\n`);
    }
  }
}

function aboutOf({ attributes, track }: Shape): object {
  const flags = Object.fromEntries(Object.entries(attributes).filter(([, value]) => typeof value === "boolean"));
  return { group_id: track !== null && isGroup(track) ? Number(track) : null, description: "", flags };
}

const pairs = (points: readonly number[]) =>
  Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i], points[2 * i + 1]]);

/** null for what LabelMe cannot say. */
function figureOf(geometry: Geometry): object | null {
  const figure = (shape_type: string, points: readonly number[], mask: string | null = null) => ({
    ...{ shape_type, points: pairs(points) },
    ...(mask === null ? {} : { mask }),
  });
  switch (geometry.kind) {
    case "box": {
      const { x, y, width, height } = geometry;
      return figure("rectangle", [x, y, x + width, y + height]);
    }
    case "ellipse":
      return isCircle(geometry)
        ? figure("circle", [geometry.x, geometry.y, geometry.x + geometry.radiusX, geometry.y])
        : figure("polygon", ellipseRing(geometry));
    case "polygon":
      return figure("polygon", geometry.points);
    case "polyline":
      return figure(geometry.points.length === 4 ? "line" : "linestrip", geometry.points);
    case "point":
      return figure("point", [geometry.x, geometry.y]);
    case "mask": {
      const bounds = maskBounds(geometry);
      if (bounds === null) return null;
      const { left, top, right, bottom } = bounds;
      const bytes = bytesOfMask(geometry);
      const [height, width] = [bottom - top, right - left];
      const cut = Uint8Array.from(
        { length: height * width },
        (_, i) => bytes[(top + Math.floor(i / width)) * geometry.columns + left + (i % width)],
      );
      const png = encodeIndexedPng(cut, height, width, [
        [0, 0, 0],
        [255, 255, 255],
      ]);
      return figure("mask", [left, top, right - 1, bottom - 1], Buffer.from(png).toString("base64"));
    }
    default:
      return null;
  }
}

function* readFile(file: LabelFile, images: ImageIndex): Generator<ReadItem> {
  const root = readJsonObject(file);
  if (!Array.isArray(root.shapes)) throw invalid(file.path, `Expected the list "shapes" of a LabelMe file.`);
  const image =
    images.byName(withoutExtension(file.path, ".json") ?? file.path) ?? images.byName(textIn(root.imagePath) ?? "");
  if (image === null) {
    yield { say: "unmatched", file: file.path };
    return;
  }
  const { imageHeight, imageWidth } = root;
  if ((imageHeight ?? image.rows) !== image.rows || (imageWidth ?? image.columns) !== image.columns) {
    yield { say: "refused", file: file.path, reason: "size-differs" };
    return;
  }
  const where = { file: file.path, imageId: image.id };
  const given = isObject(root.flags) ? Object.entries(root.flags).filter(([, value]) => value === true) : [];
  const [flag] = given;
  // Several flags are no class: nobody says which.
  if (given.length > 1) yield { say: "refused", file: file.path, reason: "class-name-invalid" };
  else if (flag !== undefined) yield { say: "class", ...where, className: flag[0] };
  for (const shape of objectsIn(file.path, root, "shapes")) {
    const label = textIn(shape.label);
    if (label === null) throw invalid(file.path, "A shape has no label.");
    const geometry = geometryOf(file.path, shape, image);
    if (typeof geometry === "string") yield { say: "refused", file: file.path, reason: geometry };
    else {
      const track = typeof shape.group_id === "number" ? String(shape.group_id) : null;
      const attributes: Record<string, AttributeValue> = Object.fromEntries(
        Object.entries(isObject(shape.flags) ? shape.flags : {}).filter(
          (entry): entry is [string, boolean] => typeof entry[1] === "boolean",
        ),
      );
      yield { say: "shape", ...where, frame: image.frame, className: label, geometry, attributes, track };
    }
  }
}

function geometryOf(
  file: string,
  shape: JsonObject,
  image: FoundImage,
): Geometry | "geometry-invalid" | "kind-unknown" | "size-differs" {
  const listed = Array.isArray(shape.points) ? shape.points.map(numbersIn) : [];
  const points = listed.flatMap((pair) => (pair?.length === 2 ? pair : [Number.NaN]));
  if (!points.every(Number.isFinite)) return "geometry-invalid";
  const [x0 = Number.NaN, y0 = Number.NaN, x1 = Number.NaN, y1 = Number.NaN] = points;
  switch (shape.shape_type ?? "polygon") {
    case "rectangle":
      return {
        kind: "box",
        x: Math.min(x0, x1),
        y: Math.min(y0, y1),
        width: Math.abs(x1 - x0),
        height: Math.abs(y1 - y0),
      };
    case "circle": {
      const radius = Math.hypot(x1 - x0, y1 - y0);
      return { kind: "ellipse", x: x0, y: y0, radiusX: radius, radiusY: radius, angle: 0 };
    }
    case "polygon":
      return { kind: "polygon", points };
    case "line":
    case "linestrip":
      return { kind: "polyline", points };
    case "point":
      return { kind: "point", x: x0, y: y0 };
    case "mask":
      return maskOf(file, textIn(shape.mask), Math.round(x0), Math.round(y0), image);
    default:
      return "kind-unknown";
  }
}

function maskOf(
  file: string,
  base64: string | null,
  left: number,
  top: number,
  { rows, columns }: FoundImage,
): Geometry | "geometry-invalid" | "size-differs" {
  if (base64 === null) return "geometry-invalid";
  const cut = decodeLabelPng(file, new Uint8Array(Buffer.from(base64, "base64")));
  const step = cut.colour ? 3 : 1;
  if (!(left >= 0 && top >= 0 && left + cut.columns <= columns && top + cut.rows <= rows)) return "size-differs";
  const bytes = new Uint8Array(rows * columns);
  for (let i = 0; i < cut.rows * cut.columns; i++) {
    if (cut.values[i * step] === 0) continue;
    bytes[(top + Math.floor(i / cut.columns)) * columns + left + (i % cut.columns)] = 1;
  }
  return { kind: "mask", rows, columns, runs: [...maskOfBytes(bytes, rows, columns).runs] };
}
