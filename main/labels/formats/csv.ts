// CSV: one row for each label, everything the project knows of it; and the tables of two columns that others keep image labels in (../csv.ts).
//
// Coordinates are numbers with spaces between, in the order of their names in the contract: box "x y width height", ellipse "x y radiusX radiusY
// angle", point "x y", figures of several points "x y x y …", mask "rows columns run run …". An image's class is a row of the kind "image".

import { CsvError, parse } from "csv-parse/sync";
import type { AttributeValue, Geometry, Shape } from "../../../preload/contract/index.ts";
import { readLabels } from "../csv.ts";
import { type ExportJob, type ImageIndex, invalid, type LabelFormat, type ReadItem } from "./format.ts";
import { attributesIn, isObject } from "./json.ts";
import { hasExtension, type LabelFile } from "./label-files.ts";

const FILE = "labels.csv";
const COLUMNS = ["file", "frame", "class", "kind", "coordinates", "attributes", "track", "source", "reader"] as const;
const IMAGE = "image";

export const csv: LabelFormat = {
  id: "csv",
  extensions: [".csv", ".tsv", ".txt"],
  carries: {
    kinds: {
      box: "exact",
      ellipse: "exact",
      polygon: "exact",
      polyline: "exact",
      point: "exact",
      length: "exact",
      angle: "exact",
      mask: "exact",
    },
    attributes: true,
    tracks: true,
    imageClass: true,
    source: true,
    reader: true,
  },
  grouping: "image",
  keepsEmptyMasks: true,
  write,
  *read(files, images) {
    const found = files.filter(({ path }) => hasExtension(path, ".csv", ".tsv", ".txt"));
    if (found.length === 0) throw invalid(files[0]?.path ?? FILE, "Expected a .csv file.");
    for (const file of found) yield* readFile(file, images);
  },
};

/** RFC 4180: quoted where a separator, a quotation mark, a line's end or a space at an end is in it. */
const cell = (value: string) => (/[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  const file = sink.open(FILE);
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const row = (values: readonly string[]) => file.write(`${values.map(cell).join(",")}\r\n`);
  row(COLUMNS);
  for await (const [{ image, classId, classReader, shapes }] of groups()) {
    const name = image.base + image.extension;
    if (classId !== null) row([name, "0", names.get(classId) ?? "", IMAGE, "", "", "", "", classReader ?? ""]);
    for (const { frame, geometry, attributes, track, source, reader, ...shape } of shapes) {
      const className = shape.classId === null ? "" : (names.get(shape.classId) ?? "");
      const more = Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : "";
      const numbers = coordinatesOf(geometry).join(" ");
      row([name, String(frame), className, geometry.kind, numbers, more, track ?? "", source ?? "", reader]);
    }
  }
  file.close();
}

function coordinatesOf(geometry: Shape["geometry"]): readonly number[] {
  switch (geometry.kind) {
    case "box":
      return [geometry.x, geometry.y, geometry.width, geometry.height];
    case "ellipse":
      return [geometry.x, geometry.y, geometry.radiusX, geometry.radiusY, geometry.angle];
    case "point":
      return [geometry.x, geometry.y];
    case "mask":
      return [geometry.rows, geometry.columns, ...geometry.runs];
    default:
      return geometry.points;
  }
}

/** null for a kind that is none; numbers that make no sense are judged later, like those of every format. */
function geometryOf(kind: string, numbers: readonly number[]): Geometry | null {
  const [a, b, c, d, e] = numbers;
  switch (kind) {
    case "box":
      return { kind, x: a, y: b, width: c, height: d };
    case "ellipse":
      return { kind, x: a, y: b, radiusX: c, radiusY: d, angle: e };
    case "point":
      return { kind, x: a, y: b };
    case "mask":
      return { kind, rows: a, columns: b, runs: numbers.slice(2) };
    case "polygon":
    case "polyline":
    case "length":
    case "angle":
      return { kind, points: [...numbers] };
    default:
      return null;
  }
}

function* readFile(file: LabelFile, images: ImageIndex): Generator<ReadItem> {
  const text = file.text();
  const header = text.slice(0, Math.max(0, text.search(/[\r\n]|$/))).split(",");
  if (!["kind", "coordinates"].every((column) => header.includes(column))) {
    yield* readTable(text, images);
    return;
  }
  const rows = records(file.path, text);
  if (!COLUMNS.slice(0, 5).every((column) => header.includes(column))) {
    throw invalid(file.path, `Line 1 needs the columns ${COLUMNS.slice(0, 5).join(", ")}.`);
  }
  for (const { record, info } of rows) {
    const { file: name = "", class: className = "", kind = "" } = record;
    const line = `${file.path}:${info.lines}`;
    const image = images.byName(name);
    if (image === null) yield { say: "unmatched", file: name };
    else if (kind === IMAGE) yield { say: "class", file: line, imageId: image.id, className };
    else yield shapeOf(record, { line, imageId: image.id });
  }
}

function shapeOf(record: Record<string, string>, { line, imageId }: { line: string; imageId: string }): ReadItem {
  const coordinates = (record.coordinates ?? "").trim();
  const numbers = coordinates === "" ? [] : coordinates.split(/\s+/).map(Number);
  const geometry = geometryOf(record.kind ?? "", numbers);
  if (geometry === null) return { say: "refused", file: line, reason: "kind-unknown" };
  const attributes = attributesOf(record.attributes ?? "");
  if (attributes === null) return { say: "refused", file: line, reason: "attribute-invalid" };
  const common = { say: "shape" as const, file: line, imageId, geometry, attributes };
  const className = record.class === "" ? null : (record.class ?? null);
  return { ...common, frame: Number(record.frame || 0), className, track: record.track || null };
}

function attributesOf(text: string): Record<string, AttributeValue> | null {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? attributesIn(value) : null;
  } catch {
    return null;
  }
}

function records(path: string, text: string): { record: Record<string, string>; info: { lines: number } }[] {
  try {
    return parse(text, { columns: true, info: true, skip_empty_lines: true, relax_column_count: true }) as never;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause.lines === "number" ? cause.lines : 1;
    throw invalid(path, `Line ${line} cannot be read: a quotation mark is missing or in the wrong place.`, cause);
  }
}

/** Image labels only: a column with names, a column with labels. Throws labels/csv-invalid. */
function* readTable(text: string, images: ImageIndex): Generator<ReadItem> {
  for (const { file, label, line } of readLabels(text)) {
    const image = images.byName(file);
    if (image === null) yield { say: "unmatched", file };
    else yield { say: "class", file: `line ${line}`, imageId: image.id, className: label };
  }
}
