// YOLO (docs.ultralytics.com, "Object Detection Datasets" and "Instance Segmentation Datasets"): a text file for each frame with labels.
//
// A line is a class number and fractions of the picture's width and height: centre and size of a box, or the corners of a polygon. They are written
// with ten digits, so figures come back within a millionth of a pixel. Class names stand in data.yaml and in classes.txt; of YAML only
// what those files hold is read. What is not a box becomes its box; in the segmentation form, what has an inside becomes its outline.

import type { Carries, Geometry, LabelFormatId, Shape } from "../../../preload/contract/index.ts";
import { boundsOf, ringsOf } from "./figures.ts";
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
import { hasExtension, type LabelFile, type LabelFiles, withoutExtension } from "./label-files.ts";
import { hasInside } from "./labelmap.ts";

const DIGITS = 10;
const LABELS = "labels/";

const NOTHING = { attributes: false, tracks: false, imageClass: false, source: false, reader: false };
const LINES = { polyline: "dropped", point: "dropped", length: "dropped", angle: "dropped" } as const;

const format = (
  id: LabelFormatId,
  kinds: Pick<Carries["kinds"], "box" | "ellipse" | "polygon" | "mask">,
  linesOf: (shape: Shape) => readonly (readonly number[])[],
): LabelFormat => ({
  id,
  extensions: [".txt", ".yaml"],
  carries: { kinds: { ...LINES, ...kinds }, ...NOTHING },
  grouping: "image",
  write: (job) => write(job, linesOf),
  read,
});

export const yolo = format(
  "yolo",
  { box: "exact", ellipse: "approximated", polygon: "approximated", mask: "approximated" },
  ({ geometry }) => {
    const bounds = hasInside(geometry) ? boundsOf(geometry) : null;
    return bounds === null
      ? []
      : [[bounds.x + bounds.width / 2, bounds.y + bounds.height / 2, bounds.width, bounds.height]];
  },
);

export const yoloSegment = format(
  "yolo-segment",
  { box: "approximated", ellipse: "approximated", polygon: "exact", mask: "approximated" },
  ({ geometry }) => (ringsOf(geometry) ?? []).map(({ outer }) => outer),
);

async function write(
  { classes, sink, groups }: ExportJob,
  linesOf: (shape: Shape) => readonly (readonly number[])[],
): Promise<void> {
  const numbers = new Map(classes.map(({ id }, i) => [id, i]));
  // A class with a line's end in its name would be two.
  const names = classes.map(({ name }) => name.replace(/\s+/g, " "));
  sink.write("classes.txt", names.map((name) => `${name}\n`).join(""));
  const listed = names.map((name, i) => `  ${i}: ${JSON.stringify(name)}\n`).join("");
  sink.write("data.yaml", `path: .\ntrain: images\nval: images\nnames:\n${listed}`);
  for await (const [{ image, shapes }] of groups()) {
    for (const frame of framesWithShapes(shapes)) {
      const lines = shapes
        .filter((shape) => shape.frame === frame)
        .flatMap((shape) => linesOf(shape).map((values) => ({ number: numbers.get(shape.classId ?? ""), values })))
        .filter(({ number }) => number !== undefined)
        .map(({ number, values }) => [number, ...values.map((value, i) => fraction(value, i, image))].join(" "));
      if (lines.length > 0) sink.write(`${LABELS}${frameBase(image, frame)}.txt`, `${lines.join("\n")}\n`);
    }
  }
}

const fraction = (value: number, i: number, { rows, columns }: { rows: number; columns: number }) =>
  (value / (i % 2 === 0 ? columns : rows)).toFixed(DIGITS).replace(/\.?0+$/, "");

