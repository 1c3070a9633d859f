// PNG masks: a picture for each frame with labels, whose samples are class numbers and whose palette are the classes' colours.
//
// classes.json says which number is which class. Pictures of others may be grey (the value is the number) or coloured, where classes.json
// knows the colours. A pixel has one class: what was drawn later lies on top, and shapes of one class become one.

import { AppError } from "../../../preload/contract/errors.ts";
import {
  type ExportJob,
  frameBase,
  framesWithShapes,
  type ImageIndex,
  invalid,
  type LabelFormat,
  type ReadItem,
} from "./format.ts";
import { readJsonObject } from "./json.ts";
import { hasExtension, type LabelFile, type LabelFiles, withoutExtension } from "./label-files.ts";
import { decodeLabelPng, encodeIndexedPng, type LabelPicture, type Rgb } from "./label-png.ts";
import {
  classNumbers,
  countMapLosses,
  hasInside,
  masksOfValues,
  nameOfValue,
  namesIn,
  paintFrame,
} from "./labelmap.ts";

const FOLDER = "masks/";
/** 256 colours (PNG 11.2.3), one of them for nothing. */
const MOST_CLASSES = 255;

export const pngMasks: LabelFormat = {
  id: "png",
  extensions: [".png"],
  carries: {
    kinds: {
      box: "approximated",
      ellipse: "approximated",
      polygon: "approximated",
      polyline: "dropped",
      point: "dropped",
      length: "dropped",
      angle: "dropped",
      mask: "exact",
    },
    attributes: false,
    tracks: false,
    imageClass: false,
    source: false,
    reader: false,
  },
  grouping: "image",
  losses: (group, count) => countMapLosses(group, count),
  write,
  read,
};

const rgbOf = (color: string): Rgb => {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  if (classes.length > MOST_CLASSES) {
    throw new AppError("labels/not-exportable", `A PNG mask has room for ${MOST_CLASSES} classes.`);
  }
  const numbers = classNumbers(classes);
  const palette: Rgb[] = [[0, 0, 0], ...classes.map(({ color }) => rgbOf(color))];
  const named = classes.map(({ name, color }, i) => ({ value: i + 1, name, color }));
  sink.write("classes.json", `${JSON.stringify({ classes: named }, null, 2)}\n`);
  for await (const [{ image, shapes }] of groups()) {
    const drawn = shapes.filter(({ geometry }) => hasInside(geometry));
    for (const frame of framesWithShapes(drawn)) {
      const here = drawn.filter((shape) => shape.frame === frame);
      const values = Uint8Array.from(paintFrame(here, numbers, image).values);
      sink.write(
        `${FOLDER}${frameBase(image, frame)}.png`,
        encodeIndexedPng(values, image.rows, image.columns, palette),
      );
    }
  }
}

function* read(files: LabelFiles, images: ImageIndex): Generator<ReadItem> {
  const pictures = files.filter(({ path }) => hasExtension(path, ".png"));
  if (pictures.length === 0) throw invalid(files[0]?.path ?? FOLDER, "Expected .png files.");
  const about = files.find(({ path }) => /(^|\/)(classes|labels|dataset)\.json$/i.test(path));
  const root = about === undefined ? {} : readJsonObject(about);
  const names = namesIn(root);
  const colors = colorsIn(root);
  for (const file of pictures) yield* readPicture(file, images, names, colors);
}

function* readPicture(
  file: LabelFile,
  images: ImageIndex,
  names: ReadonlyMap<number, string>,
  colors: ReadonlyMap<number, number>,
): Generator<ReadItem> {
  const name = withoutExtension(file.path, ".png") ?? file.path;
  const image = images.byName(name.startsWith(FOLDER) ? name.slice(FOLDER.length) : name);
  if (image === null) {
    yield { say: "unmatched", file: file.path };
    return;
  }
  const picture = decodeLabelPng(file.path, file.bytes());
  if (picture.rows !== image.rows || picture.columns !== image.columns) {
    yield { say: "refused", file: file.path, reason: "size-differs" };
    return;
  }
  const values = picture.colour ? valuesOfColours(file.path, picture, colors) : picture.values;
  const where = { file: file.path, imageId: image.id, frame: image.frame };
  for (const [value, { rows, columns, runs }] of masksOfValues(values, image.rows, image.columns)) {
    const geometry = { kind: "mask" as const, rows, columns, runs: [...runs] };
    yield { say: "shape", ...where, className: nameOfValue(names, value), geometry };
  }
}

/** Number of each colour, red in the highest byte. */
function colorsIn(root: { readonly [key: string]: unknown }): Map<number, number> {
  const colors = new Map<number, number>([[0, 0]]);
  for (const entry of Array.isArray(root.classes) ? (root.classes as unknown[]) : []) {
    if (typeof entry !== "object" || entry === null) continue;
    const { value, color } = entry as { value?: unknown; color?: unknown };
    if (typeof value !== "number" || typeof color !== "string" || !/^#[0-9a-f]{6}$/i.test(color)) continue;
    colors.set(Number.parseInt(color.slice(1), 16), value);
  }
  return colors;
}

function valuesOfColours(file: string, { values, rows, columns }: LabelPicture, colors: ReadonlyMap<number, number>) {
  return Uint16Array.from({ length: rows * columns }, (_, i) => {
    const value = colors.get((values[3 * i] << 16) | (values[3 * i + 1] << 8) | values[3 * i + 2]);
    if (value === undefined) throw invalid(file, "The picture has colours that no classes.json gives a class to.");
    return value;
  });
}
