// Image labels from a CSV file: a column with file names, a column with labels, whatever they are called in the wild.
//
// Separators may be commas, semicolons or tabs. A name that could be several images is not guessed at (image-names.ts): it is reported
// as unmatched. One file with two different labels is a mistake in the CSV, and refused, with its line.

import { CsvError, parse } from "csv-parse/sync";
import { AppError } from "../../preload/contract/errors.ts";
import type { LabelImportReport } from "../../preload/contract/index.ts";
import type { Project } from "../project/index.ts";
import { ImageNames } from "./image-names.ts";

const FILE_COLUMNS = ["file", "image", "name", "filename", "path"];
const LABEL_COLUMNS = ["label", "class", "finding"];
const UNMATCHED_SHOWN = 100;
const LABEL_LENGTH = 120;

export interface LabelRow {
  readonly file: string;
  readonly label: string;
  /** line of the CSV, from 1 */
  readonly line: number;
}

function refuse(message: string, cause?: unknown): never {
  throw new AppError("labels/csv-invalid", message, { cause });
}

/** The separator that the header line has most of. */
function delimiterOf(text: string): string {
  const header = text.slice(0, Math.max(0, text.search(/[\r\n]|$/)));
  const count = (separator: string) => header.split(separator).length;
  return [",", ";", "\t"].reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

/** The place of the first of `names` in the header, in any case and with or without spaces, hyphens and underscores. */
function columnOf(header: readonly string[], names: readonly string[], what: string): number {
  const plain = header.map((cell) => cell.toLowerCase().replace(/[\s_-]/g, ""));
  const place = names.map((name) => plain.indexOf(name)).find((index) => index >= 0);
  if (place === undefined) {
    refuse(
      `Line 1 of the CSV has no column for the ${what}: call it ${names.join(", ").replace(/, (?=[^,]*$)/, " or ")}.`,
    );
  }
  return place;
}

/** Rows with a label, each file once. Throws labels/csv-invalid with the line number. */
export function readLabels(csv: string): LabelRow[] {
  const text = csv.replace(/^\uFEFF/, "").replace(/^[\r\n]+/, "");
  // Bytes that are no UTF-8 have become U+FFFD by now: other labels, and different ones the same.
  if (/[\0\uFFFD]/.test(text)) {
    refuse("The CSV is not text, or in an encoding other than UTF-8: save it as UTF-8.");
  }
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? error.lines : 1;
    refuse(`Line ${line} of the CSV cannot be read: a quotation mark is missing or in the wrong place.`, error);
  }
  const header = records.shift()?.record;
  if (header === undefined) refuse("The CSV is empty: it needs a header line with the columns file and label.");
  const fileColumn = columnOf(header, FILE_COLUMNS, "file names");
  const labelColumn = columnOf(header, LABEL_COLUMNS, "labels");

  const rows = new Map<string, LabelRow>();
  for (const { record, info } of records) {
    const line = info.lines;
    if (record.every((cell) => cell === "")) continue;
    const file = (record[fileColumn] ?? "").replaceAll("\\", "/").normalize("NFC");
    const label = (record[labelColumn] ?? "").normalize("NFC");
    if (file === "") refuse(`Line ${line} of the CSV has no file name.`);
    if (label === "") continue;
    if (label.length > LABEL_LENGTH)
      refuse(`Line ${line} of the CSV has a label of more than ${LABEL_LENGTH} characters.`);
    const earlier = rows.get(file);
    if (earlier !== undefined && earlier.label !== label) {
      refuse(`Line ${line} of the CSV gives another label to the file of line ${earlier.line}: remove one of them.`);
    }
    if (earlier === undefined) rows.set(file, { file, label, line });
  }
  if (rows.size === 0) refuse("The CSV has a header but no labels.");
  return [...rows.values()];
}

/** Gives images the labels of a CSV; classes that are missing are made. All of it or, when the CSV is refused, nothing. */
export function importLabels(project: Project, csv: string): LabelImportReport {
  const rows = readLabels(csv);
  const names = new ImageNames(project.images.names());
  const matched = new Map<string, LabelRow>();
  const unmatched: string[] = [];
  for (const row of rows) {
    const id = names.find(row.file);
    if (id === null) {
      unmatched.push(row.file);
      continue;
    }
    const earlier = matched.get(id);
    if (earlier !== undefined && earlier.label !== row.label) {
      refuse(`Lines ${earlier.line} and ${row.line} of the CSV give the same image two labels: remove one of them.`);
    }
    matched.set(id, row);
  }
  const items = [...matched].map(([imageId, { label }]) => ({ imageId, className: label }));
  return { ...project.labels.importClasses(items), unmatched: unmatched.slice(0, UNMATCHED_SHOWN) };
}