function* read(files: LabelFiles, images: ImageIndex): Generator<ReadItem> {
  const names = classNames(files);
  const isLabels = ({ path }: LabelFile) => hasExtension(path, ".txt") && `/${path}`.includes(`/${LABELS}`);
  const isText = ({ path }: LabelFile) =>
    hasExtension(path, ".txt") && !/(^|\/)(classes|train|val|test)\.txt$/i.test(path);
  const inFolder = files.filter(isLabels);
  for (const file of inFolder.length > 0 ? inFolder : files.filter(isText)) {
    const name = withoutExtension(file.path, ".txt") ?? file.path;
    const image = images.byName(
      name.slice(`/${name}`.lastIndexOf(`/${LABELS}`) < 0 ? 0 : `/${name}`.lastIndexOf(`/${LABELS}`) + LABELS.length),
    );
    if (image === null) yield { say: "unmatched", file: file.path };
    else yield* readLines(file, image, names);
  }
}

function* readLines(file: LabelFile, image: FoundImage, names: readonly string[]): Generator<ReadItem> {
  for (const [index, line] of file
    .text()
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === "") continue;
    const [number, ...values] = line.trim().split(/\s+/).map(Number);
    if (![number, ...values].every(Number.isFinite) || !Number.isInteger(number) || values.length < 4) {
      throw invalid(file.path, `Line ${index + 1} is not a class number and at least four numbers.`);
    }
    const className = names[number];
    if (className === undefined) throw invalid(file.path, `Line ${index + 1} has a class that no file names.`);
    const at = values.map((value, i) => value * (i % 2 === 0 ? image.columns : image.rows));
    // A fifth number behind a box is how sure a detector was.
    const box = values.length <= 5;
    const [x, y, width, height] = at;
    const geometry: Geometry = box
      ? { kind: "box", x: x - width / 2, y: y - height / 2, width, height }
      : { kind: "polygon", points: at };
    const attributes: Record<string, number> = values.length === 5 ? { confidence: values[4] } : {};
    const where = { file: file.path, imageId: image.id, frame: image.frame };
    yield { say: "shape", ...where, className, geometry, attributes };
  }
}

/** From data.yaml or another YAML with names, else from classes.txt. Throws labels/file-invalid where there is neither. */
function classNames(files: LabelFiles): readonly string[] {
  for (const file of files.filter(({ path }) => hasExtension(path, ".yaml", ".yml"))) {
    const names = namesOfYaml(file.text());
    if (names !== null) return names;
  }
  const list = files.find(({ path }) => /(^|\/)classes\.txt$|\.names$/i.test(path));
  if (list === undefined) {
    throw invalid(files[0]?.path ?? "data.yaml", "Expected data.yaml or classes.txt with the names of the classes.");
  }
  const lines = list.text().split(/\r\n|\n|\r/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  return lines.map((line) => line.trim());
}

/** The `names` of a data.yaml: a list or a map of numbers, in one line or in several; null where there are none. */
function namesOfYaml(text: string): string[] | null {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => !/^\s*(#|$)/.test(line));
  const start = lines.findIndex((line) => /^names\s*:/.test(line));
  if (start < 0) return null;
  const rest = lines[start].replace(/^names\s*:\s*/, "");
  const entries: string[] = [];
  if (/^[[{]/.test(rest)) entries.push(...rest.replace(/^[[{]\s*|\s*[\]}]\s*(#.*)?$/g, "").split(INLINE_COMMA));
  else for (let i = start + 1; i < lines.length && /^(\s+\S|-\s)/.test(lines[i]); i++) entries.push(lines[i]);
  const names: string[] = [];
  for (const entry of entries) {
    const [, number, value = ""] = /^\s*(?:-\s+|(\d{1,6})\s*:\s*)?(.*?)\s*$/.exec(entry) ?? [];
    names[number === undefined ? names.length : Number(number)] = scalar(value);
  }
  return names.length > 0 ? names : null;
}

/** A comma that is not between quotation marks. */
const INLINE_COMMA = /,(?=(?:[^"]*"[^"]*")*[^"]*$)(?=(?:[^']*'[^']*')*[^']*$)/;

function scalar(value: string): string {
  if (/^".*"$/.test(value)) {
    try {
      return String(JSON.parse(value));
    } catch {
      return value.slice(1, -1);
    }
  }
  return /^'.*'$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : value.replace(/\s+#.*$/, "");
}
